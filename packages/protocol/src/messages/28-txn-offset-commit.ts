import { array, int16, int32, int64, message, nullableString, string, struct, type ValueOf } from '../wire/schema.ts'

export const TxnOffsetCommitRequest = message({
  name: 'TxnOffsetCommitRequest',
  apiKey: 28,
  versions: '0-5',
  flexible: '3+',
  fields: {
    transactionalId: { type: string, versions: '0+' },
    groupId: { type: string, versions: '0+' },
    producerId: { type: int64, versions: '0+' },
    producerEpoch: { type: int16, versions: '0+' },
    generationId: { type: int32, versions: '3+', default: -1 },
    memberId: { type: string, versions: '3+', default: '' },
    groupInstanceId: { type: nullableString, versions: '3+', default: null },
    topics: {
      type: array(
        struct({
          name: { type: string, versions: '0+' },
          partitions: {
            type: array(
              struct({
                partitionIndex: { type: int32, versions: '0+' },
                committedOffset: { type: int64, versions: '0+' },
                committedLeaderEpoch: { type: int32, versions: '2+', default: -1, ignorable: true },
                committedMetadata: { type: nullableString, versions: '0+' },
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
export type TxnOffsetCommitRequest = ValueOf<typeof TxnOffsetCommitRequest>

export const TxnOffsetCommitResponse = message({
  name: 'TxnOffsetCommitResponse',
  apiKey: 28,
  versions: '0-5',
  flexible: '3+',
  fields: {
    throttleTimeMs: { type: int32, versions: '0+', default: 0 },
    topics: {
      type: array(
        struct({
          name: { type: string, versions: '0+' },
          partitions: {
            type: array(
              struct({ partitionIndex: { type: int32, versions: '0+' }, errorCode: { type: int16, versions: '0+' } }),
            ),
            versions: '0+',
          },
        }),
      ),
      versions: '0+',
    },
  },
})
export type TxnOffsetCommitResponse = ValueOf<typeof TxnOffsetCommitResponse>
