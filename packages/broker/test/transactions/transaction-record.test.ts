import {
  decodeCoordinatorRecord,
  encodeCoordinatorRecord,
  MalformedMessageError,
  TRANSACTION_RECORDS,
} from '@millrace/protocol'
import { describe, expect, test } from 'vitest'
import { isExpired, remainingMs } from '../../src/transactions/expiration.ts'
import { partitionsOf } from '../../src/transactions/topic-partitions.ts'
import {
  type TransactionRecord,
  transactionFromRecord,
  transactionRecord,
  transactionTombstone,
} from '../../src/transactions/transaction-record.ts'
import { sampleTransaction } from './sample-transaction.ts'

function throughTheLog(record: ReturnType<typeof transactionRecord>): TransactionRecord {
  const { key, value } = encodeCoordinatorRecord(TRANSACTION_RECORDS, record)
  return decodeCoordinatorRecord(TRANSACTION_RECORDS, key, value)!
}

describe('records of __transaction_state', () => {
  test.each([
    sampleTransaction('Empty'),
    sampleTransaction('Empty', { producerId: 9, producerEpoch: 0, previousProducerId: 7 }),
    sampleTransaction('Ongoing', {
      partitions: partitionsOf([
        { topic: 't', partitions: [2, 0] },
        { topic: '__proto__', partitions: [1] },
      ]),
    }),
    sampleTransaction('PrepareCommit', { clientTransactionVersion: 2, producerEpoch: 32_767, nextProducerId: 9 }),
    sampleTransaction('PrepareAbort', { clientTransactionVersion: 2 }),
    sampleTransaction('CompleteCommit'),
    sampleTransaction('CompleteAbort'),
  ])('$state is what it was', transaction => {
    expect(transactionFromRecord(throughTheLog(transactionRecord(transaction)))).toEqual(transaction)
  })

  test('the epoch before is forgotten', () => {
    const record = throughTheLog(transactionRecord(sampleTransaction('Empty', { lastProducerEpoch: 2 })))
    expect(transactionFromRecord(record)?.lastProducerEpoch).toBe(-1)
  })

  test('a tombstone stands for nothing', () => {
    expect(transactionFromRecord(throughTheLog(transactionTombstone('x')))).toBe(null)
  })

  test('a state of the future is not guessed at', () => {
    const record = throughTheLog(transactionRecord(sampleTransaction('Empty')))
    const future = { ...record, value: { ...record.value!, transactionStatus: 8 } }
    expect(() => transactionFromRecord(future)).toThrow(MalformedMessageError)
  })
})

describe('expiration', () => {
  test.each([
    ['Empty', true],
    ['Ongoing', false],
    ['PrepareCommit', false],
    ['PrepareAbort', false],
    ['CompleteCommit', true],
    ['CompleteAbort', true],
  ] as const)('%s may expire: %s', (state, expected) => {
    const transaction = sampleTransaction(state, { lastUpdateMs: 1_000 })
    expect(isExpired(transaction, 500, 1_500)).toBe(expected)
    expect(isExpired(transaction, 500, 1_499)).toBe(false)
  })

  test('a clock that jumps neither ends a transaction early nor lengthens it', () => {
    const transaction = sampleTransaction('Ongoing', { startMs: 1_000, timeoutMs: 100 })
    expect([900, 1_000, 1_040, 1_100, 9_000].map(nowMs => remainingMs(transaction, nowMs))).toEqual([
      100, 100, 60, 0, 0,
    ])
  })
})
