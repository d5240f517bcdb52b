import { FileError, type Files } from '@millrace/platform'
import type { BatchCodecs, RecordBatch } from '@millrace/protocol'
import type { TopicConfig } from '../config/topic-config.ts'
import { createSegment } from './log-loading.ts'
import { writeProducerSnapshot } from './producers/producer-snapshot-files.ts'
import type { ProducerStates } from './producers/producer-state.ts'
import type { AppendedBatch, Segment } from './segment/segment.ts'
import type { LogSegments } from './segments.ts'

export interface LogWriterOptions {
  readonly files: Files
  readonly codecs: BatchCodecs
  readonly directory: string
  readonly segments: LogSegments
  readonly producers: ProducerStates
  readonly endOffset: number
  /** In [0, 1): the share of `segment.jitter.ms` that this log takes. */
  readonly jitterShare: number
  /** A segment is complete, and the next one begun. */
  readonly onSealed: (segment: Segment) => void
}

/** The end of one log: gives batches their offsets and puts them into the page cache. */
export class LogWriter {
  /** Offset the next record will get. */
  endOffset: number

  constructor(private readonly options: LogWriterOptions) {
    this.endOffset = options.endOffset
  }

  /** Throws a FileError if the batch cannot be written, a full disk most of all; then {@link cutBack} is due. */
  write(batch: RecordBatch, leaderEpoch: number, config: TopicConfig, nowMs: number): void {
    const { segments, jitterShare } = this.options
    batch.assignOffsets(this.endOffset, leaderEpoch)
    const { bytes, lastOffset, maxTimestampMs } = batch
    const appended: AppendedBatch = { bytes, lastOffset, maxTimestampMs }
    if (segments.active.isFullFor(appended, nowMs, config, config['segment.jitter.ms'] * jitterShare)) this.roll(nowMs)
    if (batch.isControl) segments.active.reserveAborted()
    segments.active.append(appended, config['index.interval.bytes'])
    this.endOffset = lastOffset + 1
  }

  /** After a failed write: the log ends where it ended before. The error if it does not. */
  cutBack(): FileError | null {
    try {
      this.options.segments.active.cutBack()
      return null
    } catch (error) {
      if (!(error instanceof FileError)) throw error
      return error
    }
  }

  /** Begins a new segment at the end of the log. Throws a FileError. */
  roll(nowMs: number): void {
    const { files, codecs, directory, segments, producers, onSealed } = this.options
    const { active } = segments
    active.writeIndexes()
    writeProducerSnapshot(files, directory, this.endOffset, producers, codecs)
    segments.append(createSegment(files, directory, this.endOffset, nowMs))
    onSealed(active)
  }
}
