import type { Files, OpenFile } from '@millrace/platform'
import { BATCH_HEADER_BYTES } from '@millrace/protocol'
import type { TopicConfig } from '../../config/topic-config.ts'
import { type SegmentFileKind, type SegmentSuffix, segmentFileName } from '../directory/file-names.ts'
import { baseOffsetAt, batchSizeAt, lastOffsetAt, maxTimestampAt } from './batch-header.ts'
import { OffsetIndex } from './offset-index.ts'
import { type IndexedTimestamp, TimeIndex } from './time-index.ts'
import { type AbortedSpan, TransactionIndex } from './transaction-index.ts'

/** The indexes hold offsets relative to the base offset as int32. */
const MAX_RELATIVE_OFFSET = 0x7fff_ffff
/** What a walk from header to header reads at once: the default distance of index entries, and a header. */
const WALK_WINDOW_BYTES = 4096 + BATCH_HEADER_BYTES
/** Shared: a walk is synchronous. */
const WALK_WINDOW = Buffer.allocUnsafeSlow(WALK_WINDOW_BYTES)

/** What an append needs to know of a batch. */
export interface AppendedBatch {
  readonly bytes: Buffer
  readonly lastOffset: number
  readonly maxTimestampMs: number
}

/**
 * A stretch of a log in one `.log` file with its indexes. Only the last segment of a log is appended to. Files are
 * opened when they are needed.
 */
export class Segment {
  sizeInBytes: number
  /** No longer part of its log: the files are called `.deleted`, and nothing but reads under way touches them. */
  isRetired = false
  /** What was there before this process: not to be expected in the page cache. */
  readonly bytesAtOpen: number
  readonly offsetIndex: OffsetIndex
  readonly timeIndex: TimeIndex
  readonly transactionIndex: TransactionIndex
  /** Whether there were index files with whole entries. That of the transactions may be missing: there are none then. */
  readonly hadIndexes: boolean
  private logPath: string
  private logFile: OpenFile | undefined
  private bytesSinceIndexEntry = 0
  /** Positions, found by recovery, at which damaged bytes begin; the batch behind each has an index entry. */
  private readonly damagedPositions: number[] = []
  /** Greatest timestamp and the last offset of the first batch that has it. Undefined: the time index knows. */
  private newest: IndexedTimestamp | undefined
  /** Undefined: not read yet. */
  private firstTimestamp: number | undefined
  private isRemoved = false

  constructor(
    private readonly files: Files,
    readonly directory: string,
    readonly baseOffset: number,
    /** Wall clock; the age of a segment without timestamps counts from it. */
    private readonly createdMs: number,
    suffix: SegmentSuffix = '',
  ) {
    const pathOf = (kind: SegmentFileKind) => `${directory}/${segmentFileName(baseOffset, kind)}${suffix}`
    const bytesIn = (path: string) => (files.exists(path) ? files.stat(path).size : undefined)
    this.logPath = pathOf('log')
    this.sizeInBytes = bytesIn(this.logPath) ?? 0
    this.bytesAtOpen = this.sizeInBytes
    const offsetIndexBytes = bytesIn(pathOf('index'))
    const timeIndexBytes = bytesIn(pathOf('timeindex'))
    this.offsetIndex = new OffsetIndex(files, pathOf('index'), baseOffset, offsetIndexBytes ?? 0)
    this.timeIndex = new TimeIndex(files, pathOf('timeindex'), baseOffset, timeIndexBytes ?? 0)
    const transactionIndexPath = pathOf('txnindex')
    const transactionIndexBytes = bytesIn(transactionIndexPath)
    this.transactionIndex = new TransactionIndex(
      files,
      transactionIndexPath,
      transactionIndexBytes !== undefined,
      transactionIndexBytes ?? 0,
    )
    this.hadIndexes =
      this.offsetIndex.file.sizeInBytes === offsetIndexBytes &&
      this.timeIndex.file.sizeInBytes === timeIndexBytes &&
      this.transactionIndex.file.sizeInBytes === (transactionIndexBytes ?? 0)
  }

