/** What tools ask about the cluster: directories, quorum, elections, reassignments, features. */
import { APIS, type Api, ErrorCode, type InputOf } from '@millrace/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { RunningBroker } from '../running-broker.ts'

let running: RunningBroker
beforeAll(async () => {
  running = await RunningBroker.start({ 'max.request.partition.size.limit': 4 })
  await running.createTopic('b', 3)
  await running.createTopic('a', 2)
  await running.createTopic('c')
})
afterAll(() => running.stop())

const nameOf = (code: number) =>
  (Object.keys(ErrorCode) as (keyof typeof ErrorCode)[]).find(name => ErrorCode[name] === code)
const send = <A extends Api>(api: A, request: InputOf<A['request']>, version?: number) =>
  running.client.send(api, request, version)

describe('DescribeLogDirs', () => {
  test('tells the sizes of partitions and the room on the volume', async () => {
    const batch = running.batch(['some bytes'])
    await running.produce('b', batch, { partition: 1 })
    const { errorCode, results } = await send(APIS.DescribeLogDirs, { topics: null })
    expect([errorCode, results.length]).toEqual([0, 1])
    const { logDir, topics, totalBytes, usableBytes } = results[0]!
    expect(logDir).toBe(running.directory)
    expect(topics.map(({ name }) => name).sort()).toEqual(['a', 'b', 'c'])
    expect(topics.find(({ name }) => name === 'b')!.partitions).toContainEqual({
      partitionIndex: 1,
      partitionSize: batch.length,
      offsetLag: 0,
      isFutureKey: false,
    })
    expect(totalBytes).toBeGreaterThan(usableBytes)
    expect(usableBytes).toBeGreaterThan(0)
  })
  test('of some partitions', async () => {
    const { results } = await send(APIS.DescribeLogDirs, {
      topics: [
        { topic: 'a', partitions: [1, 7] },
        { topic: 'missing', partitions: [0] },
      ],
    })
    const listed = results[0]!.topics.map(({ name, partitions }) => [
      name,
      ...partitions.map(each => each.partitionIndex),
    ])
    expect(listed).toEqual([['a', 1]])
  })
})

test('AlterReplicaLogDirs leaves a partition where it is', async () => {
  const { results } = await send(APIS.AlterReplicaLogDirs, {
    dirs: [
      { path: running.directory, topics: [{ name: 'a', partitions: [0, 7] }] },
      { path: '/nowhere', topics: [{ name: 'a', partitions: [1] }] },
    ],
  })
  expect(results).toHaveLength(1)
  const outcomes = results[0]!.partitions.map(({ partitionIndex, errorCode }) => [partitionIndex, nameOf(errorCode)])
  expect(outcomes).toEqual([
    [0, 'NONE'],
    [7, 'UNKNOWN_TOPIC_OR_PARTITION'],
    [1, 'LOG_DIR_NOT_FOUND'],
  ])
})

