import type { ErrorCode } from '@millrace/protocol'
import type { Transaction } from './transaction.ts'

/** What a producer is told: who it is from now on, or what is wrong. */
export type ProducerAnswer = { readonly producerId: number; readonly producerEpoch: number } | ErrorCode

/**
 * What the core decided; nothing in it has happened yet.
 *
 * - `answer`: nothing changes.
 * - `change`: `next` goes into the log and is in force from then on; the answer leaves once it is durable. If `next` is
 *   prepared, its markers are to be written then.
 * - `producerIdNeeded`: to be decided again, with a fresh producer id.
 */
export type TransactionDecision<Answer> =
  | { readonly kind: 'answer'; readonly answer: Answer }
  | { readonly kind: 'change'; readonly next: Transaction; readonly answer: Answer }
  | { readonly kind: 'producerIdNeeded' }

export const PRODUCER_ID_NEEDED = { kind: 'producerIdNeeded' } as const

export function answered<Answer>(answer: Answer): TransactionDecision<Answer> {
  return { kind: 'answer', answer }
}

export function changed<Answer>(next: Transaction, answer: Answer): TransactionDecision<Answer> {
  return { kind: 'change', next, answer }
}
