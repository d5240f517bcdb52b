import type { Files } from '@millrace/platform'
import { readInt64, writeInt64 } from '@millrace/protocol'
import { IndexFile } from './index-file.ts'

const ENTRY_BYTES = 34
const VERSION = 0
const PRODUCER_ID_AT = 2
const FIRST_OFFSET_AT = 10
const LAST_OFFSET_AT = 18
const LAST_STABLE_OFFSET_AT = 26
const SCRATCH = Buffer.alloc(ENTRY_BYTES)

/** A transaction that was rolled back, under the segment that holds its marker. */
export interface AbortedSpan {
  readonly producerId: number
  /** Of the transaction's first record in this partition. */
  readonly firstOffset: number
  /** Of the marker. */
  readonly lastOffset: number
  /** Everything below was decided once the marker was written. */
  readonly lastStableOffset: number
}

/**
 * `.txnindex`: the aborted transactions whose markers lie in a segment, in the order of the markers; the last stable offsets
 * increase too. There is no file as long as there is no entry. Entry: version int16 ‖ producer id int64 ‖ first offset int64
 * ‖ last offset int64 ‖ last stable offset int64 (Apache Kafka, `AbortedTxn`).
 */
export class TransactionIndex {
  readonly file: IndexFile

  constructor(
    files: Files,
    path: string,
    /** Whether there was a file: without one, none is made before the first entry. */
    private readonly hasFile: boolean,
    existingBytes: number,
  ) {
    this.file = new IndexFile(files, path, ENTRY_BYTES, existingBytes)
  }

  get isEmpty(): boolean {
    return this.file.entryCount === 0
  }

  /** Needs room: `file.reserve()`. */
  append({ producerId, firstOffset, lastOffset, lastStableOffset }: AbortedSpan): void {
    SCRATCH.writeInt16BE(VERSION, 0)
    writeInt64(SCRATCH, producerId, PRODUCER_ID_AT)
    writeInt64(SCRATCH, firstOffset, FIRST_OFFSET_AT)
    writeInt64(SCRATCH, lastOffset, LAST_OFFSET_AT)
    writeInt64(SCRATCH, lastStableOffset, LAST_STABLE_OFFSET_AT)
    this.file.append(SCRATCH)
  }

  entry(index: number): AbortedSpan {
    const bytes = this.file.entry(index)
    return {
      producerId: readInt64(bytes, PRODUCER_ID_AT),
      firstOffset: readInt64(bytes, FIRST_OFFSET_AT),
      lastOffset: readInt64(bytes, LAST_OFFSET_AT),
      lastStableOffset: readInt64(bytes, LAST_STABLE_OFFSET_AT),
    }
  }

  *entries(): Generator<AbortedSpan, void, undefined> {
    for (let index = 0; index < this.file.entryCount; index++) yield this.entry(index)
  }

  /**
   * Adds to `found` what touches `[fromOffset, untilOffset)`. True if no later segment can hold more of it: all below
   * `untilOffset` was decided by a marker of this one.
   */
  collect(fromOffset: number, untilOffset: number, found: AbortedSpan[]): boolean {
    const { file } = this
    const first = file.lastIndexWhere(entry => readInt64(entry, LAST_OFFSET_AT) < fromOffset) + 1
    for (let index = first; index < file.entryCount; index++) {
      const span = this.entry(index)
      if (span.firstOffset < untilOffset) found.push(span)
      if (span.lastStableOffset >= untilOffset) return true
    }
    return false
  }

  flush(): void {
    if (!this.isEmpty) this.file.flush()
  }

  clear(): void {
    if (this.hasFile || !this.isEmpty) this.file.clear()
  }

  async sync(): Promise<void> {
    if (this.hasFile || !this.isEmpty) await this.file.sync()
  }
}
