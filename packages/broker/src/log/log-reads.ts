import { FileError } from '@millrace/platform'
import { type BatchCodecs, CorruptBatchError, ErrorCode, KafkaError } from '@millrace/protocol'
import type { ReusableBuffers } from '../memory/reusable-buffers.ts'
import { LogReader, NOTHING_READ, type ReadBytes } from './log-reader.ts'
import type { Segment } from './segment/segment.ts'
import type { LogSegments, Place } from './segments.ts'
import { findByTimestamp, type OffsetAndTimestamp } from './timestamp-lookup.ts'

export type IsolationLevel = 'read_uncommitted' | 'read_committed'

export interface ReadOptions {
  readonly isolation: IsolationLevel
  /** Hand out the first batch even if it alone passes `maxBytes` (KIP-74). */
  readonly minOneBatch: boolean
}

export interface FetchedBytes {
  /** Whole batches in order, starting with the one that contains the asked offset. Not to be changed. */
  readonly chunks: readonly Buffer[]
  readonly sizeInBytes: number
  readonly logStartOffset: number
  readonly highWatermark: number
  readonly lastStableOffset: number
  /** Those that touch what was read, sorted by first offset; null under read_uncommitted. */
  readonly abortedTransactions: readonly AbortedTransaction[] | null
  /** Lets later reads have the memory of `chunks`, which nobody may look at then. Need not be called. */
  readonly release: () => void
}

export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
}

/** Where a log begins and ends, for whom. */
export interface LogBounds {
  /** `<topic>-<partition>`, for messages. */
  readonly name: string
  readonly logStartOffset: number
  readonly logEndOffset: number
  readonly highWatermark: number
  readonly lastStableOffset: number
  /** Of the high watermark, or further on. */
  readonly highWatermarkPlace: Place
}

/** What readers may ask of one log. Errors are KafkaErrors. */
export class LogReads {
  private readonly reader: LogReader

  constructor(
    private readonly log: LogBounds,
    private readonly segments: LogSegments,
    private readonly codecs: BatchCodecs,
    buffers: ReusableBuffers,
  ) {
    this.reader = new LogReader(segments, log.name, buffers)
  }

  /** See `PartitionLog.read`. */
  read(offset: number, maxBytes: number, options: ReadOptions): FetchedBytes | Promise<FetchedBytes> {
    const { name, logStartOffset, logEndOffset } = this.log
    if (offset < logStartOffset || offset > logEndOffset)
      throw new KafkaError(
        ErrorCode.OFFSET_OUT_OF_RANGE,
        `${offset} of ${name}, which holds [${logStartOffset}, ${logEndOffset})`,
      )
    const { isolation, minOneBatch } = options
    const untilOffset = this.readableEnd(isolation)
    if (offset >= untilOffset) return this.fetched(offset, NOTHING_READ, isolation)
    try {
      const read = this.reader.read({ offset, maxBytes, minOneBatch, untilOffset })
      if (!(read instanceof Promise)) return this.fetched(offset, read, isolation)
      return read.then(
        cold => this.fetched(offset, cold, isolation),
        error => Promise.reject(this.readError(error)),
      )
    } catch (error) {
      throw this.readError(error)
    }
  }

  private fetched(offset: number, { bytes, nextOffset, release }: ReadBytes, isolation: IsolationLevel): FetchedBytes {
    const { logStartOffset, highWatermark, lastStableOffset } = this.log
    return {
      chunks: bytes.length === 0 ? [] : [bytes],
      sizeInBytes: bytes.length,
      logStartOffset,
      highWatermark,
      lastStableOffset,
      abortedTransactions: isolation === 'read_committed' ? this.segments.abortedSpans(offset, nextOffset) : null,
      release,
    }
  }

  private readableEnd(isolation: IsolationLevel): number {
    return isolation === 'read_committed' ? this.log.lastStableOffset : this.log.highWatermark
  }

  private readableEndPlace(isolation: IsolationLevel): Place {
    const { lastStableOffset, highWatermark, highWatermarkPlace } = this.log
    if (isolation === 'read_uncommitted' || lastStableOffset === highWatermark) return highWatermarkPlace
    return this.reader.placeOf(lastStableOffset) ?? highWatermarkPlace
  }

  /** See `PartitionLog.readableBytes`. */
  readableBytes(offset: number, isolation: IsolationLevel): number {
    if (offset < this.log.logStartOffset || offset >= this.readableEnd(isolation)) return 0
    try {
      const end = this.readableEndPlace(isolation)
      const place = this.reader.placeOf(offset)
      return place === undefined ? 0 : Math.max(0, this.segments.bytesBetween(place, end))
    } catch (error) {
      // A read will tell what is wrong there; for that it must come to one.
      if (error instanceof KafkaError || error instanceof FileError) return Infinity
      throw error
    }
  }

  /** First record with a timestamp ≥ `timestampMs` below the high watermark (or last stable offset), null if there is none. */
  offsetForTimestamp(timestampMs: number, isolation: IsolationLevel): Promise<OffsetAndTimestamp | null> {
    return this.findByTimestamp([...this.segments], timestampMs, this.readableEnd(isolation))
  }

  /** The first record with the greatest timestamp; null in an empty log. */
  async offsetOfMaxTimestamp(): Promise<OffsetAndTimestamp | null> {
    let newest = this.segments.first
    for (const segment of this.segments)
      if (segment.newestTimestamp.timestampMs > newest.newestTimestamp.timestampMs) newest = segment
    const { timestampMs } = newest.newestTimestamp
    return timestampMs < 0 ? null : await this.findByTimestamp([newest], timestampMs, this.log.logEndOffset)
  }

  private async findByTimestamp(
    segments: readonly Segment[],
    timestampMs: number,
    untilOffset: number,
  ): Promise<OffsetAndTimestamp | null> {
    try {
      const range = { fromOffset: this.log.logStartOffset, untilOffset }
      return await findByTimestamp(segments, timestampMs, range, this.codecs)
    } catch (error) {
      throw this.readError(error)
    }
  }

  private readError(error: unknown): unknown {
    const { name } = this.log
    if (error instanceof CorruptBatchError)
      return new KafkaError(ErrorCode.CORRUPT_MESSAGE, `${name}: ${error.message}`)
    if (error instanceof FileError) return new KafkaError(ErrorCode.KAFKA_STORAGE_ERROR, `${name}: ${error.message}`)
    return error
  }
}