describe('DescribeTopicPartitions', () => {
  type Cursor = { topicName: string; partitionIndex: number } | null
  const page = async (names: string[], cursor: Cursor = null, responsePartitionLimit = 2_000) => {
    const request = { topics: names.map(name => ({ name })), cursor, responsePartitionLimit }
    const { topics, nextCursor } = await send(APIS.DescribeTopicPartitions, request)
    const listed = topics.map(({ name, errorCode, partitions }) =>
      errorCode === 0 ? `${name}: ${partitions.map(each => each.partitionIndex)}` : `${name}: ${nameOf(errorCode)}`,
    )
    return { listed, nextCursor }
  }
  test('lists all topics by name, as many partitions at a time as are allowed', async () => {
    const first = await page([])
    expect(first).toEqual({ listed: ['a: 0,1', 'b: 0,1'], nextCursor: { topicName: 'b', partitionIndex: 2 } })
    expect(await page([], first.nextCursor)).toEqual({ listed: ['b: 2', 'c: 0'], nextCursor: null })
    expect(await page([], null, 3)).toMatchObject({ nextCursor: { topicName: 'b', partitionIndex: 1 } })
    expect(await page([], null, 2)).toEqual({ listed: ['a: 0,1'], nextCursor: { topicName: 'b', partitionIndex: 0 } })
    expect(await page([], null, 0)).toMatchObject({ listed: ['a: 0'] })
  })
  test('goes on after a topic that has gone', async () => {
    expect(await page([], { topicName: 'aa', partitionIndex: 5 })).toMatchObject({ listed: ['b: 0,1,2', 'c: 0'] })
  })
  test('of some topics, missing and impossible ones among them', async () => {
    expect(await page(['c', 'missing', 'a', 'no/name', 'a'])).toEqual({
      listed: ['a: 0,1', 'c: 0', 'missing: UNKNOWN_TOPIC_OR_PARTITION', 'no/name: INVALID_TOPIC_EXCEPTION'],
      nextCursor: null,
    })
  })
  test.each([
    ['before the first partition', { topicName: 'a', partitionIndex: -1 }],
    ['in a topic that was not asked for', { topicName: 'b', partitionIndex: 0 }],
  ])('refuses a cursor %s', async (_, cursor) => {
    expect(await page(['a', 'c'], cursor)).toMatchObject({ listed: ['a: INVALID_REQUEST', 'c: INVALID_REQUEST'] })
  })
})

describe('ElectLeaders', () => {
  const elect = async (electionType: number, partitions: number[], topic = 'a') => {
    const request = { electionType, topicPartitions: [{ topic, partitions }] }
    const { errorCode, replicaElectionResults } = await send(APIS.ElectLeaders, request)
    const outcomes = replicaElectionResults[0]!.partitionResult.map(row => nameOf(row.errorCode))
    return [nameOf(errorCode), ...outcomes]
  }
  test('is not needed', async () => {
    expect(await elect(0, [0, 7])).toEqual(['NONE', 'ELECTION_NOT_NEEDED', 'UNKNOWN_TOPIC_OR_PARTITION'])
    expect(await elect(1, [0])).toEqual(['NONE', 'ELECTION_NOT_NEEDED'])
    expect(await elect(0, [0], 'missing')).toEqual(['NONE', 'UNKNOWN_TOPIC_OR_PARTITION'])
    expect(await elect(2, [0])).toEqual(['INVALID_REQUEST', 'INVALID_REQUEST'])
    const all = await send(APIS.ElectLeaders, { electionType: 0, topicPartitions: null })
    expect(all.replicaElectionResults.flatMap(({ partitionResult }) => partitionResult)).toEqual([])
  })
})

test('partitions are reassigned to nowhere but here', async () => {
  const reassign = async (partitionIndex: number, replicas: number[] | null, name = 'a') => {
    const request = { topics: [{ name, partitions: [{ partitionIndex, replicas }] }] }
    const { errorCode, responses } = await send(APIS.AlterPartitionReassignments, request)
    return errorCode === 0 ? nameOf(responses[0]!.partitions[0]!.errorCode) : 'failed'
  }
  expect(await reassign(0, [1])).toBe('NONE')
  expect(await reassign(0, [2])).toBe('INVALID_REPLICA_ASSIGNMENT')
  expect(await reassign(0, [])).toBe('INVALID_REPLICA_ASSIGNMENT')
  expect(await reassign(0, null)).toBe('NO_REASSIGNMENT_IN_PROGRESS')
  expect(await reassign(7, [1])).toBe('UNKNOWN_TOPIC_OR_PARTITION')
  expect(await reassign(0, [1], 'missing')).toBe('UNKNOWN_TOPIC_OR_PARTITION')
  expect(await send(APIS.ListPartitionReassignments, { topics: null })).toMatchObject({ errorCode: 0, topics: [] })
})

