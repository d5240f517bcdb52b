/**
 * How a topology describes a state store: plain data, made once per topology; each task builds its own store from it.
 * Names are Kafka Streams': suppliers say where and how rows are kept, builders add types and the changelog.
 */
import type { Serde } from '@millrace/client'
import { StreamsError } from '../errors.ts'
import type { StoreRows } from './generations.ts'
import type {
  KeyValueStore,
  StateStore,
  TimestampedKeyValueStore,
  TimestampedWindowStore,
  WindowStore,
} from './state-store.ts'
import type { StoreLayout } from './store-layout.ts'
import { Changelog } from './stores/changelog.ts'
import { ChangeloggedRows } from './stores/changelogged-rows.ts'
import { ChangeloggedWindowRows } from './stores/changelogged-window-rows.ts'
import { JoinRows } from './stores/join-rows.ts'
import { JoinStore } from './stores/join-store.ts'
import { type KeyValueLayers, PlainKeyValueStore, TypedTimestampedKeyValueStore } from './stores/key-value-store.ts'
import { PLAIN_ROWS, type RowFormat, TIMESTAMPED_ROWS } from './stores/row-format.ts'
import { SegmentedWindowRows, segmentMsOf } from './stores/segmented-window-rows.ts'
import type { StoreContext } from './stores/store-context.ts'
import { StoreSerdes } from './stores/store-serdes.ts'
import { UnmatchedStore } from './stores/unmatched-store.ts'
import { PlainWindowStore, TypedTimestampedWindowStore, type WindowLayers } from './stores/window-store.ts'

export interface KeyValueStoreSupplier {
  readonly kind: 'key-value'
  readonly name: string
  readonly persistent: boolean
}

export interface WindowStoreSupplier {
  readonly kind: 'window'
  readonly name: string
  readonly persistent: boolean
  /** How long a window start is kept behind the greatest one; at least the window size. */
  readonly retentionMs: number
  readonly windowSizeMs: number
}

/** Records of one side of a join of streams; times as in {@link WindowStoreSupplier}. */
export interface JoinStoreSupplier {
  readonly kind: 'join'
  readonly name: string
  readonly persistent: boolean
  readonly retentionMs: number
  readonly windowSizeMs: number
}

export type StoreSupplier = KeyValueStoreSupplier | WindowStoreSupplier | JoinStoreSupplier

/** What a store asks of its changelog topic beside the library's own settings. Kafka's topic property names. */
export type ChangelogConfig = Readonly<Record<string, string>>

/** Makes the store of one task; `isLogged` asks for the changelog wrapper. */
type MakeStore<S> = (context: StoreContext, isLogged: boolean) => S

/** Immutable: each `with…` returns another builder. */
export class StoreBuilder<S extends StateStore = StateStore> {
  readonly supplier: StoreSupplier
  readonly layout: StoreLayout
  /** Null when the store has no changelog and is lost with its directory. */
  readonly changelogConfig: ChangelogConfig | null
  readonly #make: MakeStore<S>

  /** Use {@link Stores}. */
  constructor(
    supplier: StoreSupplier,
    layout: StoreLayout,
    make: MakeStore<S>,
    changelogConfig: ChangelogConfig | null,
  ) {
    this.supplier = supplier
    this.layout = layout
    this.changelogConfig = changelogConfig
    this.#make = make
  }

  get name(): string {
    return this.supplier.name
  }

