/** Every API in every version that this broker advertises: a plain request is answered, and never by closing the connection. */
import { APIS, type Api, type ApiName, ErrorCode, type InputOf, ZERO_UUID } from '@millrace/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { allHandlers } from '../../src/handlers/all-handlers.ts'
import type { BrokerServices } from '../../src/handlers/services.ts'
import { RunningBroker } from '../running-broker.ts'

const TOPIC = 'everywhere'
const MISSING = 'nowhere'
let running: RunningBroker
let topicId: string
beforeAll(async () => {
  running = await RunningBroker.start()
  topicId = await running.createTopic(TOPIC)
})
afterAll(() => running.stop())

/** A request for each version. Names that a version has no field for are left out. */
type Requests = {
  readonly [Name in ApiName]?: (version: number) => InputOf<(typeof APIS)[Name]['request']>
}
/** Versions as Kafka numbers them, from `first` on. */
const since = <F extends object>(version: number, first: number, fields: F): F | Record<never, never> =>
  version >= first ? fields : {}

const groupId = 'a-group'
const member = { groupId, generationId: 1, memberId: 'nobody' }
const producer = { transactionalId: 'a-producer', producerId: 7, producerEpoch: 0 }
const named = [{ name: TOPIC, partitions: [0, 9] }]

const REQUESTS: Requests = {
  Produce: version => {
    const partitionData = [{ index: 0, records: running.batch(['x']) }]
    const topic = version >= 13 ? { topicId } : { name: TOPIC }
    return {
      ...since(version, 3, { transactionalId: null }),
      acks: -1,
      timeoutMs: 1_000,
      topicData: [{ ...topic, partitionData }],
    }
  },
  Fetch: version => {
    const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 100 }]
    const topics = [{ ...(version >= 13 ? { topicId } : { topic: TOPIC }), partitions }]
    return { maxWaitMs: 0, minBytes: 1, topics }
  },
  ListOffsets: () => ({
    replicaId: -1,
    topics: [{ name: TOPIC, partitions: [{ partitionIndex: 0, timestamp: -1 }] }],
  }),
  Metadata: () => ({ topics: [{ name: TOPIC }, { name: MISSING }], allowAutoTopicCreation: true }),
  OffsetCommit: version => {
    const partitions = [{ partitionIndex: 0, committedOffset: 1, committedMetadata: null }]
    const topic = version >= 10 ? { topicId } : { name: TOPIC }
    return { groupId, topics: [{ ...topic, partitions }] }
  },
  OffsetFetch: version =>
    version < 8
      ? { groupId, topics: [{ name: TOPIC, partitionIndexes: [0] }] }
      : { groups: [{ groupId, topics: null }] },
  FindCoordinator: version => (version < 4 ? { key: groupId } : { coordinatorKeys: [groupId] }),
  JoinGroup: version => ({
    groupId: `joined-${version}`,
    sessionTimeoutMs: 10_000,
    ...since(version, 1, { rebalanceTimeoutMs: 10_000 }),
    memberId: '',
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: Buffer.alloc(6) }],
  }),
  Heartbeat: () => member,
  LeaveGroup: version =>
    version < 3 ? { groupId, memberId: 'nobody' } : { groupId, members: [{ memberId: 'nobody' }] },
  SyncGroup: () => ({ ...member, assignments: [] }),
  DescribeGroups: () => ({ groups: [groupId] }),
  ListGroups: () => ({}),
  ApiVersions: version => since(version, 3, { clientSoftwareName: 'test', clientSoftwareVersion: '1' }),
  CreateTopics: version => ({
    topics: [{ name: `made-${version}`, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }],
    timeoutMs: 1_000,
  }),
  DeleteTopics: version =>
    version < 6
      ? { topicNames: [MISSING], timeoutMs: 1_000 }
      : { topics: [{ name: MISSING, topicId: ZERO_UUID }], timeoutMs: 1_000 },
  DeleteRecords: () => ({
    topics: [{ name: TOPIC, partitions: [{ partitionIndex: 0, offset: 0 }] }],
    timeoutMs: 1_000,
  }),
  InitProducerId: () => ({ transactionalId: null, transactionTimeoutMs: 60_000 }),
  OffsetForLeaderEpoch: () => ({ topics: [{ topic: TOPIC, partitions: [{ partition: 0, leaderEpoch: 0 }] }] }),
  AddPartitionsToTxn: version =>
    version < 4
      ? {
          v3AndBelowTransactionalId: producer.transactionalId,
          v3AndBelowProducerId: producer.producerId,
          v3AndBelowProducerEpoch: producer.producerEpoch,
          v3AndBelowTopics: named,
        }
      : { transactions: [{ ...producer, topics: named }] },
  AddOffsetsToTxn: () => ({ ...producer, groupId }),
  EndTxn: () => ({ ...producer, committed: false }),
  WriteTxnMarkers: () => ({ markers: [] }),
  TxnOffsetCommit: () => ({
    ...producer,
    groupId,
    topics: [{ name: TOPIC, partitions: [{ partitionIndex: 0, committedOffset: 0, committedMetadata: null }] }],
  }),
  DescribeConfigs: () => ({ resources: [{ resourceType: 2, resourceName: TOPIC, configurationKeys: null }] }),
  AlterConfigs: () => ({ resources: [{ resourceType: 2, resourceName: TOPIC, configs: [] }], validateOnly: true }),
  AlterReplicaLogDirs: () => ({ dirs: [{ path: '/nowhere', topics: named }] }),
  DescribeLogDirs: () => ({ topics: null }),
  CreatePartitions: () => ({
    topics: [{ name: TOPIC, count: 5, assignments: null }],
    timeoutMs: 1_000,
    validateOnly: true,
  }),
  DeleteGroups: () => ({ groupsNames: ['no-such-group'] }),
  ElectLeaders: () => ({
    electionType: 0,
    topicPartitions: [{ topic: TOPIC, partitions: [0, 9] }],
  }),
  IncrementalAlterConfigs: () => ({
    resources: [{ resourceType: 2, resourceName: TOPIC, configs: [] }],
    validateOnly: true,
  }),
  AlterPartitionReassignments: () => ({
    topics: [{ name: TOPIC, partitions: [{ partitionIndex: 0, replicas: [1] }] }],
  }),
  ListPartitionReassignments: () => ({ topics: null }),
  OffsetDelete: () => ({ groupId, topics: [{ name: TOPIC, partitions: [{ partitionIndex: 0 }] }] }),
  DescribeQuorum: () => ({ topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }] }),
  UpdateFeatures: version => ({
    featureUpdates: [{ feature: 'no.such', maxVersionLevel: 1, allowDowngrade: false, upgradeType: 1 }],
    ...since(version, 1, { validateOnly: true }),
  }),
  DescribeCluster: () => ({ includeClusterAuthorizedOperations: true }),
  DescribeProducers: () => ({ topics: [{ name: TOPIC, partitionIndexes: [0] }] }),
  UnregisterBroker: () => ({ brokerId: 1 }),
  DescribeTransactions: () => ({ transactionalIds: [producer.transactionalId] }),
  ListTransactions: () => ({ stateFilters: [], producerIdFilters: [] }),
  ConsumerGroupHeartbeat: () => ({
    groupId: 'consumers',
    memberId: 'AAAAAAAAAAAAAAAAAAAAAQ',
    memberEpoch: 0,
    rebalanceTimeoutMs: 10_000,
    subscribedTopicNames: [TOPIC],
    topicPartitions: [],
  }),
  ConsumerGroupDescribe: () => ({ groupIds: ['consumers'], includeAuthorizedOperations: false }),
  ListConfigResources: version => since(version, 1, { resourceTypes: [2] }),
  DescribeTopicPartitions: () => ({ topics: [{ name: TOPIC }, { name: MISSING }] }),
}