test('DescribeQuorum shows one voter', async () => {
  const describeOne = (topicName: string) =>
    send(APIS.DescribeQuorum, { topics: [{ topicName, partitions: [{ partitionIndex: 0 }] }] })
  const { topics, nodes } = await describeOne('__cluster_metadata')
  const { leaderId, highWatermark, currentVoters } = topics[0]!.partitions[0]!
  expect(leaderId).toBe(1)
  expect(highWatermark).toBeGreaterThan(0)
  expect(currentVoters).toMatchObject([{ replicaId: 1, logEndOffset: highWatermark }])
  expect(nodes).toMatchObject([{ nodeId: 1, listeners: [{ port: running.broker.port }] }])
  const other = await describeOne('a')
  expect(nameOf(other.topics[0]!.partitions[0]!.errorCode)).toBe('UNKNOWN_TOPIC_OR_PARTITION')
})

test('no broker is unregistered', async () => {
  const unregister = async (brokerId: number) => nameOf((await send(APIS.UnregisterBroker, { brokerId })).errorCode)
  expect(await unregister(7)).toBe('BROKER_ID_NOT_REGISTERED')
  expect(await unregister(1)).toBe('INVALID_REQUEST')
})

describe('features', () => {
  const software = { clientSoftwareName: 'test', clientSoftwareVersion: '1' }
  const levels = async () => {
    const { finalizedFeatures } = await send(APIS.ApiVersions, software)
    return Object.fromEntries(finalizedFeatures.map(row => [row.name, row.maxVersionLevel]))
  }
  const update = async (feature: string, maxVersionLevel: number, upgradeType = 1, validateOnly = false) => {
    const featureUpdates = [{ feature, maxVersionLevel, allowDowngrade: false, upgradeType }]
    return nameOf((await send(APIS.UpdateFeatures, { featureUpdates, validateOnly })).errorCode)
  }
  test('that may be switched off are supported from v4 on only', async () => {
    const namesOf = async (version: number) =>
      (await send(APIS.ApiVersions, software, version)).supportedFeatures.map(({ name }) => name)
    expect(await namesOf(4)).toEqual(['group.version', 'metadata.version', 'transaction.version'])
    expect(await namesOf(3)).toEqual(['metadata.version'])
  })
  test('are switched off and on, and it lasts', async () => {
    expect(await levels()).toMatchObject({ 'metadata.version': 30 })
    expect(await update('group.version', 1)).toBe('NONE')
    expect(await update('group.version', 0, 2, true)).toBe('NONE')
    expect(await levels()).toMatchObject({ 'group.version': 1 })
    expect(await update('group.version', 0)).toBe('INVALID_UPDATE_VERSION')
    expect(await update('group.version', 0, 2)).toBe('NONE')
    await running.restart()
    expect(await levels()).not.toHaveProperty(['group.version'])
    expect(await update('group.version', 1)).toBe('NONE')
  })
  test('that are unknown, or levels, are refused', async () => {
    expect(await update('no.such', 1)).toBe('INVALID_UPDATE_VERSION')
    expect(await update('group.version', 9)).toBe('INVALID_UPDATE_VERSION')
    expect(await update('metadata.version', 7, 3)).toBe('INVALID_UPDATE_VERSION')
  })
})

test('who asks what is allowed is told everything', async () => {
  const topics = [{ name: 'a' }]
  const asked = { topics, allowAutoTopicCreation: false, includeTopicAuthorizedOperations: true }
  expect((await send(APIS.Metadata, asked)).topics[0]!.topicAuthorizedOperations).toBe(3576)
  const ofCluster = { topics, allowAutoTopicCreation: false, includeClusterAuthorizedOperations: true }
  expect((await send(APIS.Metadata, ofCluster, 9)).clusterAuthorizedOperations).toBe(8096)
  const cluster = await send(APIS.DescribeCluster, { includeClusterAuthorizedOperations: true })
  expect(cluster.clusterAuthorizedOperations).toBe(8096)
  const notAsked = await send(APIS.DescribeCluster, { includeClusterAuthorizedOperations: false })
  expect(notAsked.clusterAuthorizedOperations).toBe(-(2 ** 31))
})

test('no handler has failed', () => {
  expect(running.bugs).toEqual([])
})
