import {
  array,
  int16,
  int32,
  int64,
  message,
  nullableString,
  string,
  struct,
  uint16,
  uuid,
  type ValueOf,
} from '../wire/schema.ts'

/** API key 55: who keeps the metadata log (KIP-595). v1 lag of replicas (KIP-836); v2 directories and endpoints (KIP-853). */
export const DescribeQuorumRequest = message({
  name: 'DescribeQuorumRequest',
  apiKey: 55,
  versions: '0-2',
  flexible: '0+',
  fields: {
    topics: {
      type: array(
        struct({
          topicName: { type: string, versions: '0+' },
          partitions: { type: array(struct({ partitionIndex: { type: int32, versions: '0+' } })), versions: '0+' },
        }),
      ),
      versions: '0+',
    },
  },
})
export type DescribeQuorumRequest = ValueOf<typeof DescribeQuorumRequest>

const replicas = array(
  struct({
    replicaId: { type: int32, versions: '0+' },
    replicaDirectoryId: { type: uuid, versions: '2+' },
    logEndOffset: { type: int64, versions: '0+', about: '−1: not known.' },
    lastFetchTimestamp: {
      type: int64,
      versions: '1+',
      default: -1,
      ignorable: true,
      about: 'Milliseconds by the clock of the leader, −1 for the leader itself.',
    },
    lastCaughtUpTimestamp: {
      type: int64,
      versions: '1+',
      default: -1,
      ignorable: true,
      about: 'When the leader appended what this replica fetched last; the present for the leader itself.',
    },
  }),
)

export const DescribeQuorumResponse = message({
  name: 'DescribeQuorumResponse',
  apiKey: 55,
  versions: '0-2',
  flexible: '0+',
  fields: {
    errorCode: { type: int16, versions: '0+' },
    errorMessage: { type: nullableString, versions: '2+', ignorable: true },
    topics: {
      type: array(
        struct({
          topicName: { type: string, versions: '0+' },
          partitions: {
            type: array(
              struct({
                partitionIndex: { type: int32, versions: '0+' },
                errorCode: { type: int16, versions: '0+' },
                errorMessage: { type: nullableString, versions: '2+', ignorable: true },
                leaderId: { type: int32, versions: '0+', about: '−1: not known.' },
                leaderEpoch: { type: int32, versions: '0+' },
                highWatermark: { type: int64, versions: '0+' },
                currentVoters: { type: replicas, versions: '0+' },
                observers: { type: replicas, versions: '0+' },
              }),
            ),
            versions: '0+',
          },
        }),
      ),
      versions: '0+',
    },
    nodes: {
      type: array(
        struct({
          nodeId: { type: int32, versions: '2+', mapKey: true },
          listeners: {
            type: array(
              struct({
                name: { type: string, versions: '2+', mapKey: true },
                host: { type: string, versions: '2+' },
                port: { type: uint16, versions: '2+' },
              }),
            ),
            versions: '2+',
          },
        }),
      ),
      versions: '2+',
    },
  },
})
export type DescribeQuorumResponse = ValueOf<typeof DescribeQuorumResponse>
