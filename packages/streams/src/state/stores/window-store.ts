import type { Serde } from '@millrace/client'
import { Windowed } from '../../windows/windowed.ts'
import type { CommittedWindows } from '../committed-reads.ts'
import type { ScanDirection } from '../rows.ts'
import type { ReadOnlyWindowStore, TimestampedWindowStore, ValueAndTimestamp, WindowStore } from '../state-store.ts'
import { parseWindowChangelogKey } from './changelogged-window-rows.ts'
import { PLAIN_ROWS, type RowFormat, TIMESTAMPED_ROWS } from './row-format.ts'
import type { SegmentedWindowRows } from './segmented-window-rows.ts'
import type { StoreSerdes } from './store-serdes.ts'
import { timestampOf, valuePartOf, withTimestamp } from './timestamped-value.ts'
import type { WindowRow, WindowRows } from './window-rows.ts'

export interface WindowLayers<K, V> {
  readonly name: string
  readonly persistent: boolean
  readonly windowSizeMs: number
  readonly serdes: StoreSerdes<K, V>
  /** The outermost wrapper. */
  readonly rows: WindowRows
  /** The innermost rows, where restored records go. */
  readonly ownRows: SegmentedWindowRows
}

/** Reading and restoring, the same for both kinds of window store. `T` is what a row decodes to. */
abstract class TypedWindowStore<K, V, T> implements ReadOnlyWindowStore<K, T>, CommittedWindows<K, T> {
  readonly name: string
  readonly persistent: boolean
  protected readonly rows: WindowRows
  protected readonly serdes: StoreSerdes<K, V>
  readonly #windowSizeMs: number
  readonly #ownRows: SegmentedWindowRows
  readonly #format: RowFormat

  constructor(layers: WindowLayers<K, V>, format: RowFormat) {
    this.name = layers.name
    this.persistent = layers.persistent
    this.serdes = layers.serdes
    this.rows = layers.rows
    this.#windowSizeMs = layers.windowSizeMs
    this.#ownRows = layers.ownRows
    this.#format = format
  }

  protected abstract decodeRow(row: Buffer): T

  fetch(key: K, startMs: number): T | undefined
  fetch(key: K, fromMs: number, toMs: number): IterableIterator<readonly [number, T]>
  fetch(key: K, fromMs: number, toMs?: number): T | undefined | IterableIterator<readonly [number, T]> {
    const bytes = this.serdes.encodeKey(key)
    if (toMs !== undefined) return this.#windowsOf(bytes, fromMs, toMs, 'forward')
    return this.fetchRow(bytes, fromMs)
  }

  protected fetchRow(keyBytes: Uint8Array, startMs: number): T | undefined {
    const row = this.rows.get(keyBytes, startMs)
    return row === undefined ? undefined : this.decodeRow(row)
  }

  backwardFetch(key: K, fromMs: number, toMs: number): IterableIterator<readonly [number, T]> {
    return this.#windowsOf(this.serdes.encodeKey(key), fromMs, toMs, 'backward')
  }

  fetchAll(fromMs: number, toMs: number): IterableIterator<readonly [Windowed<K>, T]> {
    return this.#windows(fromMs, toMs, 'forward')
  }

  backwardFetchAll(fromMs: number, toMs: number): IterableIterator<readonly [Windowed<K>, T]> {
    return this.#windows(fromMs, toMs, 'backward')
  }

  all(): IterableIterator<readonly [Windowed<K>, T]> {
    return this.#windows(0, Number.MAX_SAFE_INTEGER, 'forward')
  }

  backwardAll(): IterableIterator<readonly [Windowed<K>, T]> {
    return this.#windows(0, Number.MAX_SAFE_INTEGER, 'backward')
  }

  restore(changelogKey: Buffer, value: Buffer | null, timestampMs: number): void {
    const { key, startMs } = parseWindowChangelogKey(changelogKey)
    this.#ownRows.restore(key, startMs, value === null ? null : this.#format.restored(value, timestampMs))
  }

  flush(): void {}

  fetchCommitted(key: K, startMs: number): T | undefined {
    const row = this.#ownRows.getCommitted(this.serdes.encodeKey(key), startMs)
    return row === undefined ? undefined : this.decodeRow(row)
  }

  async *scanCommitted(
    key: K | undefined,
    fromMs: number,
    toMs: number,
    direction: ScanDirection,
  ): AsyncIterableIterator<readonly [Windowed<K>, T]> {
    const range = { key: key === undefined ? undefined : this.serdes.encodeKey(key), fromMs, toMs }
    for await (const row of this.#ownRows.scanCommitted(range, direction)) yield this.#decode(row)
  }

  *#windowsOf(
    key: Uint8Array,
    fromMs: number,
    toMs: number,
    direction: ScanDirection,
  ): IterableIterator<readonly [number, T]> {
    for (const row of this.rows.scan({ key, fromMs, toMs }, direction)) yield [row.startMs, this.decodeRow(row.value)]
  }

  *#windows(fromMs: number, toMs: number, direction: ScanDirection): IterableIterator<readonly [Windowed<K>, T]> {
    for (const row of this.rows.scan({ key: undefined, fromMs, toMs }, direction)) yield this.#decode(row)
  }

  #decode({ key, startMs, value }: WindowRow): readonly [Windowed<K>, T] {
    const endMs = Math.min(startMs + this.#windowSizeMs, Number.MAX_SAFE_INTEGER)
    return [new Windowed(this.serdes.decodeKey(key), startMs, endMs), this.decodeRow(value)]
  }
}

export class PlainWindowStore<K, V> extends TypedWindowStore<K, V, V> implements WindowStore<K, V> {
  constructor(layers: WindowLayers<K, V>) {
    super(layers, PLAIN_ROWS)
  }

  put(key: K, value: V | null, startMs: number): void {
    this.rows.put(this.serdes.encodeKey(key), startMs, this.serdes.encodeValue(value))
  }

  protected decodeRow(row: Buffer): V {
    return this.serdes.decodeValue(row)
  }
}

export class TypedTimestampedWindowStore<K, V>
  extends TypedWindowStore<K, V, ValueAndTimestamp<V>>
  implements TimestampedWindowStore<K, V>
{
  constructor(layers: WindowLayers<K, V>) {
    super(layers, TIMESTAMPED_ROWS)
  }

  get keySerde(): Serde<K> {
    return this.serdes.keySerde
  }

  encodeKey(key: K): Uint8Array {
    return this.serdes.encodeKey(key)
  }

  fetchEncoded(keyBytes: Uint8Array, startMs: number): ValueAndTimestamp<V> | undefined {
    return this.fetchRow(keyBytes, startMs)
  }

  put(key: K, value: V | null, startMs: number, timestampMs: number): void {
    this.putEncoded(this.serdes.encodeKey(key), value, startMs, timestampMs)
  }

  putEncoded(keyBytes: Uint8Array, value: V | null, startMs: number, timestampMs: number): void {
    const bytes = this.serdes.encodeValue(value)
    this.rows.put(keyBytes, startMs, bytes === null ? null : withTimestamp(bytes, timestampMs))
  }

  protected decodeRow(row: Buffer): ValueAndTimestamp<V> {
    return { value: this.serdes.decodeValue(valuePartOf(row)), timestampMs: timestampOf(row) }
  }
}
