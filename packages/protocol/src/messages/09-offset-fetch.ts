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
    },
    groups: {
      type: array(
        struct({
          groupId: { type: string, versions: '8+' },
          memberId: { type: nullableString, versions: '9+', default: null, ignorable: true },
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
          },
        }),
      ),
      versions: '8+',
      default: [],
    },
    requireStable: { type: bool, versions: '7+', default: false },
  },
})
export type OffsetFetchRequest = ValueOf<typeof OffsetFetchRequest>

export const OffsetFetchResponse = message({
  name: 'OffsetFetchResponse',
  apiKey: 9,
  versions: '0-10',
  flexible: '6+',
  fields: {
    throttleTimeMs: { type: int32, versions: '3+', default: 0, ignorable: true },
    topics: {
      type: array(
        struct({
          name: { type: string, versions: '0-7' },
          partitions: {
            type: array(
              struct({
                partitionIndex: { type: int32, versions: '0-7' },
                committedOffset: { type: int64, versions: '0-7' },
                committedLeaderEpoch: { type: int32, versions: '5-7', default: -1, ignorable: true },
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
                      committedOffset: { type: int64, versions: '8+' },
                      committedLeaderEpoch: { type: int32, versions: '8+', default: -1, ignorable: true },
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
