import { describe, expect, test } from 'vitest'
import { verifyPartitions } from '../../src/transactions/add-partitions.ts'
import { complete, endTransaction, fence } from '../../src/transactions/end-transaction.ts'
import { onePartition } from '../../src/transactions/topic-partitions.ts'
import type { Transaction, TransactionVersion } from '../../src/transactions/transaction.ts'
import type { TransactionState } from '../../src/transactions/transaction-moves.ts'
import { became, errorName, NOW_MS, sampleTransaction, told } from './sample-transaction.ts'

type Verdict = 'commit' | 'abort'
type Row = readonly [state: TransactionState, verdict: Verdict, producerEpoch: number, answer: string, next: string]

function end(
  current: Transaction | undefined,
  verdict: Verdict,
  producerEpoch: number,
  clientTransactionVersion: TransactionVersion,
  { producerId = 7, freshProducerId = undefined as number | undefined } = {},
) {
  const request = { producerId, producerEpoch, verdict, clientTransactionVersion, freshProducerId }
  return endTransaction(current, request, NOW_MS)
}

describe('EndTxn of producers that keep their epoch (up to v4)', () => {
  /** Producer 7 has epoch 3. */
  const ROWS: Row[] = [
    ['Ongoing', 'commit', 3, '7/3', 'PrepareCommit 7/3'],
    ['Ongoing', 'abort', 3, '7/3', 'PrepareAbort 7/3'],
    ['Ongoing', 'commit', 2, 'PRODUCER_FENCED', '='],
    ['Ongoing', 'commit', 4, 'PRODUCER_FENCED', '='],
    ['PrepareCommit', 'commit', 3, 'CONCURRENT_TRANSACTIONS', '='],
    ['PrepareCommit', 'abort', 3, 'INVALID_TXN_STATE', '='],
    ['PrepareAbort', 'abort', 3, 'CONCURRENT_TRANSACTIONS', '='],
    ['PrepareAbort', 'commit', 3, 'INVALID_TXN_STATE', '='],
    ['CompleteCommit', 'commit', 3, '7/3', '='],
    ['CompleteCommit', 'abort', 3, 'INVALID_TXN_STATE', '='],
    ['CompleteAbort', 'abort', 3, '7/3', '='],
    ['CompleteAbort', 'commit', 3, 'INVALID_TXN_STATE', '='],
    ['Empty', 'commit', 3, 'INVALID_TXN_STATE', '='],
    ['Empty', 'abort', 3, 'INVALID_TXN_STATE', '='],
    ['CompleteCommit', 'commit', 2, 'PRODUCER_FENCED', '='],
  ]
  test.each(ROWS)('%s + %s with epoch %i → %s, %s', (state, verdict, epoch, answer, next) => {
    const decision = end(sampleTransaction(state), verdict, epoch, 0)
    expect([told(decision), became(decision)]).toEqual([answer, next])
  })
})

