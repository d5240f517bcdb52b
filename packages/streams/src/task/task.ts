/**
 * What a task takes in and gives out. A task is one sub-topology on one partition: it owns that partition's state,
 * knows no broker, and does nothing by itself. Whoever runs it restores its stores, feeds fetched batches, calls `process`
 * and the punctuations, and at times flushes it and commits its positions.
 */
import type { Clock } from '@millrace/platform'
import type { LogRecord } from '@millrace/protocol'
import type { TaskState } from '../state/task-state.ts'
import type { SubTopology } from '../topology/processor-topology.ts'
import type { RecordCollector } from './record-collector.ts'

/** Fetched records of one of the task's input partitions, in offset order, after all that were given before. */
export interface InputBatch {
  readonly topic: string
  /** Keys and values are views; the task is done with them when they are processed. */
  readonly records: readonly LogRecord[]
  /** The position after the batch, with control records and gaps counted in. */
  readonly nextOffset: number
  /**
   * The end of the partition as the broker told it: tells an idle partition, which nobody waits for, from a lagging one.
   * A batch without records carries the news that a partition is at its end.
   */
  readonly highWatermark: number
}

/** A position to commit. */
export interface CommittableOffset {
  readonly topic: string
  readonly partition: number
  /** The next record to process, which may be buffered already: not the consumer's position. */
  readonly offset: number
  /** Given back to `StreamTask.resumeFrom` after a restart. */
  readonly metadata: string
}

export interface StreamTaskOptions {
  readonly applicationId: string
  readonly subTopology: SubTopology
  readonly partition: number
  /** Those source topics of the sub-topology that have this partition. */
  readonly inputTopics: readonly string[]
  /** Where the stores keep their rows; the caller commits and closes it. */
  readonly state: TaskState
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

export type DeserializationExceptionHandler = (failure: DeserializationFailure) => HandlerResponse
export interface DeserializationFailure {
  readonly taskId: string
  readonly topic: string
  readonly partition: number
  readonly record: LogRecord
  readonly error: unknown
}

/** `continue` drops what the failing node was given; what other nodes made of the record stays. */
export type ProcessingExceptionHandler = (failure: ProcessingFailure) => HandlerResponse
export interface ProcessingFailure {
  readonly taskId: string
  readonly processorName: string
  /** Null in a punctuator. */
  readonly record: { readonly key: unknown; readonly value: unknown; readonly timestampMs: number } | null
  readonly error: unknown
}

/** Kafka Streams' defaults: any failure ends the task. */
export const FAIL_ON_ERROR: Pick<TaskSettings, 'deserializationExceptionHandler' | 'processingExceptionHandler'> = {
  deserializationExceptionHandler: () => 'fail',
  processingExceptionHandler: () => 'fail',
}
