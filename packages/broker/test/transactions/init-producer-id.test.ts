import { expect, test } from 'vitest'
import { initProducerId } from '../../src/transactions/init-producer-id.ts'
import type { Transaction } from '../../src/transactions/transaction.ts'
import type { TransactionState } from '../../src/transactions/transaction-moves.ts'
import { became, NOW_MS, sampleTransaction, told } from './sample-transaction.ts'

interface Case {
  readonly state: TransactionState | 'unknown'
  readonly transaction?: Partial<Transaction>
  readonly expected?: readonly [producerId: number, producerEpoch: number]
  readonly freshProducerId?: number
  readonly answer: string
  readonly next: string
}

/** Producer 7 has epoch 3. 32766 is the last epoch. */
const CASES: Case[] = [
  { state: 'unknown', answer: 'fresh id', next: '=' },
  { state: 'unknown', freshProducerId: 9, answer: '9/0', next: 'Empty 9/0' },
  // A producer that the coordinator has forgotten goes on with another id (KIP-360).
  { state: 'unknown', expected: [7, 3], freshProducerId: 9, answer: '9/0', next: 'Empty 9/0' },
  { state: 'Empty', answer: '7/4', next: 'Empty 7/4' },
  { state: 'CompleteCommit', answer: '7/4', next: 'Empty 7/4' },
  { state: 'CompleteAbort', answer: '7/4', next: 'Empty 7/4' },
  { state: 'Ongoing', answer: 'CONCURRENT_TRANSACTIONS', next: 'PrepareAbort 7/4' },
  { state: 'PrepareCommit', answer: 'CONCURRENT_TRANSACTIONS', next: '=' },
  { state: 'PrepareAbort', answer: 'CONCURRENT_TRANSACTIONS', next: '=' },
  // KIP-360: the current epoch, the one before (a retry), others.
  { state: 'Empty', expected: [7, 3], answer: '7/4', next: 'Empty 7/4' },
  { state: 'Empty', transaction: { lastProducerEpoch: 2 }, expected: [7, 2], answer: '7/3', next: 'Empty 7/3' },
  { state: 'Empty', expected: [7, 2], answer: 'PRODUCER_FENCED', next: '=' },
  { state: 'Empty', expected: [7, 4], answer: 'PRODUCER_FENCED', next: '=' },
  { state: 'Empty', expected: [8, 3], answer: 'PRODUCER_FENCED', next: '=' },
  { state: 'Ongoing', expected: [8, 3], answer: 'PRODUCER_FENCED', next: '=' },
  { state: 'Ongoing', expected: [7, 3], answer: 'CONCURRENT_TRANSACTIONS', next: 'PrepareAbort 7/4' },
  { state: 'PrepareAbort', expected: [7, 3], answer: 'CONCURRENT_TRANSACTIONS', next: '=' },
  { state: 'PrepareAbort', expected: [8, 3], answer: 'CONCURRENT_TRANSACTIONS', next: '=' },
  { state: 'CompleteAbort', expected: [7, 3], answer: '7/4', next: 'Empty 7/4' },
  // Epochs are used up.
  { state: 'Empty', transaction: { producerEpoch: 32_765 }, answer: '7/32766', next: 'Empty 7/32766' },
  { state: 'Empty', transaction: { producerEpoch: 32_766 }, answer: 'fresh id', next: '=' },
  {
    state: 'Empty',
    transaction: { producerEpoch: 32_766 },
    freshProducerId: 9,
    answer: '9/0',
    next: 'Empty 9/0',
  },
  { state: 'CompleteAbort', transaction: { producerEpoch: 32_767 }, answer: 'fresh id', next: '=' },
  {
    state: 'Empty',
    transaction: { producerEpoch: 32_766 },
    expected: [7, 32_766],
    freshProducerId: 9,
    answer: '9/0',
    next: 'Empty 9/0',
  },
  // The retry of that one: the answer with the new id was lost.
  {
    state: 'Empty',
    transaction: { producerId: 9, producerEpoch: 0, previousProducerId: 7, lastProducerEpoch: 32_766 },
    expected: [7, 32_766],
    answer: '9/0',
    next: 'Empty 9/0',
  },
  {
    state: 'Empty',
    transaction: { producerId: 9, producerEpoch: 0, previousProducerId: 7, lastProducerEpoch: 32_766 },
    expected: [7, 100],
    answer: 'PRODUCER_FENCED',
    next: '=',
  },
]

test.each(CASES)('InitProducerId $expected on $state $transaction → $answer, $next', row => {
  const current = row.state === 'unknown' ? undefined : sampleTransaction(row.state, row.transaction)
  const expected = row.expected && { producerId: row.expected[0], producerEpoch: row.expected[1] }
  const { freshProducerId } = row
  const request = { transactionalId: 'x', timeoutMs: 1_000, expected, freshProducerId }
  const decision = initProducerId(current, request, NOW_MS)
  expect(told(decision)).toBe(row.answer)
  expect(became(decision)).toBe(row.next)
  if (decision.kind !== 'change' || decision.next.state !== 'Empty') return
  expect(decision.next).toMatchObject({ timeoutMs: 1_000, startMs: -1, lastUpdateMs: NOW_MS })
  expect(decision.next.partitions.size).toBe(0)
})

test('a new producer leaves no epoch to come back with', () => {
  const taken = initProducerId(
    sampleTransaction('Empty', { lastProducerEpoch: 2 }),
    { transactionalId: 'x', timeoutMs: 1, expected: undefined, freshProducerId: undefined },
    NOW_MS,
  )
  expect(taken).toMatchObject({ next: { producerEpoch: 4, lastProducerEpoch: -1 } })
})
