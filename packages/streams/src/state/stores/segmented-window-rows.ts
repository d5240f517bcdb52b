/**
 * Windows as rows `segment(8) ‖ key ‖ start(8)`, big-endian. A segment is a stretch of window starts; when the store's
 * clock leaves a whole segment behind, its rows are cleared together and nothing has to look at single rows.
 *
 * The store's clock (*observed time*) is the greatest window start ever put. It is a row too, behind all segments, so
 * that it is committed, rolled back and persisted with the windows it belongs to.
 */
import { readInt64, writeInt64 } from '@millrace/protocol'
import type { KeyRange } from '../bytes/byte-order.ts'
import type { StoreRows } from '../generations.ts'
import type { Row, ScanDirection } from '../rows.ts'
import type { WindowRange, WindowRow, WindowRows } from './window-rows.ts'

const TIME_BYTES = 8
const OBSERVED_TIME_KEY = Buffer.alloc(TIME_BYTES, 0xff)
/** Kafka Streams' smallest segment. */
const SHORTEST_SEGMENT_MS = 60_000
/** Before the first put. */
const NOTHING_OBSERVED = -1

export interface WindowRetention {
  readonly retentionMs: number
  /**
   * When a write is too old: once its whole segment has expired, as in Kafka Streams' stores on disk, or once its own
   * start has, as in those in memory. Reads never show an expired start.
   */
  readonly expiry: 'by-segment' | 'by-start'
}

export function segmentMsOf(retentionMs: number): number {
  return Math.max(Math.floor(retentionMs / 2), SHORTEST_SEGMENT_MS)
}

export class SegmentedWindowRows implements WindowRows {
  readonly #rows: StoreRows
  readonly #retentionMs: number
  readonly #segmentMs: number
  readonly #expiry: WindowRetention['expiry']
  readonly #onExpired: () => void
  #observedMs: number
  /** Segments below are cleared, or on the way. */
  #firstSegment = 0

  /** @param onExpired called for each row that is too old to be written */
  constructor(rows: StoreRows, { retentionMs, expiry }: WindowRetention, onExpired: () => void) {
    this.#rows = rows
    this.#retentionMs = retentionMs
    this.#segmentMs = segmentMsOf(retentionMs)
    this.#expiry = expiry
    this.#onExpired = onExpired
    this.#observedMs = observedTimeOf(rows.get(OBSERVED_TIME_KEY))
    this.#clearExpiredSegments() // A crash may have come between a batch and its clearing.
  }

