import { array, int8, int16, int32, int64, message, string, struct, type ValueOf } from '../wire/schema.ts'

export const ListOffsetsRequest = message({
  name: 'ListOffsetsRequest',
  apiKey: 2,
  versions: '0-11',
  flexible: '6+',
  fields: {
    replicaId: { type: int32, versions: '0+' },
    isolationLevel: { type: int8, versions: '2+', default: 0 },
    topics: {
      type: array(
        struct({
          name: { type: string, versions: '0+' },
          partitions: {
            type: array(
              struct({
                partitionIndex: { type: int32, versions: '0+' },
                currentLeaderEpoch: { type: int32, versions: '4+', default: -1, ignorable: true },
                timestamp: { type: int64, versions: '0+' },
                maxNumOffsets: { type: int32, versions: '0', default: 1 },
              }),
            ),
            versions: '0+',
          },
        }),
      ),
      versions: '0+',
    },
    timeoutMs: { type: int32, versions: '10+', default: 0, ignorable: true },
  },
})
export type ListOffsetsRequest = ValueOf<typeof ListOffsetsRequest>

export const ListOffsetsResponse = message({
  name: 'ListOffsetsResponse',
  apiKey: 2,
  versions: '0-11',
  flexible: '6+',
  fields: {
    throttleTimeMs: { type: int32, versions: '2+', default: 0, ignorable: true },
    topics: {
      type: array(
        struct({
          name: { type: string, versions: '0+' },
          partitions: {
            type: array(
              struct({
                partitionIndex: { type: int32, versions: '0+' },
                errorCode: { type: int16, versions: '0+' },
                oldStyleOffsets: { type: array(int64), versions: '0', default: [] },
                timestamp: { type: int64, versions: '1+', default: -1 },
                offset: { type: int64, versions: '1+', default: -1 },
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
