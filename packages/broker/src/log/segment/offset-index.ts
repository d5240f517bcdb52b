import type { Files } from '@millrace/platform'
import { IndexFile } from './index-file.ts'

const ENTRY_BYTES = 8
const SCRATCH = Buffer.alloc(ENTRY_BYTES)

export interface IndexedPosition {
  /** Last offset of the batch at `position`. */
  readonly offset: number
  readonly position: number
}

/**
 * `.index`: where some of the batches of a segment begin. Entry: last offset of the batch, relative to the segment's
 * base offset, int32 ‖ position in the log file, int32.
 */
export class OffsetIndex {
  readonly file: IndexFile

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

  isFull(maxBytes: number): boolean {
    return this.file.sizeInBytes + ENTRY_BYTES > maxBytes
  }

  entry(index: number): IndexedPosition {
    const bytes = this.file.entry(index)
    return { offset: this.baseOffset + bytes.readInt32BE(0), position: bytes.readInt32BE(4) }
  }

  append(offset: number, position: number): void {
    SCRATCH.writeInt32BE(offset - this.baseOffset, 0)
    SCRATCH.writeInt32BE(position, 4)
    this.file.append(SCRATCH)
  }

  /** Number of the last entry at or before `offset`; −1: none, search from the start of the segment. */
  lastAtOrBefore(offset: number): number {
    const relative = offset - this.baseOffset
    return this.file.lastIndexWhere(entry => entry.readInt32BE(0) <= relative)
  }

  /** Number of the first entry behind `position`; `entryCount` if there is none. */
  firstBehindPosition(position: number): number {
    return this.file.lastIndexWhere(entry => entry.readInt32BE(4) <= position) + 1
  }
}