  /** Throws a FileError (ENOENT) once the segment was removed. */
  get log(): OpenFile {
    return (this.logFile ??= this.files.open(this.logPath, this.isRetired || this.isRemoved ? 'read' : 'write'))
  }

  /** When the log file was last written, by the wall clock. */
  get modifiedMs(): number {
    return this.files.stat(this.logPath).modifiedMs
  }

  /** Greatest timestamp of the segment; −1 without one. */
  get newestTimestamp(): IndexedTimestamp {
    return (this.newest ??= this.timeIndex.lastEntry ?? { timestampMs: -1, offset: this.baseOffset })
  }

  /** Greatest timestamp of the first batch: the age of the segment counts from it. −1 without one. */
  get firstTimestampMs(): number {
    return (this.firstTimestamp ??= this.readFirstTimestamp())
  }

  /** Whether a batch has to go into a new segment. `jitterMs` is taken off `segment.ms`. */
  isFullFor(batch: AppendedBatch, nowMs: number, config: TopicConfig, jitterMs: number): boolean {
    const { 'segment.bytes': segmentBytes, 'segment.index.bytes': indexBytes } = config
    // An empty segment takes any batch: the next one would be no larger.
    if (this.sizeInBytes === 0) return false
    return (
      this.sizeInBytes + batch.bytes.length > segmentBytes ||
      !this.covers(batch.lastOffset) ||
      this.ageMs(batch.maxTimestampMs, nowMs) > longestAgeMs(config) - jitterMs ||
      this.offsetIndex.isFull(indexBytes) ||
      this.timeIndex.isFull(indexBytes)
    )
  }

  /** Whether the indexes can hold the offset. */
  covers(offset: number): boolean {
    return offset - this.baseOffset <= MAX_RELATIVE_OFFSET
  }

  /** By the timestamps of records if they have any, else by the wall clock. */
  private ageMs(timestampMs: number, nowMs: number): number {
    return this.firstTimestampMs >= 0 ? timestampMs - this.firstTimestampMs : nowMs - this.createdMs
  }

  /**
   * Appends a batch whose offsets are in place. Throws a FileError if it cannot be written; the segment is then as before,
   * but the file may be longer until {@link cutBack}.
   */
  append(batch: AppendedBatch, indexIntervalBytes: number): void {
    const { bytes, lastOffset, maxTimestampMs } = batch
    const position = this.sizeInBytes
    const isIndexed = this.bytesSinceIndexEntry > indexIntervalBytes
    if (isIndexed) this.reserveIndexEntries()
    this.log.write(bytes, position)
    this.sizeInBytes = position + bytes.length
    if (position === 0) this.firstTimestamp = maxTimestampMs
    this.index(lastOffset, maxTimestampMs, position, isIndexed)
    this.bytesSinceIndexEntry += bytes.length
  }

  /** Takes a batch that lies in the file already into the indexes. For recovery. */
  reindex(batch: AppendedBatch, position: number, indexIntervalBytes: number, isForced = false): void {
    const isIndexed = isForced || this.bytesSinceIndexEntry > indexIntervalBytes
    if (isIndexed) this.reserveIndexEntries()
    this.index(batch.lastOffset, batch.maxTimestampMs, position, isIndexed)
    this.bytesSinceIndexEntry += batch.bytes.length
  }

  private index(lastOffset: number, maxTimestampMs: number, position: number, isIndexed: boolean): void {
    if (maxTimestampMs > this.newestTimestamp.timestampMs)
      this.newest = { timestampMs: maxTimestampMs, offset: lastOffset }
    if (!isIndexed) return
    this.offsetIndex.append(lastOffset, position)
    this.timeIndex.append(this.newestTimestamp)
    this.bytesSinceIndexEntry = 0
  }

  /** Takes note of a rolled back transaction whose marker lies in this segment. Needs {@link reserveAborted}. */
  addAborted(span: AbortedSpan): void {
    this.transactionIndex.append(span)
  }

