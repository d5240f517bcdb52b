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

/**
 * API key 1. v4 isolation level and aborted transactions; v7 fetch sessions (KIP-227); v9 leader epoch (KIP-320); v11
 * closest replica (KIP-392); v12 truncation; v13 topic ids; v16 where the leader is (KIP-951). v15, v17 and v18
 * matter between brokers only.
 */
export const FetchRequest = message({
  name: 'FetchRequest',
  apiKey: 1,
  versions: '0-18',
  flexible: '12+',
  fields: {
    clusterId: {
      type: nullableString,
      versions: '12+',
      default: null,
      tag: 0,
      ignorable: true,
      about: 'Of the raft quorum; consumers leave it out.',
    },
    replicaId: { type: int32, versions: '0-14', default: -1, about: '−1 for a consumer.' },
    replicaState: {
      type: struct({
        replicaId: { type: int32, versions: '15+', default: -1, about: '−1 for a consumer.' },
        replicaEpoch: { type: int64, versions: '15+', default: -1 },
      }),
      versions: '15+',
      default: { replicaId: -1, replicaEpoch: -1 },
      tag: 1,
    },
    maxWaitMs: { type: int32, versions: '0+', about: 'Longest wait for minBytes.' },
    minBytes: { type: int32, versions: '0+' },
    maxBytes: {
      type: int32,
      versions: '3+',
      default: 2 ** 31 - 1,
      ignorable: true,
      about: 'For the whole answer; a first batch that is larger is sent all the same.',
    },
    isolationLevel: {
      type: int8,
      versions: '4+',
      default: 0,
      ignorable: true,
      about: '0: read_uncommitted, 1: read_committed.',
    },
    sessionId: { type: int32, versions: '7+', default: 0, ignorable: true },
    sessionEpoch: {
      type: int32,
      versions: '7+',
      default: -1,
      ignorable: true,
      about: 'Counts the requests of a fetch session (KIP-227): 0 opens one, −1 closes it or goes without.',
    },
    topics: {
      type: array(
        struct({
          topic: { type: string, versions: '0-12', default: '', ignorable: true },
          topicId: { type: uuid, versions: '13+', default: ZERO_UUID, ignorable: true },
          partitions: {
            type: array(
              struct({
                partition: { type: int32, versions: '0+' },
                currentLeaderEpoch: {
                  type: int32,
                  versions: '9+',
                  default: -1,
                  ignorable: true,
                  about: 'The leader epoch the client knows, −1 for none: a broker that knows another one refuses.',
                },
                fetchOffset: { type: int64, versions: '0+' },
                lastFetchedEpoch: {
                  type: int32,
                  versions: '12+',
                  default: -1,
                  about: 'Leader epoch of the last record fetched, −1 for none.',
                },
                logStartOffset: {
                  type: int64,
                  versions: '5+',
                  default: -1,
                  ignorable: true,
                  about: 'Sent by followers.',
                },
                partitionMaxBytes: { type: int32, versions: '0+' },
                replicaDirectoryId: {
                  type: uuid,
                  versions: '17+',
                  default: ZERO_UUID,
                  tag: 0,
                  ignorable: true,
                  about: 'Sent by voters of the raft quorum.',
                },
                highWatermark: {
                  type: int64,
                  versions: '18+',
                  default: 2 ** 63,
                  tag: 1,
                  ignorable: true,
                  about: 'Sent by followers (KIP-1166).',
                },
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
      about: 'Partitions to drop from the fetch session.',
    },
    rackId: {
      type: string,
      versions: '11+',
      default: '',
      ignorable: true,
      about: 'Rack of the client, for reading from the closest replica (KIP-392).',
    },
  },
})
export type FetchRequest = ValueOf<typeof FetchRequest>

export const FetchResponse = message({
  name: 'FetchResponse',
  apiKey: 1,
  versions: '0-18',
  flexible: '12+',
  fields: {
    throttleTimeMs: {
      type: int32,
      versions: '1+',
      default: 0,
      ignorable: true,
      about: 'How long the broker delayed this answer, or wants the client to pause, because of a quota.',
    },
    errorCode: {
      type: int16,
      versions: '7+',
      default: 0,
      ignorable: true,
      about: 'Concerns the fetch session or the whole request.',
    },
    sessionId: { type: int32, versions: '7+', default: 0, about: '0: no session.' },
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
                lastStableOffset: {
                  type: int64,
                  versions: '4+',
                  default: -1,
                  ignorable: true,
                  about: 'Everything below it is decided: committed, aborted or not transactional.',
                },
                logStartOffset: { type: int64, versions: '5+', default: -1, ignorable: true },
                divergingEpoch: {
                  type: struct({
                    epoch: { type: int32, versions: '12+', default: -1 },
                    endOffset: { type: int64, versions: '12+', default: -1 },
                  }),
                  versions: '12+',
                  default: { epoch: -1, endOffset: -1 },
                  tag: 0,
                  about: 'Set when the log of the reader has another history: it must truncate.',
                },
                currentLeader: {
                  type: struct({
                    leaderId: { type: int32, versions: '12+', default: -1 },
                    leaderEpoch: { type: int32, versions: '12+', default: -1 },
                  }),
                  versions: '12+',
                  default: { leaderId: -1, leaderEpoch: -1 },
                  tag: 1,
                  about:
                    'Sent with NOT_LEADER_OR_FOLLOWER and FENCED_LEADER_EPOCH, so that no metadata request is needed (KIP-951).',
                },
                snapshotId: {
                  type: struct({
                    endOffset: { type: int64, versions: '0+', default: -1 },
                    epoch: { type: int32, versions: '0+', default: -1 },
                  }),
                  versions: '12+',
                  default: { endOffset: -1, epoch: -1 },
                  tag: 2,
                  about: 'Tells a follower of the raft log to load a snapshot.',
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
                  about: 'Sorted by firstOffset; null for read_uncommitted.',
                },
                preferredReadReplica: {
                  type: int32,
                  versions: '11+',
                  default: -1,
                  about: '−1: keep reading from the leader.',
                },
                records: {
                  type: records,
                  versions: '0+',
                  about: 'Whole batches; the last one may be cut off in version 2 and before.',
                },
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
      about: 'Where the leaders named in currentLeader live (KIP-951).',
    },
  },
})
export type FetchResponse = ValueOf<typeof FetchResponse>
