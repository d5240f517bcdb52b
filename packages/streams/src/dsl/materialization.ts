/** How the options of `Materialized` become a store. */
import type { Serde } from '@millrace/client'
import { TopologyError } from '../errors.ts'
import { type StoreBuilder, Stores } from '../state/store-builder.ts'
import type { TimeWindows } from '../windows/time-windows.ts'
import type { BuilderDefaults } from './builder-defaults.ts'
import type { MaterializedOptions } from './materialized.ts'
import type { NameCounter } from './names.ts'

export interface Materialization<K, V> {
  readonly storeName: string
  /** Undefined for a store that the user did not name. */
  readonly queryableName: string | undefined
  readonly keySerde: Serde<K> | undefined
  readonly valueSerde: Serde<V> | undefined
  readonly options: MaterializedOptions<K, V>
}

/** The name the user gave the store, if any. */
export function givenStoreName<K, V>(options: MaterializedOptions<K, V>): string | undefined {
  return options.supplier?.name ?? options.name
}

/** Takes a number for the store's name when the user gave none, whether or not there will be a store. */
export function materialization<K, V>(
  options: MaterializedOptions<K, V>,
  inherited: { readonly keySerde: Serde<K> | undefined; readonly valueSerde: Serde<V> | undefined },
  names: NameCounter,
  prefix: string,
): Materialization<K, V> {
  const queryableName = givenStoreName(options)
  return {
    storeName: queryableName ?? names.store(prefix),
    queryableName,
    keySerde: options.keySerde ?? inherited.keySerde,
    valueSerde: options.valueSerde ?? inherited.valueSerde,
    options,
  }
}

export function tableStore<K, V>(materialized: Materialization<K, V>, defaults: BuilderDefaults): StoreBuilder {
  const { storeName, options } = materialized
  const place = `store ${storeName}`
  const supplier =
    options.supplier ??
    ((options.storeType ?? defaults.storeType) === 'in-memory'
      ? Stores.inMemoryKeyValueStore(storeName)
      : Stores.persistentKeyValueStore(storeName))
  if (supplier.kind !== 'key-value') throw new TopologyError(`${place} must be a key-value store`)
  return withChangelog(
    Stores.timestampedKeyValueStoreBuilder(
      supplier,
      defaults.keySerde(materialized.keySerde, place, 'Materialized'),
      defaults.valueSerde(materialized.valueSerde, place, 'Materialized'),
    ),
    options,
  )
}

export function windowStore<K, V>(
  materialized: Materialization<K, V>,
  windows: TimeWindows,
  defaults: BuilderDefaults,
): StoreBuilder {
  const { storeName, options } = materialized
  const place = `store ${storeName}`
  const neededMs = windows.sizeMs + windows.graceMs
  const times = { retentionMs: options.retentionMs ?? neededMs, windowSizeMs: windows.sizeMs }
  const supplier =
    options.supplier ??
    ((options.storeType ?? defaults.storeType) === 'in-memory'
      ? Stores.inMemoryWindowStore(storeName, times)
      : Stores.persistentWindowStore(storeName, times))
  if (supplier.kind !== 'window') throw new TopologyError(`${place} must be a window store`)
  if (supplier.retentionMs < neededMs) {
    throw new TopologyError(
      `${place} keeps ${supplier.retentionMs} ms, less than the windows' size and grace of ${neededMs} ms`,
    )
  }
  return withChangelog(
    Stores.timestampedWindowStoreBuilder(
      supplier,
      defaults.keySerde(materialized.keySerde, place, 'Materialized'),
      defaults.valueSerde(materialized.valueSerde, place, 'Materialized'),
    ),
    options,
  )
}

function withChangelog<K, V>(builder: StoreBuilder, { changelogConfig }: MaterializedOptions<K, V>): StoreBuilder {
  return changelogConfig === null ? builder.withLoggingDisabled() : builder.withLoggingEnabled(changelogConfig)
}
