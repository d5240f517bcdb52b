import type { MillraceError } from '@millrace/protocol'

/** Strings are written as UTF-8. */
export type RecordBytes = Uint8Array | string | null

export interface ProducerRecordHeader {
  readonly key: string
  readonly value: RecordBytes
}

export interface ProducerRecord {
  readonly topic: string
  readonly key?: RecordBytes | undefined
  /** Null is a tombstone. */
  readonly value: RecordBytes
  readonly headers?: readonly ProducerRecordHeader[] | undefined
  /** Event time, ms since the epoch; the time of the call by default. */
  readonly timestampMs?: number | undefined
  /** Overrules the partitioner. */
  readonly partition?: number | undefined
}

/** Where a record is now. */
export interface RecordMetadata {
  readonly topic: string
  readonly partition: number
  /** −1 if nobody knows: with acks=0, and for a batch that the broker recognised as one it already had. */
  readonly offset: number
  /** What the log holds: the record's own time, or the broker's where the topic uses LogAppendTime. */
  readonly timestampMs: number
}

/** Records of one call that lie one behind the other in the log. */
export interface AppendedRange {
  readonly topic: string
  readonly partition: number
  /** −1 if nobody knows, as in {@link RecordMetadata}. */
  readonly baseOffset: number
  readonly recordCount: number
  /** −1 unless the topic uses LogAppendTime. */
  readonly logAppendTimeMs: number
}

/**
 * Hears how records fared, without an object per record: neighbours in a batch that share a listener are reported
 * together, in the order of the calls. Called from the producer's own turn of the event loop; what it throws is not
 * caught by the producer and ends the process as any uncaught exception does.
 */
export interface SendListener {
  acknowledged(range: AppendedRange): void
  failed(error: MillraceError, records: { topic: string; partition: number; recordCount: number }): void
}
