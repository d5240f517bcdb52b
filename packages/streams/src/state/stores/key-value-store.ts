import type { Serde } from '@millrace/client'
import { type KeyRange, keyAfter, prefixRange } from '../bytes/byte-order.ts'
import type { CommittedKeyValues } from '../committed-reads.ts'
import type { StoreRows } from '../generations.ts'
import type { Row, Rows, ScanDirection } from '../rows.ts'
import type {
  KeyValueStore,
  ReadOnlyKeyValueStore,
  TimestampedKeyValueStore,
  ValueAndTimestamp,
} from '../state-store.ts'
import { PLAIN_ROWS, type RowFormat, TIMESTAMPED_ROWS } from './row-format.ts'
import type { StoreSerdes } from './store-serdes.ts'
import { timestampOf, valuePartOf, withTimestamp } from './timestamped-value.ts'

const FIRST_KEY = new Uint8Array(0)

export interface KeyValueLayers<K, V> {
  readonly name: string
  readonly persistent: boolean
  readonly serdes: StoreSerdes<K, V>
  /** The outermost wrapper. */
  readonly rows: Rows
  /** The innermost rows, where restored records go. */
  readonly ownRows: StoreRows
}

/** Reading and restoring, the same for both kinds of key-value store. `T` is what a row decodes to. */
abstract class TypedKeyValueStore<K, V, T> implements ReadOnlyKeyValueStore<K, T>, CommittedKeyValues<K, T> {
  readonly name: string
  readonly persistent: boolean
  protected readonly rows: Rows
  protected readonly serdes: StoreSerdes<K, V>
  readonly #ownRows: StoreRows
  readonly #format: RowFormat

  constructor({ name, persistent, serdes, rows, ownRows }: KeyValueLayers<K, V>, format: RowFormat) {
    this.name = name
    this.persistent = persistent
    this.serdes = serdes
    this.rows = rows
    this.#ownRows = ownRows
    this.#format = format
  }

  protected abstract decodeRow(row: Buffer): T

  get(key: K): T | undefined {
    return this.getRow(this.serdes.encodeKey(key))
  }

  range(from: K | null, to: K | null): IterableIterator<readonly [K, T]> {
    return this.#scan(this.#closedRange(from, to), 'forward')
  }

  reverseRange(from: K | null, to: K | null): IterableIterator<readonly [K, T]> {
    return this.#scan(this.#closedRange(from, to), 'backward')
  }

  all(): IterableIterator<readonly [K, T]> {
    return this.range(null, null)
  }

  reverseAll(): IterableIterator<readonly [K, T]> {
    return this.reverseRange(null, null)
  }

  prefixScan<P>(prefix: P, serde: Pick<Serde<P>, 'serialize'>): IterableIterator<readonly [K, T]> {
    return this.#scan(prefixRange(this.serdes.encodePrefix(prefix, serde)), 'forward')
  }

  restore(key: Buffer, value: Buffer | null, timestampMs: number): void {
    this.#ownRows.put(key, value === null ? null : this.#format.restored(value, timestampMs))
  }

  flush(): void {}

  getCommitted(key: K): T | undefined {
    const row = this.#ownRows.getCommitted(this.serdes.encodeKey(key))
    return row === undefined ? undefined : this.decodeRow(row)
  }

  async *rangeCommitted(
    from: K | null,
    to: K | null,
    direction: ScanDirection,
  ): AsyncIterableIterator<readonly [K, T]> {
    for await (const row of this.#ownRows.scanCommitted(this.#closedRange(from, to), direction)) yield this.#decode(row)
  }

  protected getRow(key: Uint8Array): T | undefined {
    const row = this.rows.get(key)
    return row === undefined ? undefined : this.decodeRow(row)
  }

  protected deleteRow(key: Uint8Array): T | undefined {
    const previous = this.getRow(key)
    this.rows.put(key, null)
    return previous
  }

  #closedRange(from: K | null, to: K | null): KeyRange {
    return {
      from: from === null ? FIRST_KEY : this.serdes.encodeKey(from),
      to: to === null ? undefined : keyAfter(this.serdes.encodeKey(to)),
    }
  }

  *#scan(range: KeyRange, direction: ScanDirection): IterableIterator<readonly [K, T]> {
    for (const row of this.rows.scan(range, direction)) yield this.#decode(row)
  }

  #decode([key, row]: Row): readonly [K, T] {
    return [this.serdes.decodeKey(key), this.decodeRow(row)]
  }
}

export class PlainKeyValueStore<K, V> extends TypedKeyValueStore<K, V, V> implements KeyValueStore<K, V> {
  constructor(layers: KeyValueLayers<K, V>) {
    super(layers, PLAIN_ROWS)
  }

  put(key: K, value: V | null): void {
    this.rows.put(this.serdes.encodeKey(key), this.serdes.encodeValue(value))
  }

  putIfAbsent(key: K, value: V | null): V | undefined {
    const previous = this.get(key)
    if (previous === undefined) this.put(key, value)
    return previous
  }

  delete(key: K): V | undefined {
    return this.deleteRow(this.serdes.encodeKey(key))
  }

  protected decodeRow(row: Buffer): V {
    return this.serdes.decodeValue(row)
  }
}

export class TypedTimestampedKeyValueStore<K, V>
  extends TypedKeyValueStore<K, V, ValueAndTimestamp<V>>
  implements TimestampedKeyValueStore<K, V>
{
  constructor(layers: KeyValueLayers<K, V>) {
    super(layers, TIMESTAMPED_ROWS)
  }

  get keySerde(): Serde<K> {
    return this.serdes.keySerde
  }

  encodeKey(key: K): Uint8Array {
    return this.serdes.encodeKey(key)
  }

  getEncoded(keyBytes: Uint8Array): ValueAndTimestamp<V> | undefined {
    return this.getRow(keyBytes)
  }

  put(key: K, value: V | null, timestampMs: number): void {
    this.putEncoded(this.serdes.encodeKey(key), value, timestampMs)
  }

  putEncoded(keyBytes: Uint8Array, value: V | null, timestampMs: number): void {
    const bytes = this.serdes.encodeValue(value)
    this.rows.put(keyBytes, bytes === null ? null : withTimestamp(bytes, timestampMs))
  }

  putIfAbsent(key: K, value: V | null, timestampMs: number): ValueAndTimestamp<V> | undefined {
    const previous = this.get(key)
    if (previous === undefined) this.put(key, value, timestampMs)
    return previous
  }

  delete(key: K): ValueAndTimestamp<V> | undefined {
    return this.deleteRow(this.serdes.encodeKey(key))
  }

  protected decodeRow(row: Buffer): ValueAndTimestamp<V> {
    return { value: this.serdes.decodeValue(valuePartOf(row)), timestampMs: timestampOf(row) }
  }
}
