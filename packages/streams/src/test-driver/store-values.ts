/** Timestamped stores seen as stores of plain values. */
import type {
  ReadOnlyKeyValueStore,
  ReadOnlyWindowStore,
  TimestampedKeyValueStore,
  TimestampedWindowStore,
  ValueAndTimestamp,
} from '../state/state-store.ts'

type KeyValueReads<K, V> = Omit<ReadOnlyKeyValueStore<K, V>, 'prefixScan'>

export class KeyValueStoreValues<K, V> implements KeyValueReads<K, V> {
  constructor(private readonly store: TimestampedKeyValueStore<K, V>) {}

  get(key: K): V | undefined {
    return this.store.get(key)?.value
  }

  range(from: K | null, to: K | null): IterableIterator<readonly [K, V]> {
    return valuesOf(this.store.range(from, to))
  }

  reverseRange(from: K | null, to: K | null): IterableIterator<readonly [K, V]> {
    return valuesOf(this.store.reverseRange(from, to))
  }

  all(): IterableIterator<readonly [K, V]> {
    return valuesOf(this.store.all())
  }

  reverseAll(): IterableIterator<readonly [K, V]> {
    return valuesOf(this.store.reverseAll())
  }
}

export class WindowStoreValues<K, V> {
  constructor(private readonly store: TimestampedWindowStore<K, V>) {}

  fetch(key: K, startMs: number): V | undefined {
    return this.store.fetch(key, startMs)?.value
  }

  fetchAll(fromMs: number, toMs: number): ReturnType<ReadOnlyWindowStore<K, V>['fetchAll']> {
    return valuesOf(this.store.fetchAll(fromMs, toMs))
  }

  all(): ReturnType<ReadOnlyWindowStore<K, V>['all']> {
    return valuesOf(this.store.all())
  }
}

function* valuesOf<K, V>(rows: Iterable<readonly [K, ValueAndTimestamp<V>]>): IterableIterator<readonly [K, V]> {
  for (const [key, { value }] of rows) yield [key, value]
}
