import type { Serde } from '@millrace/client'
import { TopologyError } from '../errors.ts'
import type { ChangelogConfig, KeyValueStoreSupplier, WindowStoreSupplier } from '../state/store-builder.ts'
import { checkedName } from './names.ts'

/** `persistent` keeps rows on disk; `in-memory` restores them from the changelog at each start. */
export type StoreType = 'persistent' | 'in-memory'

export interface MaterializedOptions<K, V> {
  /** Names the store, which makes it queryable and its changelog `<application.id>-<name>-changelog`. */
  readonly name?: string
  /** A store made by hand, instead of a name and a type. */
  readonly supplier?: KeyValueStoreSupplier | WindowStoreSupplier
  readonly keySerde?: Serde<K>
  readonly valueSerde?: Serde<V>
  readonly storeType?: StoreType
  /** Null leaves the store without a changelog. */
  readonly changelogConfig?: ChangelogConfig | null
  /** For windowed stores; size plus grace when absent. */
  readonly retentionMs?: number
}

/** How a table or an aggregation is stored. Immutable: each `with…` returns another. */
export class Materialized<K, V> {
  private constructor(readonly options: MaterializedOptions<K, V>) {}

  static as<K = never, V = never>(store: string | KeyValueStoreSupplier | WindowStoreSupplier): Materialized<K, V> {
    return typeof store === 'string'
      ? new Materialized<K, V>({ name: checkedName(store) })
      : new Materialized<K, V>({ supplier: store })
  }

  static with<K, V>(keySerde: Serde<K>, valueSerde: Serde<V>): Materialized<K, V> {
    return new Materialized({ keySerde, valueSerde })
  }

  withKeySerde<K2>(keySerde: Serde<K2>): Materialized<K2, V> {
    return new Materialized({ ...this.options, keySerde })
  }

  withValueSerde<V2>(valueSerde: Serde<V2>): Materialized<K, V2> {
    return new Materialized({ ...this.options, valueSerde })
  }

  withStoreType(storeType: StoreType): Materialized<K, V> {
    if (this.options.supplier !== undefined) throw new TopologyError('a store supplier decides the type of the store')
    return new Materialized({ ...this.options, storeType })
  }

  /** `config` holds Kafka's topic properties for the changelog. */
  withLoggingEnabled(config: ChangelogConfig = {}): Materialized<K, V> {
    return new Materialized({ ...this.options, changelogConfig: config })
  }

  withLoggingDisabled(): Materialized<K, V> {
    return new Materialized({ ...this.options, changelogConfig: null })
  }

  withRetention(retentionMs: number): Materialized<K, V> {
    return new Materialized({ ...this.options, retentionMs })
  }
}
