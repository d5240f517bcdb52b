import type { Cancellable, DropReason, PunctuationType, Punctuator, RecordMetadata } from '../processor/context.ts'
import type { Record } from '../processor/record.ts'
import type { StateStore } from '../state/state-store.ts'
import type { RecordCollector } from './record-collector.ts'

/** A node of a running task. */
export interface TaskNode {
  readonly name: string
  /** Returns when the record is through everything below. */
  process(record: Record<unknown, unknown>): void
}

/** What the nodes of a task share. */
export interface TaskScope {
  readonly applicationId: string
  readonly taskId: string
  readonly collector: RecordCollector
  /** Of the record in hand where it is now: a processor may have given it another. In a punctuator, what it fires for. */
  timestampMs: number
  readonly streamTimeMs: number
  readonly recordMetadata: RecordMetadata | undefined
  nowMs(): number
  store(name: string): StateStore
  drop(reason: DropReason): void
  requestCommit(): void
  schedule(processorName: string, intervalMs: number, type: PunctuationType, punctuator: Punctuator): Cancellable
  /** Returns when the failure may be passed over, else throws the error that ends the task. */
  processingFailed(processorName: string, record: Record<unknown, unknown> | null, error: unknown): void
}
