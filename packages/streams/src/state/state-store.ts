/**
 * What processors see of their state. Every method is synchronous: the record path has no promise per record.
 *
 * Order is the unsigned byte order of the serialized keys, which for strings is code point order and for negative
 * numbers is not numeric order. An iterator shows the store as it is when each step is taken: the store may be written
 * while it is walked, and rows behind the iterator stay behind it. Iterators hold nothing that must be closed.
 */
import type { Serde } from '@millrace/client'
import type { Windowed } from '../windows/windowed.ts'

export interface StateStore {
  readonly name: string
  /** True when the contents are kept on disk between runs, so that a restart reads only the end of the changelog. */
  readonly persistent: boolean
  /** Applies one record of the changelog (null deletes). Nothing is logged or forwarded. Called by the task only. */
  restore(key: Buffer, value: Buffer | null, timestampMs: number): void
  /** Hands on what a wrapper holds back (the record cache), which may forward records. Called by the task at a commit. */
  flush(): void
}

/** A value with the greatest timestamp of the records that made it. */
export interface ValueAndTimestamp<V> {
  readonly value: V
  readonly timestampMs: number
}

export interface ReadOnlyKeyValueStore<K, V> {
  /** Undefined when the key has no value. */
  get(key: K): V | undefined
  /** Both ends inclusive; null is an open end. A range that ends before it starts is empty. */
  range(from: K | null, to: K | null): IterableIterator<readonly [K, V]>
  reverseRange(from: K | null, to: K | null): IterableIterator<readonly [K, V]>
  all(): IterableIterator<readonly [K, V]>
  reverseAll(): IterableIterator<readonly [K, V]>
  /** Rows whose serialized key starts with the serialized prefix. */
  prefixScan<P>(prefix: P, serde: Pick<Serde<P>, 'serialize'>): IterableIterator<readonly [K, V]>
}

export interface KeyValueStore<K, V> extends ReadOnlyKeyValueStore<K, V>, StateStore {
  /** A null value deletes. */
  put(key: K, value: V | null): void
  /** Writes only when the key has no value; returns the value that was there. */
  putIfAbsent(key: K, value: V | null): V | undefined
  /** Returns the value that was there. */
  delete(key: K): V | undefined
}

/**
 * Keys in the form they are stored in. An operator that uses a key more than once encodes it once, or not at all when
 * its record brings the bytes.
 */
export interface EncodedKeys<K> {
  readonly keySerde: Serde<K>
  /** Throws a StreamsError for null. */
  encodeKey(key: K): Uint8Array
}

/** The default store of the DSL's tables and aggregations. */
export interface TimestampedKeyValueStore<K, V>
  extends ReadOnlyKeyValueStore<K, ValueAndTimestamp<V>>,
    EncodedKeys<K>,
    StateStore {
  /** A null value deletes; `timestampMs` is then ignored. */
  put(key: K, value: V | null, timestampMs: number): void
  putIfAbsent(key: K, value: V | null, timestampMs: number): ValueAndTimestamp<V> | undefined
  delete(key: K): ValueAndTimestamp<V> | undefined
  getEncoded(keyBytes: Uint8Array): ValueAndTimestamp<V> | undefined
  putEncoded(keyBytes: Uint8Array, value: V | null, timestampMs: number): void
}

/**
 * One value per key and window start. Rows expire by the store's own clock, the greatest window start ever put
 * (*observed time*): a read does not show starts at or before `observed − retention`, a write that old may be dropped.
 */
export interface ReadOnlyWindowStore<K, V> {
  /** The window of `key` that starts exactly at `startMs`. */
  fetch(key: K, startMs: number): V | undefined
  /** Windows of `key` that start in `[fromMs, toMs]`, oldest first. */
  fetch(key: K, fromMs: number, toMs: number): IterableIterator<readonly [startMs: number, value: V]>
  backwardFetch(key: K, fromMs: number, toMs: number): IterableIterator<readonly [startMs: number, value: V]>
  /** Windows of every key that start in `[fromMs, toMs]`: by segment, then by key, then by start. */
  fetchAll(fromMs: number, toMs: number): IterableIterator<readonly [Windowed<K>, V]>
  backwardFetchAll(fromMs: number, toMs: number): IterableIterator<readonly [Windowed<K>, V]>
  all(): IterableIterator<readonly [Windowed<K>, V]>
  backwardAll(): IterableIterator<readonly [Windowed<K>, V]>
}

export interface WindowStore<K, V> extends ReadOnlyWindowStore<K, V>, StateStore {
  /** A null value deletes. */
  put(key: K, value: V | null, startMs: number): void
}

/** The default store of the DSL's windowed aggregations. */
export interface TimestampedWindowStore<K, V>
  extends ReadOnlyWindowStore<K, ValueAndTimestamp<V>>,
    EncodedKeys<K>,
    StateStore {
  /** A null value deletes; `timestampMs` is then ignored. */
  put(key: K, value: V | null, startMs: number, timestampMs: number): void
  fetchEncoded(keyBytes: Uint8Array, startMs: number): ValueAndTimestamp<V> | undefined
  putEncoded(keyBytes: Uint8Array, value: V | null, startMs: number, timestampMs: number): void
}