  get(key: Uint8Array, startMs: number): Buffer | undefined {
    if (startMs < this.#firstVisibleMs(this.#observedMs)) return undefined
    return this.#rows.get(rowKey(this.#segmentOf(startMs), key, startMs))
  }

  put(key: Uint8Array, startMs: number, value: Uint8Array | null): void {
    if (!this.#write(key, startMs, value)) this.#onExpired()
  }

  /** As `put`, for a row of the changelog: too old is as good as gone. */
  restore(key: Uint8Array, startMs: number, value: Uint8Array | null): void {
    this.#write(key, startMs, value)
  }

  *scan(range: WindowRange, direction: ScanDirection): IterableIterator<WindowRow> {
    const visible = this.#visible(range, this.#observedMs)
    for (const rows of this.#keyRanges(visible, direction)) {
      for (const row of this.#rows.scan(rows, direction)) {
        const window = windowRow(row)
        if (isIn(visible, window)) yield window
      }
    }
  }

  /** As `get`, without what waits for a commit. */
  getCommitted(key: Uint8Array, startMs: number): Buffer | undefined {
    if (startMs < this.#firstVisibleMs(this.#committedObservedMs())) return undefined
    return this.#rows.getCommitted(rowKey(this.#segmentOf(startMs), key, startMs))
  }

  /** As `scan`, without what waits for a commit. */
  async *scanCommitted(range: WindowRange, direction: ScanDirection): AsyncIterableIterator<WindowRow> {
    const visible = this.#visible(range, this.#committedObservedMs())
    for (const rows of this.#keyRanges(visible, direction)) {
      for await (const row of this.#rows.scanCommitted(rows, direction)) {
        const window = windowRow(row)
        if (isIn(visible, window)) yield window
      }
    }
  }

  /** False when the row is too old. */
  #write(key: Uint8Array, startMs: number, value: Uint8Array | null): boolean {
    if (startMs > this.#observedMs) {
      this.#observedMs = startMs
      const observed = Buffer.allocUnsafe(TIME_BYTES)
      writeInt64(observed, startMs, 0)
      this.#rows.put(OBSERVED_TIME_KEY, observed)
      this.#clearExpiredSegments()
    }
    const segment = this.#segmentOf(startMs)
    const isLive =
      this.#expiry === 'by-segment' ? segment >= this.#firstSegment : startMs >= this.#firstVisibleMs(this.#observedMs)
    if (isLive) this.#rows.put(rowKey(segment, key, startMs), value)
    return isLive
  }

  #clearExpiredSegments(): void {
    const firstLive = this.#segmentOf(Math.max(0, this.#observedMs - this.#retentionMs))
    if (firstLive <= this.#firstSegment) return
    this.#rows.clear(segmentRange(this.#firstSegment, firstLive))
    this.#firstSegment = firstLive
  }

  /** The part of the range that has not expired and was not overtaken by anything. */
  #visible({ key, fromMs, toMs }: WindowRange, observedMs: number): WindowRange {
    return {
      key,
      fromMs: Math.max(fromMs, this.#firstVisibleMs(observedMs), 0),
      toMs: Math.min(toMs, observedMs),
    }
  }

  /** Where the rows of the range are, with others among them, segment by segment. */
  *#keyRanges({ key, fromMs, toMs }: WindowRange, direction: ScanDirection): IterableIterator<KeyRange> {
    for (const segment of segmentsBetween(this.#segmentOf(fromMs), this.#segmentOf(toMs), direction)) {
      if (key === undefined) yield segmentRange(segment, segment + 1)
      else yield { from: rowKey(segment, key, fromMs), to: rowKey(segment, key, toMs + 1) }
    }
  }

  #committedObservedMs(): number {
    return observedTimeOf(this.#rows.getCommitted(OBSERVED_TIME_KEY))
  }

  #firstVisibleMs(observedMs: number): number {
    return observedMs - this.#retentionMs + 1
  }

  #segmentOf(startMs: number): number {
    return Math.floor(startMs / this.#segmentMs)
  }
}

function rowKey(segment: number, key: Uint8Array, startMs: number): Buffer {
  const bytes = Buffer.allocUnsafe(2 * TIME_BYTES + key.length)
  writeInt64(bytes, segment, 0)
  bytes.set(key, TIME_BYTES)
  writeInt64(bytes, startMs, TIME_BYTES + key.length)
  return bytes
}

function windowRow([bytes, value]: Row): WindowRow {
  const end = bytes.length - TIME_BYTES
  return { key: bytes.subarray(TIME_BYTES, end), startMs: readInt64(bytes, end), value }
}

/** Rows of the segments `[from, to)`. */
function segmentRange(from: number, to: number): KeyRange {
  const range = { from: Buffer.allocUnsafe(TIME_BYTES), to: Buffer.allocUnsafe(TIME_BYTES) }
  writeInt64(range.from, from, 0)
  writeInt64(range.to, to, 0)
  return range
}

/** Keys that are longer than the one asked for, and starts outside of the range, lie among the rows of a range. */
function isIn({ key, fromMs, toMs }: WindowRange, window: WindowRow): boolean {
  if (window.startMs < fromMs || window.startMs > toMs) return false
  return key === undefined || window.key.length === key.length
}

function observedTimeOf(row: Buffer | undefined): number {
  return row === undefined ? NOTHING_OBSERVED : readInt64(row, 0)
}

function* segmentsBetween(first: number, last: number, direction: ScanDirection): IterableIterator<number> {
  if (direction === 'forward') for (let segment = first; segment <= last; segment++) yield segment
  else for (let segment = last; segment >= first; segment--) yield segment
}
