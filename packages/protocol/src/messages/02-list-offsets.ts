import { array, int8, int16, int32, int64, message, string, struct, type ValueOf } from '../wire/schema.ts'

/**
 * API key 2. v1 one offset instead of a list; v4 leader epoch; v7 to v9 and v11 more special timestamps; v10 timeout.
 */
export const ListOffsetsRequest = message({
  name: 'ListOffsetsRequest',
  apiKey: 2,
  versions: '0-11',
  flexible: '6+',
  fields: {
    replicaId: { type: int32, versions: '0+', about: '−1 for a consumer.' },
    isolationLevel: { type: int8, versions: '2+', default: 0, about: '0: read_uncommitted, 1: read_committed.' },
    topics: {
      type: array(
        struct({
          name: { type: string, versions: '0+' },
          partitions: {
            type: array(
              struct({
                partitionIndex: { type: int32, versions: '0+' },
                currentLeaderEpoch: {
                  type: int32,
                  versions: '4+',
                  default: -1,
                  ignorable: true,
                  about: 'The leader epoch the client knows, −1 for none: a broker that knows another one refuses.',
                },
                timestamp: {
                  type: int64,
                  versions: '0+',
                  about:
                    'In milliseconds, or −1 latest, −2 earliest, −3 greatest timestamp, −4 earliest local, −5 latest tiered, −6 earliest not yet tiered.',
                },
                maxNumOffsets: {
                  type: int32,
                  versions: '0',
                  default: 1,
                  about: 'How many offsets to list, newest first.',
                },
              }),
            ),
            versions: '0+',
          },
        }),
      ),
      versions: '0+',
    },
    timeoutMs: { type: int32, versions: '10+', default: 0, ignorable: true, about: 'For lookups in tiered storage.' },
  },
})
export type ListOffsetsRequest = ValueOf<typeof ListOffsetsRequest>

export const ListOffsetsResponse = message({
  name: 'ListOffsetsResponse',
  apiKey: 2,
  versions: '0-11',
  flexible: '6+',
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
          name: { type: string, versions: '0+' },
          partitions: {
            type: array(
              struct({
                partitionIndex: { type: int32, versions: '0+' },
                errorCode: { type: int16, versions: '0+' },
                oldStyleOffsets: { type: array(int64), versions: '0', default: [], about: 'Descending.' },
                timestamp: { type: int64, versions: '1+', default: -1, about: 'Of the record found; −1 for none.' },
                offset: { type: int64, versions: '1+', default: -1, about: '−1: no record is as new as that.' },
                leaderEpoch: { type: int32, versions: '4+', default: -1 },
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
export type ListOffsetsResponse = ValueOf<typeof ListOffsetsResponse>
