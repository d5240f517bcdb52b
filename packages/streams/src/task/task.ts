/**
 * What a task takes in and gives out. A task is one sub-topology on one partition: it owns that partition's state,
 * knows no broker, and does nothing by itself. Whoever runs it feeds fetched batches, calls `process` and `punctuate`,
 * and commits what `prepareCommit` returns.
 */
import type { Clock } from '@millrace/platform'
import type { RecordHeaders } from '../processor/record.ts'
import type { StateStore } from '../state/state-store.ts'
import type { SubTopology } from '../topology/processor-topology.ts'
import type { RecordCollector } from './record-collector.ts'

/** A record as it was read. `key` and `value` are views; the task does not keep them past a commit. */
export interface InputRecord {
  readonly offset: number
  readonly timestampMs: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: RecordHeaders
}

/** One fetched batch of one of the task's input partitions, in offset order after all batches before it. */
export interface InputBatch {
  readonly topic: string
  readonly partition: number
  readonly records: readonly InputRecord[]
  /** The position after the batch, with control records and gaps counted in. */
  readonly nextOffset: number
  /** The end of the partition as the broker told it with this batch: tells an idle partition from a lagging one. */
  readonly highWatermark: number
}

/** A position to commit, for an input partition whose position has moved since the last commit. */
export interface CommittableOffset {
  readonly topic: string
  readonly partition: number
  /** The next record to process, which may be buffered already: not the consumer's position. */
  readonly offset: number
  /** Kafka Streams' metadata: Base64 of version 2 and the partition time. Given back to the task after a restart. */
  readonly metadata: string
}

export interface StreamTaskOptions {
  readonly applicationId: string
  readonly subTopology: SubTopology
  readonly partition: number
  /** The open stores of the sub-topology by name; the caller built them, restores them and closes them. */
  readonly stores: ReadonlyMap<string, StateStore>
  readonly collector: RecordCollector
  readonly clock: Clock
  readonly settings: TaskSettings
}

export interface TaskSettings {
  /** `max.task.idle.ms`: how long an empty input that is known to be at its end holds back the others; −1 never waits. */
  readonly maxTaskIdleMs: number
  readonly deserializationExceptionHandler: DeserializationExceptionHandler
  readonly processingExceptionHandler: ProcessingExceptionHandler
}

/** `continue` drops the record (counted in `dropped-records`), `fail` ends the task with the error. */
export type HandlerResponse = 'continue' | 'fail'
export type DeserializationExceptionHandler = (
  record: InputRecord & { topic: string; partition: number },
  error: unknown,
) => HandlerResponse
/** `continue` drops what the failing node was given; what other nodes forwarded stays. `record` is null in a punctuator. */
export type ProcessingExceptionHandler = (failure: ProcessingFailure) => HandlerResponse
export interface ProcessingFailure {
  readonly taskId: string
  readonly processorNodeId: string
  readonly record: { readonly key: unknown; readonly value: unknown; readonly timestampMs: number } | null
  readonly error: unknown
}
