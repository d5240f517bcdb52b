import { array, int16, int32, int64, message, nullableString, string, struct, type ValueOf } from '../wire/schema.ts'

/** API key 28. v3 member and generation (KIP-447); v5 adds the group to the transaction implicitly (KIP-890). */
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
    groupInstanceId: { type: nullableString, versions: '3+', default: null, about: 'Static membership (KIP-345).' },
    topics: {
      type: array(
        struct({
          name: { type: string, versions: '0+' },
          partitions: {
            type: array(
              struct({
                partitionIndex: { type: int32, versions: '0+' },
                committedOffset: { type: int64, versions: '0+' },
                committedLeaderEpoch: {
                  type: int32,
                  versions: '2+',
                  default: -1,
                  ignorable: true,
                  about: 'Leader epoch of the last consumed record, −1 if not known.',
                },
                committedMetadata: {
                  type: nullableString,
                  versions: '0+',
                  about: 'A text of the client, stored with the offset.',
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
export type TxnOffsetCommitRequest = ValueOf<typeof TxnOffsetCommitRequest>

export const TxnOffsetCommitResponse = message({
  name: 'TxnOffsetCommitResponse',
  apiKey: 28,
  versions: '0-5',
  flexible: '3+',
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