  /** May write, so it may fail; the next {@link addAborted} then cannot. */
  reserveAborted(): void {
    this.transactionIndex.file.reserve()
  }

  private reserveIndexEntries(): void {
    this.offsetIndex.file.reserve()
    this.timeIndex.file.reserve()
  }

  /** After a failed write: gives back what may have been written. */
  cutBack(): void {
    this.log.truncate(this.sizeInBytes)
  }

  /** Forgets everything from `position` on; the indexes must not know of it. */
  truncate(position: number): void {
    this.log.truncate(position)
    this.sizeInBytes = position
  }

  clearIndexes(): void {
    this.offsetIndex.file.clear()
    this.timeIndex.clear()
    this.transactionIndex.clear()
    this.newest = { timestampMs: -1, offset: this.baseOffset }
    this.bytesSinceIndexEntry = 0
  }

  /** Completes the indexes: the segment is about to become an old one, or to be closed. */
  writeIndexes(): void {
    this.timeIndex.file.reserve()
    this.timeIndex.append(this.newestTimestamp)
    this.offsetIndex.file.flush()
    this.timeIndex.file.flush()
    this.transactionIndex.flush()
  }

  /**
   * Position of the first batch that ends at or behind `offset`; undefined if all end before it. Null if damaged bytes lie
   * where it should be.
   */
  positionOf(offset: number): number | undefined | null {
    const entry = this.offsetIndex.lastAtOrBefore(offset)
    const start = entry < 0 ? 0 : this.trustedPosition(entry)
    return start === undefined ? this.walkTo(offset, 0) : this.walkTo(offset, start)
  }

  /** The position an index entry names, undefined if no batch with its offset begins there. */
  private trustedPosition(entry: number): number | undefined {
    const { offset, position } = this.offsetIndex.entry(entry)
    if (position < 0 || position + BATCH_HEADER_BYTES > this.sizeInBytes) return undefined
    this.log.read(WALK_WINDOW, 0, BATCH_HEADER_BYTES, position)
    return batchSizeAt(WALK_WINDOW, 0) > 0 && lastOffsetAt(WALK_WINDOW, 0) === offset ? position : undefined
  }

  private walkTo(offset: number, start: number): number | undefined | null {
    let position = start
    let windowStart = 0
    let windowLength = 0
    while (position + BATCH_HEADER_BYTES <= this.sizeInBytes) {
      if (position < windowStart || position + BATCH_HEADER_BYTES > windowStart + windowLength) {
        windowStart = position
        windowLength = this.log.read(WALK_WINDOW, 0, WALK_WINDOW_BYTES, position)
        if (windowLength < BATCH_HEADER_BYTES) return null
      }
      const at = position - windowStart
      const sizeInBytes = batchSizeAt(WALK_WINDOW, at)
      if (sizeInBytes === 0 || position + sizeInBytes > this.sizeInBytes || this.damagedPositions.includes(position)) {
        const behind = this.positionBehindDamage(position, offset)
        if (behind === null) return null
        position = behind
        windowLength = 0
      } else {
        if (lastOffsetAt(WALK_WINDOW, at) >= offset) return position
        position += sizeInBytes
      }
    }
    return position === this.sizeInBytes ? undefined : null
  }

  /** The next batch the index knows behind damaged bytes, null if there is none or `offset` lies before it. */
  private positionBehindDamage(position: number, offset: number): number | null {
    const { offsetIndex } = this
    const next = offsetIndex.firstBehindPosition(position)
    if (next >= offsetIndex.entryCount) return null
    const behind = this.trustedPosition(next)
    if (behind === undefined) return null
    return baseOffsetAt(WALK_WINDOW, 0) <= offset ? behind : null
  }

  markDamaged(position: number): void {
    this.damagedPositions.push(position)
  }

  /** End of what can be read in one piece from `position` on. */
  readableEnd(position: number): number {
    return this.damagedPositions.find(damaged => damaged >= position) ?? this.sizeInBytes
  }

