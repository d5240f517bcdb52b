import type { StateStore } from '../state/state-store.ts'
import type { Record } from './record.ts'

/** What advances time for a punctuation: the timestamps of the task's records, or the clock. */
export type PunctuationType = 'stream-time' | 'wall-clock-time'

/** Called between records, with the stream time or wall clock it fires for (ms). */
export type Punctuator = (timestampMs: number) => void

export interface Cancellable {
  /** Idempotent. */
  cancel(): void
}

/** Where the record in hand was read from. */
export interface RecordMetadata {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** What a processor can do and ask. Valid for the life of the processor it was given to. */
export interface ProcessorContext<KOut, VOut> {
  readonly applicationId: string
  /** `<sub-topology>_<partition>` */
  readonly taskId: string
  /** Hands the record to each child in the order they were added, or to the child of that name; returns when they are done. */
  forward(record: Record<KOut, VOut>, childName?: string): void
  /** A store that is connected to this processor. Throws a StreamsError for any other name. */
  getStateStore<S extends StateStore>(name: string): S
  /**
   * Stream time: first as soon as a record has set it, then when it passes each multiple of the interval; wall clock:
   * first after one interval. Intervals that were missed collapse into one call.
   */
  schedule(intervalMs: number, type: PunctuationType, punctuator: Punctuator): Cancellable
  /** Asks for a commit soon; returns at once. */
  commit(): void
  /** Counts the record in hand in `dropped-records`. */
  drop(reason: DropReason): void
  /** Undefined in a punctuator. */
  recordMetadata(): RecordMetadata | undefined
  /** The greatest timestamp of the task's records so far, −1 before the first. */
  currentStreamTimeMs(): number
  currentSystemTimeMs(): number
}

/** Why a record went no further, each of which counts in `dropped-records`. */
export type DropReason =
  | 'null key'
  | 'null key or value'
  | 'expired window'
  | 'negative timestamp'
  | 'deserialization failed'
  | 'processing failed'
  | 'no partition chosen'
