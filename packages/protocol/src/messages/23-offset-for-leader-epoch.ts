import { array, int16, int32, int64, message, string, struct, type ValueOf } from '../wire/schema.ts'

/** API key 23: where a leader epoch ends (KIP-101, KIP-320). v2 current leader epoch; v3 replica id. */
export const OffsetForLeaderEpochRequest = message({
  name: 'OffsetForLeaderEpochRequest',
  apiKey: 23,
  versions: '0-4',
  flexible: '4+',
  fields: {
    replicaId: { type: int32, versions: '3+', default: -2, ignorable: true, about: '−1 for a consumer.' },
    topics: {
      type: array(
        struct({
          topic: { type: string, versions: '0+', mapKey: true },
          partitions: {
            type: array(
              struct({
                partition: { type: int32, versions: '0+' },
                currentLeaderEpoch: {
                  type: int32,
                  versions: '2+',
                  default: -1,
                  ignorable: true,
                  about: 'The leader epoch the client knows, −1 for none: a broker that knows another one refuses.',
                },
                leaderEpoch: { type: int32, versions: '0+' },
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
export type OffsetForLeaderEpochRequest = ValueOf<typeof OffsetForLeaderEpochRequest>

export const OffsetForLeaderEpochResponse = message({
  name: 'OffsetForLeaderEpochResponse',
  apiKey: 23,
  versions: '0-4',
  flexible: '4+',
  fields: {
    throttleTimeMs: {
      type: int32,
      versions: '2+',
      default: 0,
      ignorable: true,
      about: 'How long the broker delayed this answer, or wants the client to pause, because of a quota.',
    },
    topics: {
      type: array(
        struct({
          topic: { type: string, versions: '0+', mapKey: true },
          partitions: {
            type: array(
              struct({
                errorCode: { type: int16, versions: '0+' },
                partition: { type: int32, versions: '0+' },
                leaderEpoch: { type: int32, versions: '1+', default: -1, ignorable: true },
                endOffset: {
                  type: int64,
                  versions: '0+',
                  default: -1,
                  about: 'End of the last epoch not above the one asked for; −1: not known.',
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
export type OffsetForLeaderEpochResponse = ValueOf<typeof OffsetForLeaderEpochResponse>
