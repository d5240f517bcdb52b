import { array, int16, int32, int64, message, nullableString, string, struct, type ValueOf } from '../wire/schema.ts'

/** API key 61: who writes to a partition (KIP-664). */
export const DescribeProducersRequest = message({
  name: 'DescribeProducersRequest',
  apiKey: 61,
  versions: '0',
  flexible: '0+',
  fields: {
    topics: {
      type: array(
        struct({ name: { type: string, versions: '0+' }, partitionIndexes: { type: array(int32), versions: '0+' } }),
      ),
      versions: '0+',
    },
  },
})
export type DescribeProducersRequest = ValueOf<typeof DescribeProducersRequest>

export const DescribeProducersResponse = message({
  name: 'DescribeProducersResponse',
  apiKey: 61,
  versions: '0',
  flexible: '0+',
  fields: {
    throttleTimeMs: {
      type: int32,
      versions: '0+',
      default: 0,
      about: 'How long the broker delayed this answer, or wants the client to pause, because of a quota.',
    },
    topics: {
      type: array(
        struct({
          name: { type: string, versions: '0+' },
          partitions: {
            type: array(
              struct({
                partitionIndex: { type: int32, versions: '0+' },
                errorCode: { type: int16, versions: '0+' },
                errorMessage: { type: nullableString, versions: '0+', default: null },
                activeProducers: {
                  type: array(
                    struct({
                      producerId: { type: int64, versions: '0+' },
                      producerEpoch: { type: int32, versions: '0+' },
                      lastSequence: { type: int32, versions: '0+', default: -1 },
                      lastTimestamp: { type: int64, versions: '0+', default: -1 },
                      coordinatorEpoch: { type: int32, versions: '0+' },
                      currentTxnStartOffset: {
                        type: int64,
                        versions: '0+',
                        default: -1,
                        about: '−1: no open transaction.',
                      },
                    }),
                  ),
                  versions: '0+',
                },
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
export type DescribeProducersResponse = ValueOf<typeof DescribeProducersResponse>
