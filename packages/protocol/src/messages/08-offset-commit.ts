import {
  array,
  int16,
  int32,
  int64,
  message,
  nullableString,
  string,
  struct,
  uuid,
  type ValueOf,
  ZERO_UUID,
} from '../wire/schema.ts'

export const OffsetCommitRequest = message({
  name: 'OffsetCommitRequest',
  apiKey: 8,
  versions: '0-10',
  flexible: '8+',
  fields: {
    groupId: { type: string, versions: '0+' },
    generationIdOrMemberEpoch: { type: int32, versions: '1+', default: -1, ignorable: true },
    memberId: { type: string, versions: '1+', default: '', ignorable: true },
    groupInstanceId: { type: nullableString, versions: '7+', default: null },
    retentionTimeMs: { type: int64, versions: '2-4', default: -1, ignorable: true },
    topics: {
      type: array(
        struct({
          name: { type: string, versions: '0-9', default: '', ignorable: true },
          topicId: { type: uuid, versions: '10+', default: ZERO_UUID, ignorable: true },
          partitions: {
            type: array(
              struct({
                partitionIndex: { type: int32, versions: '0+' },
                committedOffset: { type: int64, versions: '0+' },
                committedLeaderEpoch: { type: int32, versions: '6+', default: -1, ignorable: true },
                commitTimestamp: { type: int64, versions: '1', default: -1 },
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
export type OffsetCommitRequest = ValueOf<typeof OffsetCommitRequest>

export const OffsetCommitResponse = message({
  name: 'OffsetCommitResponse',
  apiKey: 8,
  versions: '0-10',
  flexible: '8+',
  fields: {
    throttleTimeMs: { type: int32, versions: '3+', default: 0, ignorable: true },
    topics: {
      type: array(
        struct({
          name: { type: string, versions: '0-9', default: '', ignorable: true },
          topicId: { type: uuid, versions: '10+', default: ZERO_UUID, ignorable: true },
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
export type OffsetCommitResponse = ValueOf<typeof OffsetCommitResponse>