/** What this broker serves; handlers look at their services only when they are asked. */
const served: readonly Api[] = Array.from(allHandlers({} as BrokerServices).values(), ({ api }) => api)
const rows = served.flatMap(api =>
  Array.from({ length: api.advertised.max - api.advertised.min + 1 }, (_, index) => ({
    name: api.name as ApiName,
    version: api.advertised.min + index,
  })),
)

describe('every version of every API is answered', () => {
  const CLOSED = { Produce: 3 } as Partial<Record<ApiName, number>>
  test.each(rows.filter(({ name, version }) => version >= (CLOSED[name] ?? 0)))('$name v$version', async row => {
    const { name, version } = row
    const request = REQUESTS[name]
    if (request === undefined) throw new Error(`no request for ${name}: add one`)
    const client = await running.connect()
    const answer = await client.send(APIS[name] as Api, request(version), version)
    expect(codesIn(answer)).not.toContain(ErrorCode.UNKNOWN_SERVER_ERROR)
    client.close()
  })
  test('and none of them was a bug', () => {
    expect(running.bugs).toEqual([])
  })
})

/** Every error code in an answer, however deep. */
function codesIn(value: unknown): number[] {
  if (Array.isArray(value)) return value.flatMap(codesIn)
  if (value === null || typeof value !== 'object' || Buffer.isBuffer(value)) return []
  return Object.entries(value).flatMap(([field, inner]) => (field === 'errorCode' ? [inner as number] : codesIn(inner)))
}
