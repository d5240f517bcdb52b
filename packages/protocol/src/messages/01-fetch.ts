import {
  array,
  int8,
  int16,
  int32,
  int64,
  message,
  nullable,
  nullableString,
  records,
  string,
  struct,
  uuid,
  type ValueOf,
  ZERO_UUID,
} from '../wire/schema.ts'

export const FetchRequest = message({
  name: 'FetchRequest',
  apiKey: 1,
  versions: '0-18',
  flexible: '12+',
  fields: {
    clusterId: { type: nullableString, versions: '12+', default: null, tag: 0, ignorable: true },
    replicaId: { type: int32, versions: '0-14', default: -1 },
    replicaState: {
      type: struct({
        replicaId: { type: int32, versions: '15+', default: -1 },
        replicaEpoch: { type: int64, versions: '15+', default: -1 },
      }),
      versions: '15+',
      default: { replicaId: -1, replicaEpoch: -1 },
      tag: 1,
    },
    maxWaitMs: { type: int32, versions: '0+' },
    minBytes: { type: int32, versions: '0+' },
    maxBytes: { type: int32, versions: '3+', default: 2 ** 31 - 1, ignorable: true },
    isolationLevel: { type: int8, versions: '4+', default: 0, ignorable: true },
    sessionId: { type: int32, versions: '7+', default: 0, ignorable: true },
    sessionEpoch: { type: int32, versions: '7+', default: -1, ignorable: true },
    topics: {
      type: array(
        struct({
          topic: { type: string, versions: '0-12', default: '', ignorable: true },
          topicId: { type: uuid, versions: '13+', default: ZERO_UUID, ignorable: true },
          partitions: {
            type: array(
              struct({
                partition: { type: int32, versions: '0+' },
                currentLeaderEpoch: { type: int32, versions: '9+', default: -1, ignorable: true },
                fetchOffset: { type: int64, versions: '0+' },
                lastFetchedEpoch: { type: int32, versions: '12+', default: -1 },
                logStartOffset: { type: int64, versions: '5+', default: -1, ignorable: true },
                partitionMaxBytes: { type: int32, versions: '0+' },
                replicaDirectoryId: { type: uuid, versions: '17+', default: ZERO_UUID, tag: 0, ignorable: true },
                highWatermark: { type: int64, versions: '18+', default: 2 ** 63, tag: 1, ignorable: true },
              }),
            ),
            versions: '0+',
          },
        }),
      ),
      versions: '0+',
    },
    forgottenTopicsData: {
      type: array(
        struct({
          topic: { type: string, versions: '7-12', default: '', ignorable: true },
          topicId: { type: uuid, versions: '13+', default: ZERO_UUID, ignorable: true },
          partitions: { type: array(int32), versions: '7+' },
        }),
      ),
      versions: '7+',
      default: [],
    },
    rackId: { type: string, versions: '11+', default: '', ignorable: true },
  },
})
export type FetchRequest = ValueOf<typeof FetchRequest>

export const FetchResponse = message({
  name: 'FetchResponse',
  apiKey: 1,
  versions: '0-18',
  flexible: '12+',
  fields: {
    throttleTimeMs: { type: int32, versions: '1+', default: 0, ignorable: true },
    errorCode: { type: int16, versions: '7+', default: 0, ignorable: true },
    sessionId: { type: int32, versions: '7+', default: 0 },
    responses: {
      type: array(
        struct({
          topic: { type: string, versions: '0-12', default: '', ignorable: true },
          topicId: { type: uuid, versions: '13+', default: ZERO_UUID, ignorable: true },
          partitions: {
            type: array(
              struct({
                partitionIndex: { type: int32, versions: '0+' },
                errorCode: { type: int16, versions: '0+' },
                highWatermark: { type: int64, versions: '0+' },
                lastStableOffset: { type: int64, versions: '4+', default: -1, ignorable: true },
                logStartOffset: { type: int64, versions: '5+', default: -1, ignorable: true },
                divergingEpoch: {
                  type: struct({
                    epoch: { type: int32, versions: '12+', default: -1 },
                    endOffset: { type: int64, versions: '12+', default: -1 },
                  }),
                  versions: '12+',
                  default: { epoch: -1, endOffset: -1 },
                  tag: 0,
                },
                currentLeader: {
                  type: struct({
                    leaderId: { type: int32, versions: '12+', default: -1 },
                    leaderEpoch: { type: int32, versions: '12+', default: -1 },
                  }),
                  versions: '12+',
                  default: { leaderId: -1, leaderEpoch: -1 },
                  tag: 1,
                },
                snapshotId: {
                  type: struct({
                    endOffset: { type: int64, versions: '0+', default: -1 },
                    epoch: { type: int32, versions: '0+', default: -1 },
                  }),
                  versions: '12+',
                  default: { endOffset: -1, epoch: -1 },
                  tag: 2,
                },
                abortedTransactions: {
                  type: nullable(
                    array(
                      struct({
                        producerId: { type: int64, versions: '4+' },
                        firstOffset: { type: int64, versions: '4+' },
                      }),
                    ),
                  ),
                  versions: '4+',
                  default: [],
                  ignorable: true,
                },
                preferredReadReplica: { type: int32, versions: '11+', default: -1 },
                records: { type: records, versions: '0+' },
              }),
            ),
            versions: '0+',
          },
        }),
      ),
      versions: '0+',
    },
    nodeEndpoints: {
      type: array(
        struct({
          nodeId: { type: int32, versions: '16+', mapKey: true },
          host: { type: string, versions: '16+' },
          port: { type: int32, versions: '16+' },
          rack: { type: nullableString, versions: '16+', default: null },
        }),
      ),
      versions: '16+',
      default: [],
      tag: 0,
    },
  },
})
export type FetchResponse = ValueOf<typeof FetchResponse>
