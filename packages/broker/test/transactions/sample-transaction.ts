import { ErrorCode } from '@millrace/protocol'
import type { TransactionDecision } from '../../src/transactions/decision.ts'
import { NO_PARTITIONS, onePartition } from '../../src/transactions/topic-partitions.ts'
import type { Transaction } from '../../src/transactions/transaction.ts'
import type { TransactionState } from '../../src/transactions/transaction-moves.ts'

export const PRODUCER_ID = 7
export const EPOCH = 3
export const NOW_MS = 10_000

/** Producer 7 at epoch 3, with `t-0` as its one partition where its state has any. */
export function sampleTransaction(state: TransactionState, changes: Partial<Transaction> = {}): Transaction {
  const hasPartitions = state === 'Ongoing' || state === 'PrepareCommit' || state === 'PrepareAbort'
  return {
    transactionalId: 'x',
    state,
    producerId: PRODUCER_ID,
    producerEpoch: EPOCH,
    lastProducerEpoch: -1,
    previousProducerId: -1,
    nextProducerId: -1,
    timeoutMs: 60_000,
    partitions: hasPartitions ? onePartition('t', 0) : NO_PARTITIONS,
    startMs: state === 'Empty' ? -1 : 5_000,
    lastUpdateMs: 6_000,
    clientTransactionVersion: 0,
    ...changes,
  }
}

/** An answer as a line: the name of the error, or `pid/epoch`; `fresh id` if the decision wants one. */
export function told(decision: TransactionDecision<unknown>): string {
  if (decision.kind === 'producerIdNeeded') return 'fresh id'
  return toldAnswer(decision.answer)
}

function toldAnswer(answer: unknown): string {
  if (typeof answer === 'number') return errorName(answer)
  const { producerId, producerEpoch } = answer as { producerId: number; producerEpoch: number }
  return `${producerId}/${producerEpoch}`
}

/** The transaction after it as a line: `state pid/epoch`; `=` if nothing changes. */
export function became(decision: TransactionDecision<unknown>): string {
  if (decision.kind !== 'change') return '='
  const { state, producerId, producerEpoch } = decision.next
  return `${state} ${producerId}/${producerEpoch}`
}

export function errorName(code: number): string {
  return Object.entries(ErrorCode).find(([, value]) => value === code)?.[0] ?? String(code)
}