describe('EndTxn of producers with an epoch per transaction (v5)', () => {
  /** The epoch is 3: a request with 2 is a retry of what ended the transaction before. */
  const ROWS: Row[] = [
    ['Ongoing', 'commit', 3, '7/4', 'PrepareCommit 7/4'],
    ['Ongoing', 'abort', 3, '7/4', 'PrepareAbort 7/4'],
    // A delayed request of the transaction before must not touch this one.
    ['Ongoing', 'commit', 2, 'PRODUCER_FENCED', '='],
    ['Ongoing', 'abort', 2, 'PRODUCER_FENCED', '='],
    ['Ongoing', 'commit', 4, 'PRODUCER_FENCED', '='],
    ['PrepareCommit', 'commit', 2, 'CONCURRENT_TRANSACTIONS', '='],
    ['PrepareCommit', 'abort', 2, 'INVALID_TXN_STATE', '='],
    // What comes after this transaction has to wait for its markers.
    ['PrepareCommit', 'commit', 3, 'CONCURRENT_TRANSACTIONS', '='],
    ['PrepareCommit', 'abort', 3, 'CONCURRENT_TRANSACTIONS', '='],
    ['PrepareCommit', 'commit', 1, 'PRODUCER_FENCED', '='],
    ['PrepareAbort', 'abort', 2, 'CONCURRENT_TRANSACTIONS', '='],
    ['PrepareAbort', 'commit', 2, 'INVALID_TXN_STATE', '='],
    ['PrepareAbort', 'abort', 3, 'CONCURRENT_TRANSACTIONS', '='],
    ['CompleteCommit', 'commit', 2, '7/3', '='],
    ['CompleteCommit', 'abort', 2, 'INVALID_TXN_STATE', '='],
    ['CompleteCommit', 'commit', 3, 'INVALID_TXN_STATE', '='],
    ['CompleteCommit', 'abort', 3, '7/4', 'PrepareAbort 7/4'],
    ['CompleteCommit', 'commit', 1, 'PRODUCER_FENCED', '='],
    ['CompleteAbort', 'abort', 2, '7/3', '='],
    ['CompleteAbort', 'commit', 2, 'INVALID_TXN_STATE', '='],
    ['CompleteAbort', 'abort', 3, '7/4', 'PrepareAbort 7/4'],
    ['CompleteAbort', 'commit', 3, 'INVALID_TXN_STATE', '='],
    ['Empty', 'commit', 3, 'INVALID_TXN_STATE', '='],
    ['Empty', 'abort', 3, '7/4', 'PrepareAbort 7/4'],
    ['Empty', 'abort', 2, 'PRODUCER_FENCED', '='],
  ]
  test.each(ROWS)('%s + %s with epoch %i → %s, %s', (state, verdict, epoch, answer, next) => {
    const decision = end(sampleTransaction(state, { clientTransactionVersion: 2 }), verdict, epoch, 2)
    expect([told(decision), became(decision)]).toEqual([answer, next])
  })

  test('an abort without a transaction begins and ends one', () => {
    const decision = end(sampleTransaction('CompleteCommit', { clientTransactionVersion: 2 }), 'abort', 3, 2)
    expect(decision).toMatchObject({ next: { startMs: NOW_MS, partitions: new Map() } })
  })

  test('the last epoch is followed by another producer id', () => {
    const last = sampleTransaction('Ongoing', { producerEpoch: 32_766, clientTransactionVersion: 2 })
    expect(told(end(last, 'commit', 32_766, 2))).toBe('fresh id')
    const decision = end(last, 'commit', 32_766, 2, { freshProducerId: 9 })
    expect([told(decision), became(decision)]).toEqual(['9/0', 'PrepareCommit 7/32767'])
    if (decision.kind !== 'change') throw new Error('nothing was decided')
    // The producer may use the new id before the markers are written.
    expect(told(end(decision.next, 'abort', 0, 2, { producerId: 9 }))).toBe('CONCURRENT_TRANSACTIONS')
    expect(told(end(decision.next, 'commit', 32_766, 2))).toBe('CONCURRENT_TRANSACTIONS')
    const early = { producerId: 9, producerEpoch: 0 }
    expect(errorName(verifyPartitions(decision.next, early, onePartition('t', 0)))).toBe('CONCURRENT_TRANSACTIONS')
    const completed = complete(decision.next, NOW_MS + 1)
    expect(completed).toMatchObject({
      state: 'CompleteCommit',
      producerId: 9,
      producerEpoch: 0,
      previousProducerId: 7,
      nextProducerId: -1,
    })
    // Its retry still has the old id.
    expect(told(end(completed, 'commit', 32_766, 2))).toBe('9/0')
    expect(told(end(completed, 'abort', 32_766, 2))).toBe('INVALID_TXN_STATE')
    expect(told(end(completed, 'commit', 32_765, 2))).toBe('INVALID_PRODUCER_ID_MAPPING')
  })
})

test.each([0, 2] as const)('strangers, transaction version %i', version => {
  expect(told(end(undefined, 'commit', 3, version))).toBe('INVALID_PRODUCER_ID_MAPPING')
  const ongoing = sampleTransaction('Ongoing')
  expect(told(end(ongoing, 'commit', 3, version, { producerId: 8 }))).toBe('INVALID_PRODUCER_ID_MAPPING')
})

test('fencing aborts under the next epoch, even after the last one', () => {
  expect(fence(sampleTransaction('Ongoing'), NOW_MS)).toMatchObject({
    state: 'PrepareAbort',
    producerEpoch: 4,
    lastProducerEpoch: 3,
    startMs: 5_000,
    clientTransactionVersion: 2,
  })
  const last = fence(sampleTransaction('Ongoing', { producerEpoch: 32_766 }), NOW_MS)
  expect(last).toMatchObject({ producerId: 7, producerEpoch: 32_767, nextProducerId: -1 })
})

test.each([
  ['PrepareCommit', 'CompleteCommit'],
  ['PrepareAbort', 'CompleteAbort'],
] as const)('%s completes as %s, without partitions', (state, completed) => {
  const transaction = complete(sampleTransaction(state), NOW_MS)
  expect(transaction).toMatchObject({ state: completed, producerEpoch: 3, startMs: 5_000, lastUpdateMs: NOW_MS })
  expect(transaction.partitions.size).toBe(0)
})
