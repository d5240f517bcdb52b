import { type Clock, FileError, type Files, type Timers } from '@millrace/platform'
import { ErrorCode, KafkaError } from '@millrace/protocol'
import type { TopicConfig } from '../config/topic-config.ts'
import { segmentFileName } from './directory/file-names.ts'
import { syncFile } from './directory/partition-files.ts'
import { removeStraySnapshots } from './producers/producer-snapshot-files.ts'
import { segmentsToDelete } from './retention.ts'
import type { Segment } from './segment/segment.ts'
import { SegmentDisposal } from './segment-disposal.ts'
import type { LogSegments } from './segments.ts'

/** The log whose segments change; `PartitionLog` is one. */
export interface ChangingLog {
  readonly name: string
  readonly directory: string
  readonly config: TopicConfig
  readonly logEndOffset: number
  readonly highWatermark: number
  readonly isOnline: boolean
  /** Begins a new segment. Throws a FileError. */
  roll(nowMs: number): void
  takeOffline(reason: Error): void
  /** What is told of a failing disk. */
  storageError(cause: Error): KafkaError
}

export interface SegmentChangesOptions {
  readonly clock: Clock
  readonly timers: Timers
  readonly files: Files
  readonly segments: LogSegments
  readonly logStartOffset: number
  /** Writes the start offsets of the data directory's logs; resolves once they are durable. */
  readonly checkpointStart: () => Promise<void>
}

/** Stands for the high watermark in a deletion. */
const HIGH_WATERMARK = -1

/** The start of one log, and what happens to its old segments: they are deleted and replaced, one after the other. */
export class SegmentChanges {
  private startOffset: number
  /** What a crash can take `startOffset` back to. */
  private durableStartOffset: number
  /** Where the oldest file begins as far as the disk knows: files in front of it may come back after a crash. */
  private durableFirstOffset: number
  private last: Promise<unknown> = Promise.resolve()
  private readonly disposal: SegmentDisposal

  constructor(
    private readonly log: ChangingLog,
    private readonly options: SegmentChangesOptions,
  ) {
    this.startOffset = options.logStartOffset
    this.durableStartOffset = options.logStartOffset
    this.durableFirstOffset = options.segments.first.baseOffset
    this.disposal = new SegmentDisposal(options.timers)
  }

  get logStartOffset(): number {
    return this.startOffset
  }
  /** Whether a start that finds the files alone would take an earlier offset for the start of the log. */
  get hasCutStart(): boolean {
    return this.startOffset > this.durableFirstOffset
  }

  /** See `PartitionLog.deleteRecordsBefore`. */
  async deleteRecordsBefore(offset: number): Promise<number> {
    const { name, highWatermark } = this.log
    const start = offset === HIGH_WATERMARK ? highWatermark : offset
    if (start < 0 || start > highWatermark)
      throw new KafkaError(
        ErrorCode.OFFSET_OUT_OF_RANGE,
        `${name}: records below ${offset} are not all there to delete, the high watermark is ${highWatermark}`,
      )
    this.startOffset = Math.max(this.startOffset, start)
    if (this.startOffset > this.durableStartOffset) await this.makeStartDurable()
    return this.durableStartOffset
  }

  private async makeStartDurable(): Promise<void> {
    const { startOffset } = this
    try {
      await this.options.checkpointStart()
    } catch (error) {
      if (!(error instanceof FileError)) throw error
      throw this.log.storageError(error)
    }
    this.durableStartOffset = Math.max(this.durableStartOffset, startOffset)
    this.deleteOld(this.options.clock.nowMs())
  }

  /** See `PartitionLog.deleteOldSegments`. */
  deleteOld(nowMs: number): Promise<void> {
    return this.afterOthers(() => this.deleteNow(nowMs))
  }

  /**
   * Oldest first, and each of them durably before the next: a crash must not leave a gap, which recovery would take for the
   * torn end of the log. Nothing but renames, so it works on a full disk.
   */
  private async deleteNow(nowMs: number): Promise<void> {
    const { log } = this
    const { files, segments } = this.options
    if (!log.isOnline) return
    const { logStartOffset } = this
    const { logEndOffset, highWatermark, config } = log
    const count = segmentsToDelete([...segments], { logStartOffset, logEndOffset, highWatermark }, config, nowMs)
    if (count === 0) return
    try {
      // Names and producers that what remains cannot do without.
      if (count === segments.count) log.roll(nowMs)
      const oldest = [...segments].slice(0, count)
      await this.keepProducersAt(segments.behind(oldest.at(-1)!)!.baseOffset)
      await files.syncDirectory(log.directory)
      for (const segment of oldest) await this.deleteOldest(segment)
      this.removeStraySnapshots()
    } catch (error) {
      // The next check tries again.
      if (!(error instanceof FileError)) throw error
    }
  }

  private async keepProducersAt(offset: number): Promise<void> {
    const { files } = this.options
    const snapshot = `${this.log.directory}/${segmentFileName(offset, 'snapshot')}`
    if (files.exists(snapshot)) await syncFile(files, snapshot)
  }

  private async deleteOldest(segment: Segment): Promise<void> {
    const { log } = this
    const { files, segments } = this.options
    if (!log.isOnline) return
    this.startOffset = Math.max(this.startOffset, segments.behind(segment)!.baseOffset)
    segment.retire()
    segments.shift()
    this.disposal.dispose([segment], log.config['file.delete.delay.ms'])
    await files.syncDirectory(log.directory)
    this.durableFirstOffset = segments.first.baseOffset
    this.durableStartOffset = Math.max(this.durableStartOffset, this.durableFirstOffset)
  }

  /** See `PartitionLog.replaceSegments`. */
  replace(old: readonly Segment[], cleaned: Segment): Promise<boolean> {
    return this.afterOthers(() => this.replaceNow(old, cleaned))
  }

  private async replaceNow(old: readonly Segment[], cleaned: Segment): Promise<boolean> {
    const { log } = this
    const { files, segments } = this.options
    if (!log.isOnline || !segments.holds(old)) return false
    cleaned.rename('.swap')
    await files.syncDirectory(log.directory)
    // Closed or deleted meanwhile: the next start finishes it, if there is one.
    if (!log.isOnline) return false
    try {
      for (const segment of old) segment.retire()
      cleaned.rename('')
      segments.replace(old, cleaned)
      this.disposal.dispose(old, log.config['file.delete.delay.ms'])
      this.removeStraySnapshots()
      await files.syncDirectory(log.directory)
      return true
    } catch (error) {
      if (!(error instanceof FileError)) throw error
      log.takeOffline(error)
      throw log.storageError(error)
    }
  }

  /** Snapshots at the start of segments that are no more. */
  removeStraySnapshots(): void {
    const { files, segments } = this.options
    removeStraySnapshots(files, this.log.directory, segments.baseOffsets, this.log.logEndOffset)
  }

  /** Resolves when no change is under way. */
  async idle(): Promise<void> {
    await this.last.catch(() => {})
  }

  /** Segments that wait for their removal are left to the next start. */
  stop(): void {
    this.disposal.stop()
  }

  private afterOthers<T>(work: () => Promise<T>): Promise<T> {
    const done = this.last.then(work, work)
    // Whoever asked hears of a failure.
    this.last = done.catch(() => {})
    return done
  }
}
