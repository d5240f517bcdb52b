/**
 * What a dump of files consists of, in the order in which it is found. `dumped-text.ts` prints it as Apache Kafka's
 * `kafka-dump-log` does.
 */
import type { Compression, Json, TimestampType } from '@millrace/protocol'

export type Dumped =
  | { readonly kind: 'file'; readonly path: string }
  /** A `.log` file: the offset in its name. */
  | { readonly kind: 'log'; readonly startOffset: number }
  /** A KRaft snapshot; without offset and epoch the one that a cluster starts from. */
  | { readonly kind: 'metadata-snapshot'; readonly endOffset: number | null; readonly epoch: number | null }
  | DumpedBatch
  | DumpedRecord
  /** Bytes behind the last whole batch. */
  | { readonly kind: 'trailing-bytes'; readonly bytes: number; readonly file: string }
  | { readonly kind: 'empty-index'; readonly path: string }
  | { readonly kind: 'sane-index'; readonly path: string }
  | { readonly kind: 'offset-index-entry'; readonly offset: number; readonly position: number }
  | { readonly kind: 'time-index-entry'; readonly timestampMs: number; readonly offset: number }
  | DumpedAbortedTransaction
  | DumpedProducer
  /** A line of a small text file. */
  | { readonly kind: 'line'; readonly text: string }
  /** Worth knowing, as gaps are that compaction has left. */
  | { readonly kind: 'note'; readonly text: string }
  /** Damage, or something that is not what its name says. */
  | { readonly kind: 'problem'; readonly text: string }

export interface DumpedBatch {
  readonly kind: 'batch'
  readonly baseOffset: number
  readonly lastOffset: number
  readonly recordCount: number
  readonly baseSequence: number
  readonly lastSequence: number
  readonly producerId: number
  readonly producerEpoch: number
  readonly partitionLeaderEpoch: number
  readonly isTransactional: boolean
  readonly isControl: boolean
  readonly deleteHorizonMs: number | null
  readonly position: number
  readonly timestampType: TimestampType
  readonly maxTimestampMs: number
  readonly sizeInBytes: number
  readonly magic: number
  readonly compression: Compression
  readonly checksum: number
  readonly isValid: boolean
}

export interface DumpedRecord {
  readonly kind: 'record'
  readonly offset: number
  readonly timestampType: TimestampType
  readonly timestampMs: number
  /** −1: null. */
  readonly keyBytes: number
  /** −1: null. */
  readonly valueBytes: number
  readonly sequence: number
  readonly headerKeys: readonly string[]
  readonly control: DumpedControl | undefined
  /** Undefined unless contents are asked for. */
  readonly content: RecordContent | undefined
}

export type DumpedControl =
  | { readonly type: 'ABORT' | 'COMMIT'; readonly coordinatorEpoch: number }
  | {
      readonly type: 'LEADER_CHANGE' | 'SNAPSHOT_HEADER' | 'SNAPSHOT_FOOTER' | 'KRAFT_VERSION' | 'KRAFT_VOTERS'
      readonly value: Json
    }
  | { readonly type: 'UNKNOWN'; readonly typeNumber: number }

/** Undefined: there is nothing to show. A string is shown as it is, anything else as JSON. */
export interface RecordContent {
  readonly key: Json | undefined
  readonly payload: Json | undefined
}

export interface DumpedAbortedTransaction {
  readonly kind: 'aborted-transaction'
  readonly version: number
  readonly producerId: number
  readonly firstOffset: number
  readonly lastOffset: number
  readonly lastStableOffset: number
}

export interface DumpedProducer {
  readonly kind: 'producer'
  readonly producerId: number
  readonly producerEpoch: number
  readonly coordinatorEpoch: number
  /** Null without an open transaction. */
  readonly currentTransactionFirstOffset: number | null
  readonly lastTimestampMs: number
  /** Null for a producer that only markers speak of. */
  readonly lastBatch: {
    readonly firstSequence: number
    readonly lastSequence: number
    readonly lastOffset: number
    readonly offsetDelta: number
    readonly timestampMs: number
  } | null
}
