import { array, int8, int16, int32, int64, message, nullable, string, struct, type ValueOf } from '../wire/schema.ts'

/** `__transaction_state`: one transactional id. */
export const TransactionLogKey = message({
  name: 'TransactionLogKey',
  apiKey: 0,
  versions: '0',
  flexible: 'none',
  fields: { transactionalId: { type: string, versions: '0' } },
})
export type TransactionLogKey = ValueOf<typeof TransactionLogKey>

export const TransactionLogValue = message({
  name: 'TransactionLogValue',
  apiKey: 0,
  versions: '0-1',
  flexible: '1+',
  fields: {
    producerId: { type: int64, versions: '0+' },
    previousProducerId: {
      type: int64,
      versions: '1+',
      default: -1,
      tag: 0,
      about: 'Before the last change of producer id; −1: none.',
    },
    nextProducerId: {
      type: int64,
      versions: '1+',
      default: -1,
      tag: 1,
      about: 'Prepared for after this transaction; −1: none.',
    },
    producerEpoch: { type: int16, versions: '0+' },
    nextProducerEpoch: { type: int16, versions: '1+', default: -1, tag: 3 },
    transactionTimeoutMs: { type: int32, versions: '0+' },
    transactionStatus: {
      type: int8,
      versions: '0+',
      about:
        '0 Empty, 1 Ongoing, 2 PrepareCommit, 3 PrepareAbort, 4 CompleteCommit, 5 CompleteAbort, 6 Dead, 7 PrepareEpochFence.',
    },
    transactionPartitions: {
      type: nullable(
        array(
          struct({ topic: { type: string, versions: '0+' }, partitionIds: { type: array(int32), versions: '0+' } }),
        ),
      ),
      versions: '0+',
      about: 'Null when none is part of it.',
    },
    transactionLastUpdateTimestampMs: { type: int64, versions: '0+' },
    transactionStartTimestampMs: { type: int64, versions: '0+' },
    clientTransactionVersion: {
      type: int16,
      versions: '1+',
      default: 0,
      tag: 2,
      about: 'The transaction protocol of the client; 2: KIP-890.',
    },
  },
})
export type TransactionLogValue = ValueOf<typeof TransactionLogValue>
