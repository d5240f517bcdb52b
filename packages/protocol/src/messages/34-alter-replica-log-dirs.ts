import { array, int16, int32, message, string, struct, type ValueOf } from '../wire/schema.ts'

/** API key 34: moves replicas between the data directories of one broker (KIP-113). */
export const AlterReplicaLogDirsRequest = message({
  name: 'AlterReplicaLogDirsRequest',
  apiKey: 34,
  versions: '1-2',
  flexible: '2+',
  fields: {
    dirs: {
      type: array(
        struct({
          path: { type: string, versions: '0+', mapKey: true, about: 'An absolute path.' },
          topics: {
            type: array(
              struct({
                name: { type: string, versions: '0+', mapKey: true },
                partitions: { type: array(int32), versions: '0+' },
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
export type AlterReplicaLogDirsRequest = ValueOf<typeof AlterReplicaLogDirsRequest>

export const AlterReplicaLogDirsResponse = message({
  name: 'AlterReplicaLogDirsResponse',
  apiKey: 34,
  versions: '1-2',
  flexible: '2+',
  fields: {
    throttleTimeMs: {
      type: int32,
      versions: '0+',
      default: 0,
      about: 'How long the broker delayed this answer, or wants the client to pause, because of a quota.',
    },
    results: {
      type: array(
        struct({
          topicName: { type: string, versions: '0+' },
          partitions: {
            type: array(
              struct({
                partitionIndex: { type: int32, versions: '0+' },
                errorCode: { type: int16, versions: '0+' },
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
export type AlterReplicaLogDirsResponse = ValueOf<typeof AlterReplicaLogDirsResponse>
