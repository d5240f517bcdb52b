import type { Files, OpenFile } from '@millrace/platform'

/** Entries kept in memory before they are written together: an index entry costs no system call of its own. */
const MAX_PENDING_ENTRIES = 512

/**
 * A file of entries of one size, appended in order and searched by halving. New entries wait in memory until
 * {@link flush} or until there are {@link MAX_PENDING_ENTRIES}; a crash loses them, and recovery makes them anew. Unlike
 * Kafka's the file is never longer than its entries.
 */
export class IndexFile {
  private file: OpenFile | undefined
  /** Allocated with the first entry: most partitions are idle. */
  private pending: Buffer | undefined
  private pendingCount = 0
  /** Entries in the file. */
  private storedCount: number
  private readonly scratch: Buffer

  constructor(
    private readonly files: Files,
    private currentPath: string,
    private readonly entryBytes: number,
    /** 0 if there is no file yet. */
    existingBytes: number,
  ) {
    this.storedCount = Math.floor(existingBytes / entryBytes)
    this.scratch = Buffer.allocUnsafe(entryBytes)
  }

  get path(): string {
    return this.currentPath
  }

  get entryCount(): number {
    return this.storedCount + this.pendingCount
  }

  get sizeInBytes(): number {
    return this.entryCount * this.entryBytes
  }

  /** The entry's bytes; valid until the next call. */
  entry(index: number): Buffer {
    const pendingAt = (index - this.storedCount) * this.entryBytes
    if (pendingAt >= 0) return this.pending!.subarray(pendingAt, pendingAt + this.entryBytes)
    const read = this.openFile().read(this.scratch, 0, this.entryBytes, index * this.entryBytes)
    // A file that got shorter behind our back reads as zeros, which no search takes for an entry of its segment.
    return read === this.entryBytes ? this.scratch : this.scratch.fill(0)
  }

  /** Makes room for one entry. May write, so it may fail; the next {@link append} then cannot. */
  reserve(): void {
    if (this.pendingCount === MAX_PENDING_ENTRIES) this.flush()
  }

  /** Copies `entry`. Needs room: {@link reserve}. */
  append(entry: Buffer): void {
    this.pending ??= Buffer.allocUnsafeSlow(MAX_PENDING_ENTRIES * this.entryBytes)
    entry.copy(this.pending, this.pendingCount * this.entryBytes)
    this.pendingCount++
  }

  /** The last entry for which `isAtOrBefore` holds (it holds up to some entry and not after), −1 if there is none. */
  lastIndexWhere(isAtOrBefore: (entry: Buffer) => boolean): number {
    let low = 0
    let high = this.entryCount
    while (low < high) {
      const middle = (low + high) >>> 1
      if (isAtOrBefore(this.entry(middle))) low = middle + 1
      else high = middle
    }
    return low - 1
  }

  /** Writes the pending entries to the page cache, creating the file if need be. */
  flush(): void {
    const file = this.openFile()
    if (this.pendingCount === 0) return
    file.write(this.pending!.subarray(0, this.pendingCount * this.entryBytes), this.storedCount * this.entryBytes)
    this.storedCount += this.pendingCount
    this.pendingCount = 0
  }

  /** Drops all entries. */
  clear(): void {
    this.pendingCount = 0
    this.openFile().truncate(0)
    this.storedCount = 0
  }

  /** The file was renamed; if there is none yet, the first one gets this name. */
  moved(path: string): void {
    this.currentPath = path
  }

  sync(): Promise<void> {
    return this.openFile().sync()
  }

  /** Drops what was not flushed. Opens again by itself. */
  close(): void {
    this.pending = undefined
    this.pendingCount = 0
    this.file?.close()
    this.file = undefined
  }

  private openFile(): OpenFile {
    return (this.file ??= this.files.open(this.currentPath, 'write'))
  }
}
