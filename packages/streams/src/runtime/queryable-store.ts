/** Interactive reads: a store of the application as its last commit left it, over all tasks that are here. */
import type { CommittedKeyValues, CommittedWindows } from '../state/committed-reads.ts'
import type { StateStore, ValueAndTimestamp } from '../state/state-store.ts'
import { PlainKeyValueStore, TypedTimestampedKeyValueStore } from '../state/stores/key-value-store.ts'
import { PlainWindowStore, TypedTimestampedWindowStore } from '../state/stores/window-store.ts'
import type { Windowed } from '../windows/windowed.ts'
import { InvalidStateStoreError } from './runtime-errors.ts'

/** Keys are in order within a task, tasks follow each other. */
export interface QueryableKeyValueStore<K, V> {
  /** Undefined when the key has no value, or not here. */
  get(key: K): V | undefined
  /** Both ends inclusive; null is an open end. */
  range(from: K | null, to: K | null): AsyncIterableIterator<readonly [K, V]>
  reverseRange(from: K | null, to: K | null): AsyncIterableIterator<readonly [K, V]>
  all(): AsyncIterableIterator<readonly [K, V]>
  reverseAll(): AsyncIterableIterator<readonly [K, V]>
}

export interface QueryableWindowStore<K, V> {
  /** The window of `key` that starts exactly at `startMs`. */
  fetch(key: K, startMs: number): V | undefined
  /** Windows of `key` that start in `[fromMs, toMs]`, oldest first. */
  fetch(key: K, fromMs: number, toMs: number): AsyncIterableIterator<readonly [Windowed<K>, V]>
  fetchAll(fromMs: number, toMs: number): AsyncIterableIterator<readonly [Windowed<K>, V]>
  all(): AsyncIterableIterator<readonly [Windowed<K>, V]>
}

/** The stores of the tasks that are here now. Asked for each read, so a facade outlives a rebalance. */
export type StoreSource = () => readonly StateStore[]

export interface QueryableStoreType<S> {
  /** Reads throw an {@link InvalidStateStoreError} when the store is of another type. */
  over(storeName: string, stores: StoreSource): S
}

export const QueryableStoreTypes = {
  /** Of a timestamped store too: its values without their timestamps. */
  keyValueStore: <K, V>(): QueryableStoreType<QueryableKeyValueStore<K, V>> => ({
    over: (name, stores) => new KeyValueReads(() => stores().map(store => plainKeyValues<K, V>(name, store))),
  }),

  timestampedKeyValueStore: <K, V>(): QueryableStoreType<QueryableKeyValueStore<K, ValueAndTimestamp<V>>> => ({
    over: (name, stores) => new KeyValueReads(() => stores().map(store => timestampedKeyValues<K, V>(name, store))),
  }),

  /** Of a timestamped store too: its values without their timestamps. */
  windowStore: <K, V>(): QueryableStoreType<QueryableWindowStore<K, V>> => ({
    over: (name, stores) => new WindowReads(() => stores().map(store => plainWindows<K, V>(name, store))),
  }),

  timestampedWindowStore: <K, V>(): QueryableStoreType<QueryableWindowStore<K, ValueAndTimestamp<V>>> => ({
    over: (name, stores) => new WindowReads(() => stores().map(store => timestampedWindows<K, V>(name, store))),
  }),
} as const

class KeyValueReads<K, V> implements QueryableKeyValueStore<K, V> {
  readonly #stores: () => readonly CommittedKeyValues<K, V>[]

  constructor(stores: () => readonly CommittedKeyValues<K, V>[]) {
    this.#stores = stores
  }

