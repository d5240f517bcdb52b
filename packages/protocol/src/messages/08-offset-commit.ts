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

/**
 * API key 8. v1 generation; v2 to v4 retention; v6 leader epoch; v7 static members; v9 KIP-848 members; v10 topic
 * ids.
 */
export const OffsetCommitRequest = message({
  name: 'OffsetCommitRequest',
  apiKey: 8,
  versions: '0-10',
  flexible: '8+',
  fields: {
    groupId: { type: string, versions: '0+' },
    generationIdOrMemberEpoch: {
      type: int32,
      versions: '1+',
      default: -1,
      ignorable: true,
      about: 'Generation of a classic group, member epoch of a KIP-848 group, −1 without membership.',
    },
    memberId: { type: string, versions: '1+', default: '', ignorable: true },
    groupInstanceId: { type: nullableString, versions: '7+', default: null, about: 'Static membership (KIP-345).' },
    retentionTimeMs: { type: int64, versions: '2-4', default: -1, ignorable: true, about: '−1: the broker decides.' },
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
                committedLeaderEpoch: {
                  type: int32,
                  versions: '6+',
                  default: -1,
                  ignorable: true,
                  about: 'Leader epoch of the last consumed record, −1 if not known.',
                },
                commitTimestamp: { type: int64, versions: '1', default: -1, about: 'In milliseconds; −1: now.' },
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
export type OffsetCommitRequest = ValueOf<typeof OffsetCommitRequest>

export const OffsetCommitResponse = message({
  name: 'OffsetCommitResponse',
  apiKey: 8,
  versions: '0-10',
  flexible: '8+',
  fields: {
    throttleTimeMs: {
      type: int32,
      versions: '3+',
      default: 0,
      ignorable: true,
      about: 'How long the broker delayed this answer, or wants the client to pause, because of a quota.',
    },
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
