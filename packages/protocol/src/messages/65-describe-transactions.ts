import { array, int16, int32, int64, message, string, struct, type ValueOf } from '../wire/schema.ts'

/** API key 65 (KIP-664). */
export const DescribeTransactionsRequest = message({
  name: 'DescribeTransactionsRequest',
  apiKey: 65,
  versions: '0',
  flexible: '0+',
  fields: { transactionalIds: { type: array(string), versions: '0+' } },
})
export type DescribeTransactionsRequest = ValueOf<typeof DescribeTransactionsRequest>

export const DescribeTransactionsResponse = message({
  name: 'DescribeTransactionsResponse',
  apiKey: 65,
  versions: '0',
  flexible: '0+',
  fields: {
    throttleTimeMs: {
      type: int32,
      versions: '0+',
      default: 0,
      about: 'How long the broker delayed this answer, or wants the client to pause, because of a quota.',
    },
    transactionStates: {
      type: array(
        struct({
          errorCode: { type: int16, versions: '0+' },
          transactionalId: { type: string, versions: '0+' },
          transactionState: { type: string, versions: '0+' },
          transactionTimeoutMs: { type: int32, versions: '0+' },
          transactionStartTimeMs: { type: int64, versions: '0+', about: '−1: no transaction yet.' },
          producerId: { type: int64, versions: '0+' },
          producerEpoch: { type: int16, versions: '0+' },
          topics: {
            type: array(
              struct({
                topic: { type: string, versions: '0+', mapKey: true },
                partitions: { type: array(int32), versions: '0+' },
              }),
            ),
            versions: '0+',
          },
        }),
      ),
      versions: '0+',
    },
  },
})
export type DescribeTransactionsResponse = ValueOf<typeof DescribeTransactionsResponse>
