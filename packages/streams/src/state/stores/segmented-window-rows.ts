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
    const observed = rows.get(OBSERVED_TIME_KEY)
    this.#observedMs = observed === undefined ? NOTHING_OBSERVED : readInt64(observed, 0)
    this.#clearExpiredSegments() // A crash may have come between a batch and its clearing.
  }

  get(key: Uint8Array, startMs: number): Buffer | undefined {
    if (startMs < this.#firstVisibleMs()) return undefined
    return this.#rows.get(rowKey(this.#segmentOf(startMs), key, startMs))
  }

  put(key: Uint8Array, startMs: number, value: Uint8Array | null): void {
    if (!this.#write(key, startMs, value)) this.#onExpired()
  }

  /** As `put`, for a row of the changelog: too old is as good as gone. */
  restore(key: Uint8Array, startMs: number, value: Uint8Array | null): void {
    this.#write(key, startMs, value)
  }

  *scan({ key, fromMs, toMs }: WindowRange, direction: ScanDirection): IterableIterator<WindowRow> {
    const firstMs = Math.max(fromMs, this.#firstVisibleMs(), 0)
    const lastMs = Math.min(toMs, this.#observedMs)
    for (const segment of segmentsBetween(this.#segmentOf(firstMs), this.#segmentOf(lastMs), direction)) {
      const range = key === undefined ? segmentRange(segment, segment + 1) : keyRange(segment, key, firstMs, lastMs)
      for (const row of this.#rows.scan(range, direction)) {
        const window = windowRow(row)
        if (window.startMs < firstMs || window.startMs > lastMs) continue
        if (key === undefined || window.key.length === key.length) yield window
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
    const isLive = this.#expiry === 'by-segment' ? segment >= this.#firstSegment : startMs >= this.#firstVisibleMs()
    if (isLive) this.#rows.put(rowKey(segment, key, startMs), value)
    return isLive
  }

  #clearExpiredSegments(): void {
    const firstLive = this.#segmentOf(Math.max(0, this.#observedMs - this.#retentionMs))
    if (firstLive <= this.#firstSegment) return
    this.#rows.clear(segmentRange(this.#firstSegment, firstLive))
    this.#firstSegment = firstLive
  }

  #firstVisibleMs(): number {
    return this.#observedMs - this.#retentionMs + 1
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

/** Rows of one key in one segment; longer keys that start with this one may lie among them. */
function keyRange(segment: number, key: Uint8Array, fromMs: number, toMs: number): KeyRange {
  return { from: rowKey(segment, key, fromMs), to: rowKey(segment, key, toMs + 1) }
}

function* segmentsBetween(first: number, last: number, direction: ScanDirection): IterableIterator<number> {
  if (direction === 'forward') for (let segment = first; segment <= last; segment++) yield segment
  else for (let segment = last; segment >= first; segment--) yield segment
}