  /** The default: each write is logged. */
  withLoggingEnabled(config: ChangelogConfig = {}): StoreBuilder<S> {
    return new StoreBuilder(this.supplier, this.layout, this.#make, config)
  }

  withLoggingDisabled(): StoreBuilder<S> {
    return new StoreBuilder(this.supplier, this.layout, this.#make, null)
  }

  /** The store of one task. */
  build(context: StoreContext): S {
    return this.#make(context, this.changelogConfig !== null)
  }
}

export const Stores = {
  persistentKeyValueStore: (name: string): KeyValueStoreSupplier => ({ kind: 'key-value', name, persistent: true }),

  inMemoryKeyValueStore: (name: string): KeyValueStoreSupplier => ({ kind: 'key-value', name, persistent: false }),

  persistentWindowStore: (name: string, times: WindowStoreTimes): WindowStoreSupplier =>
    windowStoreSupplier(name, true, times),

  inMemoryWindowStore: (name: string, times: WindowStoreTimes): WindowStoreSupplier =>
    windowStoreSupplier(name, false, times),

  keyValueStoreBuilder<K, V>(
    supplier: KeyValueStoreSupplier,
    keySerde: Serde<K>,
    valueSerde: Serde<V>,
  ): StoreBuilder<KeyValueStore<K, V>> {
    const make: MakeStore<KeyValueStore<K, V>> = (context, isLogged) =>
      new PlainKeyValueStore(keyValueLayers(supplier, keySerde, valueSerde, PLAIN_ROWS, context, isLogged))
    return new StoreBuilder(supplier, { rows: 'key-value', values: 'plain', segmentMs: null }, make, {})
  },

  timestampedKeyValueStoreBuilder<K, V>(
    supplier: KeyValueStoreSupplier,
    keySerde: Serde<K>,
    valueSerde: Serde<V>,
  ): StoreBuilder<TimestampedKeyValueStore<K, V>> {
    const make: MakeStore<TimestampedKeyValueStore<K, V>> = (context, isLogged) =>
      new TypedTimestampedKeyValueStore(
        keyValueLayers(supplier, keySerde, valueSerde, TIMESTAMPED_ROWS, context, isLogged),
      )
    return new StoreBuilder(supplier, { rows: 'key-value', values: 'timestamped', segmentMs: null }, make, {})
  },

  windowStoreBuilder<K, V>(
    supplier: WindowStoreSupplier,
    keySerde: Serde<K>,
    valueSerde: Serde<V>,
  ): StoreBuilder<WindowStore<K, V>> {
    const make: MakeStore<WindowStore<K, V>> = (context, isLogged) =>
      new PlainWindowStore(windowLayers(supplier, keySerde, valueSerde, PLAIN_ROWS, context, isLogged))
    return new StoreBuilder(supplier, windowLayout(supplier, 'plain'), make, {})
  },

  timestampedWindowStoreBuilder<K, V>(
    supplier: WindowStoreSupplier,
    keySerde: Serde<K>,
    valueSerde: Serde<V>,
  ): StoreBuilder<TimestampedWindowStore<K, V>> {
    const make: MakeStore<TimestampedWindowStore<K, V>> = (context, isLogged) =>
      new TypedTimestampedWindowStore(windowLayers(supplier, keySerde, valueSerde, TIMESTAMPED_ROWS, context, isLogged))
    return new StoreBuilder(supplier, windowLayout(supplier, 'timestamped'), make, {})
  },
} as const

/** Milliseconds, as in {@link WindowStoreSupplier}. */
export interface WindowStoreTimes {
  readonly retentionMs: number
  readonly windowSizeMs: number
}

/** The records of one side of a join of streams. */
export function joinStoreBuilder<K, V>(
  name: string,
  persistent: boolean,
  { retentionMs, windowSizeMs }: WindowStoreTimes,
  keySerde: Serde<K>,
  valueSerde: Serde<V>,
): StoreBuilder<JoinStore<K, V>> {
  const make: MakeStore<JoinStore<K, V>> = (context, isLogged) => {
    const retention = { retentionMs, expiry: persistent ? 'by-segment' : 'by-start' } as const
    return new JoinStore({
      name,
      persistent,
      serdes: new StoreSerdes(context.changelogTopic(name), keySerde, valueSerde),
      rows: new JoinRows(ownRowsOf(name, persistent, context), retention, windowSizeMs),
      changelog: isLogged ? new Changelog(context, name, PLAIN_ROWS) : undefined,
      onExpired: () => context.dropExpired(),
    })
  }
  const layout = { rows: 'join', values: 'plain', segmentMs: windowSizeMs } as const
  return new StoreBuilder({ kind: 'join', name, persistent, retentionMs, windowSizeMs }, layout, make, {})
}

/** What waits in a left or outer join of streams. */
export function unmatchedStoreBuilder<K, VL, VR>(
  name: string,
  persistent: boolean,
  keySerde: Serde<K>,
  leftSerde: Serde<VL>,
  rightSerde: Serde<VR>,
): StoreBuilder<UnmatchedStore<K, VL, VR>> {
  const make: MakeStore<UnmatchedStore<K, VL, VR>> = (context, isLogged) => {
    const topic = context.changelogTopic(name)
    const ownRows = ownRowsOf(name, persistent, context)
    return new UnmatchedStore({
      name,
      persistent,
      left: new StoreSerdes(topic, keySerde, leftSerde),
      right: new StoreSerdes(topic, keySerde, rightSerde),
      rows: isLogged ? new ChangeloggedRows(ownRows, new Changelog(context, name, PLAIN_ROWS)) : ownRows,
      ownRows,
    })
  }
  const layout = { rows: 'unmatched', values: 'plain', segmentMs: null } as const
  return new StoreBuilder({ kind: 'key-value', name, persistent }, layout, make, {})
}

function windowStoreSupplier(name: string, persistent: boolean, times: WindowStoreTimes): WindowStoreSupplier {
  const { retentionMs, windowSizeMs } = times
  if (!(windowSizeMs >= 0)) throw new StreamsError(`window store ${name} needs a window size of at least 0 ms`)
  if (!(retentionMs >= windowSizeMs)) {
    throw new StreamsError(
      `window store ${name} keeps ${retentionMs} ms, less than its window size of ${windowSizeMs} ms`,
    )
  }
  return { kind: 'window', name, persistent, retentionMs, windowSizeMs }
}

function keyValueLayers<K, V>(
  { name, persistent }: KeyValueStoreSupplier,
  keySerde: Serde<K>,
  valueSerde: Serde<V>,
  format: RowFormat,
  context: StoreContext,
  isLogged: boolean,
): KeyValueLayers<K, V> {
  const ownRows = ownRowsOf(name, persistent, context)
  const rows = isLogged ? new ChangeloggedRows(ownRows, new Changelog(context, name, format)) : ownRows
  return {
    name,
    persistent,
    serdes: new StoreSerdes(context.changelogTopic(name), keySerde, valueSerde),
    rows,
    ownRows,
  }
}

function windowLayers<K, V>(
  { name, persistent, retentionMs, windowSizeMs }: WindowStoreSupplier,
  keySerde: Serde<K>,
  valueSerde: Serde<V>,
  format: RowFormat,
  context: StoreContext,
  isLogged: boolean,
): WindowLayers<K, V> {
  const retention = { retentionMs, expiry: persistent ? 'by-segment' : 'by-start' } as const
  const ownRows = new SegmentedWindowRows(ownRowsOf(name, persistent, context), retention, () => context.dropExpired())
  const rows = isLogged ? new ChangeloggedWindowRows(ownRows, new Changelog(context, name, format)) : ownRows
  const serdes = new StoreSerdes(context.changelogTopic(name), keySerde, valueSerde)
  return { name, persistent, windowSizeMs, serdes, rows, ownRows }
}

function windowLayout({ retentionMs }: WindowStoreSupplier, values: StoreLayout['values']): StoreLayout {
  return { rows: 'window', values, segmentMs: segmentMsOf(retentionMs) }
}

function ownRowsOf(name: string, persistent: boolean, { state }: StoreContext): StoreRows {
  return (persistent ? state.persistent : state.memory).rowsOf(name)
}