  /** Base offset of the batch at `position`, undefined if none is there. */
  baseOffsetAt(position: number): number | undefined {
    const length = this.log.read(WALK_WINDOW, 0, BATCH_HEADER_BYTES, position)
    return length < BATCH_HEADER_BYTES || batchSizeAt(WALK_WINDOW, 0) === 0 ? undefined : baseOffsetAt(WALK_WINDOW, 0)
  }

  /** Offset behind the last batch, by walking from the last index entry. Null if the end is damaged. */
  readEndOffset(): number | null {
    const { offsetIndex } = this
    const start = offsetIndex.entryCount === 0 ? 0 : this.trustedPosition(offsetIndex.entryCount - 1)
    if (start === undefined) return null
    let position = start
    let endOffset = this.baseOffset
    while (position < this.sizeInBytes) {
      const length = this.log.read(WALK_WINDOW, 0, BATCH_HEADER_BYTES, position)
      const sizeInBytes = length < BATCH_HEADER_BYTES ? 0 : batchSizeAt(WALK_WINDOW, 0)
      if (sizeInBytes === 0 || baseOffsetAt(WALK_WINDOW, 0) < endOffset) return null
      endOffset = lastOffsetAt(WALK_WINDOW, 0) + 1
      position += sizeInBytes
    }
    return position === this.sizeInBytes ? endOffset : null
  }

  private readFirstTimestamp(): number {
    if (this.sizeInBytes < BATCH_HEADER_BYTES) return -1
    this.log.read(WALK_WINDOW, 0, BATCH_HEADER_BYTES, 0)
    return maxTimestampAt(WALK_WINDOW, 0)
  }

  /** Everything appended so far is durable once it resolves; the indexes too if `withIndexes`. */
  async sync(withIndexes: boolean): Promise<void> {
    const syncs = [this.log.sync()]
    if (withIndexes) syncs.push(this.offsetIndex.file.sync(), this.timeIndex.file.sync(), this.transactionIndex.sync())
    await Promise.all(syncs)
  }

  /** Files open again by themselves. What the indexes have not written is lost. */
  close(): void {
    this.logFile?.close()
    this.logFile = undefined
    this.closeIndexes()
  }

  closeIndexes(): void {
    for (const [, { file }] of this.indexes) file.close()
  }

  /** Gives the files another suffix, the log first. What is open stays open. */
  rename(suffix: SegmentSuffix): void {
    const { files, directory, baseOffset } = this
    const pathOf = (kind: SegmentFileKind) => `${directory}/${segmentFileName(baseOffset, kind)}${suffix}`
    files.rename(this.logPath, pathOf('log'))
    this.logPath = pathOf('log')
    for (const [kind, { file }] of this.indexes) {
      if (files.exists(file.path)) files.rename(file.path, pathOf(kind))
      file.moved(pathOf(kind))
    }
  }

  /** Takes the segment out of its log. Reads under way can go on until {@link remove}. */
  retire(): void {
    this.rename('.deleted')
    this.isRetired = true
    this.closeIndexes()
  }

  /** Removes the files. */
  remove(): void {
    this.close()
    this.isRemoved = true
    const indexPaths = this.indexes.map(([, { file }]) => file.path)
    for (const path of [...indexPaths.reverse(), this.logPath]) if (this.files.exists(path)) this.files.remove(path)
  }

  private get indexes() {
    return [
      ['index', this.offsetIndex],
      ['timeindex', this.timeIndex],
      ['txnindex', this.transactionIndex],
    ] as const
  }
}

/** Compaction never touches the active segment, so a record must not stay in it for longer than compaction may wait. */
function longestAgeMs(config: TopicConfig): number {
  const { 'segment.ms': segmentMs, 'max.compaction.lag.ms': maxLagMs, 'cleanup.policy': policy } = config
  return policy.includes('compact') ? Math.min(segmentMs, maxLagMs) : segmentMs
}
