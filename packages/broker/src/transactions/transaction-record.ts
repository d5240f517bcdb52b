/** A transaction as its record in `__transaction_state` holds it, both ways. */
import {
  type CoordinatorRecord,
  type CoordinatorRecordInput,
  MalformedMessageError,
  type TRANSACTION_RECORDS,
} from '@millrace/protocol'
import { partitionsOf } from './topic-partitions.ts'
import { NO_PRODUCER_EPOCH, type Transaction, type TransactionVersion } from './transaction.ts'
import { TRANSACTION_STATES } from './transaction-moves.ts'

export type TransactionRecord = CoordinatorRecord<typeof TRANSACTION_RECORDS>
export type TransactionRecordInput = CoordinatorRecordInput<typeof TRANSACTION_RECORDS>

export function transactionRecord(transaction: Transaction): TransactionRecordInput {
  const { transactionalId, state, partitions } = transaction
  const rows = Array.from(partitions, ([topic, ids]) => ({ topic, partitionIds: [...ids] }))
  return {
    kind: 'TransactionLog',
    key: { transactionalId },
    value: {
      producerId: transaction.producerId,
      previousProducerId: transaction.previousProducerId,
      nextProducerId: transaction.nextProducerId,
      producerEpoch: transaction.producerEpoch,
      transactionTimeoutMs: transaction.timeoutMs,
      transactionStatus: TRANSACTION_STATES.indexOf(state),
      transactionPartitions: state === 'Empty' ? null : rows,
      transactionLastUpdateTimestampMs: transaction.lastUpdateMs,
      transactionStartTimestampMs: transaction.startMs,
      clientTransactionVersion: transaction.clientTransactionVersion,
    },
  }
}

export function transactionTombstone(transactionalId: string): TransactionRecordInput {
  return { kind: 'TransactionLog', key: { transactionalId }, value: null }
}

/** Null for a tombstone. Throws {@link MalformedMessageError} for a state that newer brokers have added. */
export function transactionFromRecord({ key, value }: TransactionRecord): Transaction | null {
  if (value === null) return null
  const { transactionalId } = key
  const state = TRANSACTION_STATES[value.transactionStatus]
  if (state === undefined)
    throw new MalformedMessageError(
      'TransactionLogValue',
      1,
      'transactionStatus',
      `no state has id ${value.transactionStatus}`,
    )
  const rows = value.transactionPartitions ?? []
  return {
    transactionalId,
    state,
    producerId: value.producerId,
    producerEpoch: value.producerEpoch,
    lastProducerEpoch: NO_PRODUCER_EPOCH,
    previousProducerId: value.previousProducerId,
    nextProducerId: value.nextProducerId,
    timeoutMs: value.transactionTimeoutMs,
    partitions: partitionsOf(rows.map(({ topic, partitionIds }) => ({ topic, partitions: partitionIds }))),
    startMs: value.transactionStartTimestampMs,
    lastUpdateMs: value.transactionLastUpdateTimestampMs,
    clientTransactionVersion: Math.min(value.clientTransactionVersion, 2) as TransactionVersion,
  }
}
