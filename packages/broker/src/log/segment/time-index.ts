import type { Files } from '@millrace/platform'
import { readInt64, writeInt64 } from '@millrace/protocol'
import { IndexFile } from './index-file.ts'

const ENTRY_BYTES = 12
const SCRATCH = Buffer.alloc(ENTRY_BYTES)

export interface IndexedTimestamp {
  /** The greatest timestamp up to `offset`. */
  readonly timestampMs: number
  /** Last offset of the first batch with that timestamp. */
  readonly offset: number
}

/**
 * `.timeindex`: how the greatest timestamp of a segment grew. Timestamps strictly increase from entry to entry, offsets
 * too. Entry: timestamp, int64 ‖ offset relative to the segment's base offset, int32.
 */
export class TimeIndex {
  readonly file: IndexFile
  /** Undefined until it is needed: opening a log reads no index of an old segment. */
  private lastTimestampMs: number | undefined

  constructor(
    files: Files,
    path: string,
    private readonly baseOffset: number,
    existingBytes: number,
  ) {
    this.file = new IndexFile(files, path, ENTRY_BYTES, existingBytes)
  }

  get entryCount(): number {
    return this.file.entryCount
  }

  get lastEntry(): IndexedTimestamp | undefined {
    return this.entryCount === 0 ? undefined : this.entry(this.entryCount - 1)
  }

  /** One place is kept for the entry that closes the segment. */
  isFull(maxBytes: number): boolean {
    return this.file.sizeInBytes + 2 * ENTRY_BYTES > maxBytes
  }

  entry(index: number): IndexedTimestamp {
    const bytes = this.file.entry(index)
    return { timestampMs: readInt64(bytes, 0), offset: this.baseOffset + bytes.readInt32BE(8) }
  }

  /** Does nothing unless the timestamp is greater than the last one. */
  append({ timestampMs, offset }: IndexedTimestamp): void {
    this.lastTimestampMs ??= this.lastEntry?.timestampMs ?? -1
    if (timestampMs <= this.lastTimestampMs) return
    writeInt64(SCRATCH, timestampMs, 0)
    SCRATCH.writeInt32BE(offset - this.baseOffset, 8)
    this.file.append(SCRATCH)
    this.lastTimestampMs = timestampMs
  }

  clear(): void {
    this.file.clear()
    this.lastTimestampMs = -1
  }

  /** The last entry before `timestampMs`: everything up to its offset is older. Undefined: nothing is known to be. */
  lastBefore(timestampMs: number): IndexedTimestamp | undefined {
    const index = this.file.lastIndexWhere(entry => readInt64(entry, 0) < timestampMs)
    return index < 0 ? undefined : this.entry(index)
  }
}
