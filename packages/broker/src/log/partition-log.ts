import type { RecordBatch } from '@millrace/protocol'
import type { TopicConfig } from '../config/topic-config.ts'

/** Where an append put a batch. */
export interface AppendResult {
  readonly baseOffset: number
  readonly lastOffset: number
  /** The broker's timestamp of the batch under LogAppendTime, else −1. */
  readonly logAppendTimeMs: number
  readonly logStartOffset: number
  /** The batch was there already (a retry of an idempotent producer); the offsets are those of the first time. */
  readonly isDuplicate: boolean
}

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
  /** Sorted by first offset; null under read_uncommitted. */
  readonly abortedTransactions: readonly AbortedTransaction[] | null
}

export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
}

export interface OffsetAndTimestamp {
  readonly offset: number
  readonly timestampMs: number
  readonly leaderEpoch: number
}

/** A producer that the partition knows, for DescribeProducers. */
export interface ActiveProducer {
  readonly producerId: number
  readonly producerEpoch: number
  readonly lastSequence: number
  readonly lastTimestampMs: number
  readonly coordinatorEpoch: number
  /** −1 without an open transaction. */
  readonly currentTransactionFirstOffset: number
}

/**
 * The log of one partition. All offsets below `highWatermark` are durable (unless `flush.messages` relaxes that), and
 * readers see only those.
 *
 * Errors are KafkaErrors; after a failed write-back to the disk every call gives KAFKA_STORAGE_ERROR until a restart.
 */
export declare class PartitionLog {
  readonly topic: string
  /** Kafka's text form. */
  readonly topicId: string
  readonly partition: number
  /** Effective settings; replaced as a whole when the topic's settings change. */
  config: TopicConfig

  /** First offset still kept. */
  readonly logStartOffset: number
  /** Offset the next record will get. */
  readonly logEndOffset: number
  readonly highWatermark: number
  /** Everything below is decided: the first offset of the earliest open transaction, else the high watermark. */
  readonly lastStableOffset: number
  /** Increased whenever an unclean stop may have lost records that readers had seen. */
  readonly leaderEpoch: number
  readonly sizeInBytes: number
  /** Why the partition is offline (a failed sync), else undefined. */
  readonly offlineReason: Error | undefined
  readonly activeProducers: readonly ActiveProducer[]

  /**
   * Appends one batch that `acceptProducedBatch` gave (or that the broker built itself) to the page cache. Its
   * offsets are assigned in place. `nowMs`: wall clock, for LogAppendTime and for rolling by time.
   *
   * Throws a KafkaError: OUT_OF_ORDER_SEQUENCE_NUMBER, INVALID_PRODUCER_EPOCH, KAFKA_STORAGE_ERROR (retriable; the disk is
   * full, or the partition is offline). Nothing was appended then.
   */
  append(batch: RecordBatch, nowMs: number): AppendResult

  /** Resolves once `highWatermark ≥ offset`. Rejects with KAFKA_STORAGE_ERROR if the sync failed or the log was closed or deleted. */
  synced(offset: number): Promise<void>

  /**
   * Batches from `offset` on, up to `maxBytes`, below the high watermark or the last stable offset. Answers at once if the
   * bytes are recent (page cache), otherwise reads in the pool.
   *
   * `offset` = `logEndOffset` gives nothing; outside `[logStartOffset, logEndOffset]` throws OFFSET_OUT_OF_RANGE; unreadable
   * bytes throw CORRUPT_MESSAGE. A promise rejects with the same errors.
   */
  read(offset: number, maxBytes: number, options: ReadOptions): FetchedBytes | Promise<FetchedBytes>

  /** Bytes that `read` from `offset` could hand out: for `fetch.min.bytes`. An estimate within one batch; 0 if `offset` is out of range. */
  readableBytes(offset: number, isolation: IsolationLevel): number

  /** First record with a timestamp ≥ `timestampMs` below the high watermark (or last stable offset), null if there is none. */
  offsetForTimestamp(timestampMs: number, isolation: IsolationLevel): Promise<OffsetAndTimestamp | null>

  /** The first record with the greatest timestamp (ListOffsets −3); null in an empty log. */
  offsetOfMaxTimestamp(): Promise<OffsetAndTimestamp | null>

  /** The largest known epoch ≤ `leaderEpoch` and where it ends (OffsetForLeaderEpoch); null if it is not known. */
  endOffsetForEpoch(leaderEpoch: number): { readonly leaderEpoch: number; readonly endOffset: number } | null

  /** Calls `listener` after each advance of the high watermark, and once when the log is closed, deleted or goes offline. Returns how to stop. */
  onHighWatermarkAdvance(listener: () => void): () => void
}
