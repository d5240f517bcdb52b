/**
 * The records of one side of a join, kept for a time: any number for a key and timestamp, in the order they came.
 *
 * The record path has no cheap ordered scan, so records lie in pages that are read by their keys:
 * `bucket(8) ‖ key ‖ page(4)`, big-endian. A bucket is a stretch of time as long as the join's window, so that a look
 * around a timestamp reads two or three of them. Page 0 takes new records behind a count of the full pages, and becomes
 * the next full one when it has grown large: the cost of an append does not grow with the number of records of a key.
 * An entry is `timestamp(8) ‖ length(4) ‖ value`.
 *
 * The store's clock (*observed time*) is the greatest timestamp ever put, kept as a row behind all buckets.
 */
import { readInt64, writeInt64 } from '@millrace/protocol'
import type { StoreRows } from '../generations.ts'
import { segmentMsOf, type WindowRetention } from './segmented-window-rows.ts'

const TIME_BYTES = 8
const PAGE_NUMBER_BYTES = 4
/** Page 0 opens with the number of full pages. */
const PAGE_COUNT_BYTES = 4
const ENTRY_HEAD_BYTES = TIME_BYTES + 4
const FULL_PAGE_BYTES = 4_096
const OBSERVED_TIME_KEY = Buffer.alloc(TIME_BYTES, 0xff)
/** Before the first put. */
const NOTHING_OBSERVED = -1

export interface JoinEntry {
  readonly timestampMs: number
  readonly value: Buffer
}

export class JoinRows {
  readonly #rows: StoreRows
  readonly #retentionMs: number
  readonly #segmentMs: number
  readonly #bucketMs: number
  readonly #expiry: WindowRetention['expiry']
  #observedMs: number
  /** Buckets below are cleared, or on the way. */
  #firstBucket = 0

  /** @param windowSizeMs the length of the stretches of time that are fetched */
  constructor(rows: StoreRows, { retentionMs, expiry }: WindowRetention, windowSizeMs: number) {
    this.#rows = rows
    this.#retentionMs = retentionMs
    this.#segmentMs = segmentMsOf(retentionMs)
    this.#bucketMs = Math.max(windowSizeMs, 1)
    this.#expiry = expiry
    const observed = rows.get(OBSERVED_TIME_KEY)
    this.#observedMs = observed === undefined ? NOTHING_OBSERVED : readInt64(observed, 0)
    this.#clearExpired() // A crash may have come between a batch and its clearing.
  }

  /** False when the record is too old and was not kept. */
  put(key: Uint8Array, timestampMs: number, value: Uint8Array): boolean {
    if (timestampMs > this.#observedMs) {
      this.#observedMs = timestampMs
      const observed = Buffer.allocUnsafe(TIME_BYTES)
      writeInt64(observed, timestampMs, 0)
      this.#rows.put(OBSERVED_TIME_KEY, observed)
      this.#clearExpired()
    }
    const firstLiveMs = this.#expiry === 'by-segment' ? this.#firstLiveSegmentMs() : this.#firstVisibleMs()
    if (timestampMs < firstLiveMs) return false
    this.#append(Math.floor(timestampMs / this.#bucketMs), key, timestampMs, value)
    return true
  }

  /** The key's records with timestamps in `[fromMs, toMs]` that have not expired: oldest first, then as they came. */
  fetch(key: Uint8Array, fromMs: number, toMs: number): JoinEntry[] {
    const firstMs = Math.max(fromMs, this.#firstVisibleMs(), 0)
    const lastMs = Math.min(toMs, this.#observedMs)
    const found: JoinEntry[] = []
    const lastBucket = Math.floor(lastMs / this.#bucketMs)
    for (let bucket = Math.floor(firstMs / this.#bucketMs); bucket <= lastBucket; bucket++) {
      const newest = this.#rows.get(pageKey(bucket, key, 0))
      if (newest === undefined) continue
      const fullPages = newest.readUInt32BE(0)
      for (let page = 1; page <= fullPages; page++) {
        collect(this.#rows.get(pageKey(bucket, key, page))!, 0, firstMs, lastMs, found)
      }
      collect(newest, PAGE_COUNT_BYTES, firstMs, lastMs, found)
    }
    return found.sort((one, other) => one.timestampMs - other.timestampMs)
  }

  #append(bucket: number, key: Uint8Array, timestampMs: number, value: Uint8Array): void {
    const newestKey = pageKey(bucket, key, 0)
    let newest = this.#rows.get(newestKey)
    if (newest === undefined) newest = Buffer.alloc(PAGE_COUNT_BYTES)
    else if (newest.length >= FULL_PAGE_BYTES) {
      const page = newest.readUInt32BE(0) + 1
      this.#rows.put(pageKey(bucket, key, page), newest.subarray(PAGE_COUNT_BYTES))
      newest = Buffer.alloc(PAGE_COUNT_BYTES)
      newest.writeUInt32BE(page, 0)
    }
    const head = Buffer.allocUnsafe(ENTRY_HEAD_BYTES)
    writeInt64(head, timestampMs, 0)
    head.writeUInt32BE(value.length, TIME_BYTES)
    this.#rows.put(newestKey, Buffer.concat([newest, head, value]))
  }

  #clearExpired(): void {
    const firstBucket = Math.floor(this.#firstLiveSegmentMs() / this.#bucketMs)
    if (firstBucket <= this.#firstBucket) return
    this.#rows.clear({ from: bucketKey(this.#firstBucket), to: bucketKey(firstBucket) })
    this.#firstBucket = firstBucket
  }

  #firstVisibleMs(): number {
    return this.#observedMs - this.#retentionMs + 1
  }

  #firstLiveSegmentMs(): number {
    const oldestMs = Math.max(0, this.#observedMs - this.#retentionMs)
    return oldestMs - (oldestMs % this.#segmentMs)
  }
}

function bucketKey(bucket: number): Buffer {
  const bytes = Buffer.allocUnsafe(TIME_BYTES)
  writeInt64(bytes, bucket, 0)
  return bytes
}

function pageKey(bucket: number, key: Uint8Array, page: number): Buffer {
  const bytes = Buffer.allocUnsafe(TIME_BYTES + key.length + PAGE_NUMBER_BYTES)
  writeInt64(bytes, bucket, 0)
  bytes.set(key, TIME_BYTES)
  bytes.writeUInt32BE(page, TIME_BYTES + key.length)
  return bytes
}

function collect(page: Buffer, start: number, fromMs: number, toMs: number, found: JoinEntry[]): void {
  for (let at = start; at < page.length; ) {
    const timestampMs = readInt64(page, at)
    const end = at + ENTRY_HEAD_BYTES + page.readUInt32BE(at + TIME_BYTES)
    if (timestampMs >= fromMs && timestampMs <= toMs) {
      found.push({ timestampMs, value: page.subarray(at + ENTRY_HEAD_BYTES, end) })
    }
    at = end
  }
}
