import {
  array,
  bool,
  int16,
  int32,
  int64,
  message,
  nullable,
  nullableString,
  string,
  struct,
  uuid,
  type ValueOf,
  ZERO_UUID,
} from '../wire/schema.ts'

/**
 * API key 9. v2 all partitions of a group; v5 leader epoch; v7 stable offsets (KIP-447); v8 many groups; v9 KIP-848
 * members; v10 topic ids.
 */
export const OffsetFetchRequest = message({
  name: 'OffsetFetchRequest',
  apiKey: 9,
  versions: '0-10',
  flexible: '6+',
  fields: {
    groupId: { type: string, versions: '0-7', default: '' },
    topics: {
      type: nullable(
        array(
          struct({
            name: { type: string, versions: '0-7' },
            partitionIndexes: { type: array(int32), versions: '0-7' },
          }),
        ),
        '2-7',
      ),
      versions: '0-7',
      default: [],
      about: 'Null: all partitions with a commit.',
    },
    groups: {
      type: array(
        struct({
          groupId: { type: string, versions: '8+' },
          memberId: {
            type: nullableString,
            versions: '9+',
            default: null,
            ignorable: true,
            about: 'Of a member that asks for itself; null for an administrator.',
          },
          memberEpoch: { type: int32, versions: '9+', default: -1, ignorable: true },
          topics: {
            type: nullable(
              array(
                struct({
                  name: { type: string, versions: '8-9', default: '', ignorable: true },
                  topicId: { type: uuid, versions: '10+', default: ZERO_UUID, ignorable: true },
                  partitionIndexes: { type: array(int32), versions: '8+' },
                }),
              ),
            ),
            versions: '8+',
            about: 'Null: all partitions with a commit.',
          },
        }),
      ),
      versions: '8+',
      default: [],
    },
    requireStable: {
      type: bool,
      versions: '7+',
      default: false,
      about: 'Refuse with UNSTABLE_OFFSET_COMMIT while a transaction holds offsets back (KIP-447).',
    },
  },
})
export type OffsetFetchRequest = ValueOf<typeof OffsetFetchRequest>

export const OffsetFetchResponse = message({
  name: 'OffsetFetchResponse',
  apiKey: 9,
  versions: '0-10',
  flexible: '6+',
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
          name: { type: string, versions: '0-7' },
          partitions: {
            type: array(
              struct({
                partitionIndex: { type: int32, versions: '0-7' },
                committedOffset: { type: int64, versions: '0-7', about: '−1: nothing is committed.' },
                committedLeaderEpoch: {
                  type: int32,
                  versions: '5-7',
                  default: -1,
                  ignorable: true,
                  about: 'Leader epoch of the last consumed record, −1 if not known.',
                },
                metadata: { type: nullableString, versions: '0-7' },
                errorCode: { type: int16, versions: '0-7' },
              }),
            ),
            versions: '0-7',
          },
        }),
      ),
      versions: '0-7',
      default: [],
    },
    errorCode: { type: int16, versions: '2-7', default: 0, ignorable: true },
    groups: {
      type: array(
        struct({
          groupId: { type: string, versions: '8+' },
          topics: {
            type: array(
              struct({
                name: { type: string, versions: '8-9', default: '', ignorable: true },
                topicId: { type: uuid, versions: '10+', default: ZERO_UUID, ignorable: true },
                partitions: {
                  type: array(
                    struct({
                      partitionIndex: { type: int32, versions: '8+' },
                      committedOffset: { type: int64, versions: '8+', about: '−1: nothing is committed.' },
                      committedLeaderEpoch: {
                        type: int32,
                        versions: '8+',
                        default: -1,
                        ignorable: true,
                        about: 'Leader epoch of the last consumed record, −1 if not known.',
                      },
                      metadata: { type: nullableString, versions: '8+' },
                      errorCode: { type: int16, versions: '8+' },
                    }),
                  ),
                  versions: '8+',
                },
              }),
            ),
            versions: '8+',
          },
          errorCode: { type: int16, versions: '8+', default: 0 },
        }),
      ),
      versions: '8+',
      default: [],
    },
  },
})
export type OffsetFetchResponse = ValueOf<typeof OffsetFetchResponse>
