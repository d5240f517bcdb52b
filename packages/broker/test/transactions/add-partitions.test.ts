import { describe, expect, test } from 'vitest'
import { addPartitions, verifyPartitions } from '../../src/transactions/add-partitions.ts'
import { onePartition, partitionsOf } from '../../src/transactions/topic-partitions.ts'
import type { TransactionState } from '../../src/transactions/transaction-moves.ts'
import { became, EPOCH, errorName, NOW_MS, PRODUCER_ID, sampleTransaction, told } from './sample-transaction.ts'

const writer = (change: { producerId?: number; producerEpoch?: number } = {}) => ({
  producerId: PRODUCER_ID,
  producerEpoch: EPOCH,
  ...change,
})
const stranger = writer({ producerId: 8 })
const zombie = writer({ producerEpoch: 2 })
const future = writer({ producerEpoch: 4 })

const REFUSED = [
  { state: 'Ongoing', who: stranger, answer: 'INVALID_PRODUCER_ID_MAPPING' },
  { state: 'Ongoing', who: zombie, answer: 'PRODUCER_FENCED' },
  { state: 'Ongoing', who: future, answer: 'PRODUCER_FENCED' },
  { state: 'PrepareCommit', who: stranger, answer: 'INVALID_PRODUCER_ID_MAPPING' },
  { state: 'PrepareCommit', who: zombie, answer: 'PRODUCER_FENCED' },
  { state: 'PrepareCommit', who: writer(), answer: 'CONCURRENT_TRANSACTIONS' },
  { state: 'PrepareAbort', who: writer(), answer: 'CONCURRENT_TRANSACTIONS' },
] as const

describe('adding partitions', () => {
  test.each(REFUSED)('$who in $state → $answer', ({ state, who, answer }) => {
    const decision = addPartitions(sampleTransaction(state), who, onePartition('t', 0), 0, NOW_MS)
    expect([told(decision), became(decision)]).toEqual([answer, '='])
  })

  test('an unknown id has no producer', () => {
    expect(told(addPartitions(undefined, writer(), onePartition('t', 0), 0, NOW_MS))).toBe(
      'INVALID_PRODUCER_ID_MAPPING',
    )
  })

  test.each(['Empty', 'CompleteCommit', 'CompleteAbort'] satisfies TransactionState[])(
    'begins a transaction: %s',
    s => {
      const decision = addPartitions(sampleTransaction(s), writer(), onePartition('t', 0), 2, NOW_MS)
      expect([told(decision), became(decision)]).toEqual(['NONE', 'Ongoing 7/3'])
      expect(decision).toMatchObject({ next: { startMs: NOW_MS, lastUpdateMs: NOW_MS, clientTransactionVersion: 2 } })
    },
  )

  test('more of them join those of the open transaction, whose start stays', () => {
    const more = partitionsOf([
      { topic: 't', partitions: [1] },
      { topic: 'u', partitions: [0, 5] },
    ])
    const decision = addPartitions(sampleTransaction('Ongoing'), writer(), more, 0, NOW_MS)
    if (decision.kind !== 'change') throw new Error('nothing was added')
    expect([...decision.next.partitions]).toEqual([
      ['t', new Set([0, 1])],
      ['u', new Set([0, 5])],
    ])
    expect(decision.next.startMs).toBe(5_000)
  })

  test('what is in already needs no record', () => {
    const decision = addPartitions(sampleTransaction('Ongoing'), writer(), onePartition('t', 0), 0, NOW_MS)
    expect([told(decision), became(decision)]).toEqual(['NONE', '='])
  })
})

describe('verification', () => {
  test.each(REFUSED)('$who in $state → $answer', ({ state, who, answer }) => {
    expect(errorName(verifyPartitions(sampleTransaction(state), who, onePartition('t', 0)))).toBe(answer)
  })

  test.each([
    { state: 'Ongoing', partition: 0, answer: 'NONE' },
    { state: 'Ongoing', partition: 1, answer: 'TRANSACTION_ABORTABLE' },
    { state: 'Empty', partition: 0, answer: 'TRANSACTION_ABORTABLE' },
    { state: 'CompleteCommit', partition: 0, answer: 'TRANSACTION_ABORTABLE' },
    { state: 'CompleteAbort', partition: 0, answer: 'TRANSACTION_ABORTABLE' },
  ] as const)('partition $partition in $state → $answer', ({ state, partition, answer }) => {
    expect(errorName(verifyPartitions(sampleTransaction(state), writer(), onePartition('t', partition)))).toBe(answer)
  })

  test('an unknown id has no producer', () => {
    expect(errorName(verifyPartitions(undefined, writer(), onePartition('t', 0)))).toBe('INVALID_PRODUCER_ID_MAPPING')
  })
})