  get(key: K): V | undefined {
    return firstFound(this.#stores(), store => store.getCommitted(key))
  }

  range(from: K | null, to: K | null): AsyncIterableIterator<readonly [K, V]> {
    return chained(this.#stores(), store => store.rangeCommitted(from, to, 'forward'))
  }

  reverseRange(from: K | null, to: K | null): AsyncIterableIterator<readonly [K, V]> {
    return chained(this.#stores(), store => store.rangeCommitted(from, to, 'backward'))
  }

  all(): AsyncIterableIterator<readonly [K, V]> {
    return this.range(null, null)
  }

  reverseAll(): AsyncIterableIterator<readonly [K, V]> {
    return this.reverseRange(null, null)
  }
}

class WindowReads<K, V> implements QueryableWindowStore<K, V> {
  readonly #stores: () => readonly CommittedWindows<K, V>[]

  constructor(stores: () => readonly CommittedWindows<K, V>[]) {
    this.#stores = stores
  }

  fetch(key: K, startMs: number): V | undefined
  fetch(key: K, fromMs: number, toMs: number): AsyncIterableIterator<readonly [Windowed<K>, V]>
  fetch(key: K, fromMs: number, toMs?: number): V | undefined | AsyncIterableIterator<readonly [Windowed<K>, V]> {
    if (toMs === undefined) return firstFound(this.#stores(), store => store.fetchCommitted(key, fromMs))
    return chained(this.#stores(), store => store.scanCommitted(key, fromMs, toMs, 'forward'))
  }

  fetchAll(fromMs: number, toMs: number): AsyncIterableIterator<readonly [Windowed<K>, V]> {
    return chained(this.#stores(), store => store.scanCommitted(undefined, fromMs, toMs, 'forward'))
  }

  all(): AsyncIterableIterator<readonly [Windowed<K>, V]> {
    return this.fetchAll(0, Number.MAX_SAFE_INTEGER)
  }
}

function timestampedKeyValues<K, V>(name: string, store: StateStore): CommittedKeyValues<K, ValueAndTimestamp<V>> {
  if (store instanceof TypedTimestampedKeyValueStore) return store
  throw new InvalidStateStoreError(name, 'is not a timestamped key-value store')
}

function plainKeyValues<K, V>(name: string, store: StateStore): CommittedKeyValues<K, V> {
  if (store instanceof PlainKeyValueStore) return store
  if (!(store instanceof TypedTimestampedKeyValueStore))
    throw new InvalidStateStoreError(name, 'is not a key-value store')
  const stamped: CommittedKeyValues<K, ValueAndTimestamp<V>> = store
  return {
    getCommitted: key => stamped.getCommitted(key)?.value,
    rangeCommitted: (from, to, direction) => plainValues(stamped.rangeCommitted(from, to, direction)),
  }
}

function timestampedWindows<K, V>(name: string, store: StateStore): CommittedWindows<K, ValueAndTimestamp<V>> {
  if (store instanceof TypedTimestampedWindowStore) return store
  throw new InvalidStateStoreError(name, 'is not a timestamped window store')
}

function plainWindows<K, V>(name: string, store: StateStore): CommittedWindows<K, V> {
  if (store instanceof PlainWindowStore) return store
  if (!(store instanceof TypedTimestampedWindowStore)) throw new InvalidStateStoreError(name, 'is not a window store')
  const stamped: CommittedWindows<K, ValueAndTimestamp<V>> = store
  return {
    fetchCommitted: (key, startMs) => stamped.fetchCommitted(key, startMs)?.value,
    scanCommitted: (key, fromMs, toMs, direction) => plainValues(stamped.scanCommitted(key, fromMs, toMs, direction)),
  }
}

async function* plainValues<K, V>(
  rows: AsyncIterable<readonly [K, ValueAndTimestamp<V>]>,
): AsyncIterableIterator<readonly [K, V]> {
  for await (const [key, { value }] of rows) yield [key, value]
}

function firstFound<S, V>(stores: readonly S[], read: (store: S) => V | undefined): V | undefined {
  for (const store of stores) {
    const value = read(store)
    if (value !== undefined) return value
  }
  return undefined
}

async function* chained<S, Row>(
  stores: readonly S[],
  read: (store: S) => AsyncIterable<Row>,
): AsyncIterableIterator<Row> {
  for (const store of stores) yield* read(store)
}
