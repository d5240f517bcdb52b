import {
  APIS,
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
  decodeConsumerProtocol,
  ErrorCode,
  encodeConsumerProtocol,
  type InputOf,
} from '@millrace/protocol'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { RunningBroker } from '../running-broker.ts'

let running: RunningBroker
let topicId: string
beforeEach(async () => {
  running = await RunningBroker.start({ 'group.consumer.assignment.interval.ms': '0' })
  topicId = await running.createTopic('orders', 3)
  await running.client.send(APIS.FindCoordinator, { keyType: 0, coordinatorKeys: ['g'] })
})
afterEach(async () => {
  expect(running.bugs).toEqual([])
  await running.stop()
})

const nameOf = (code: number) =>
  (Object.keys(ErrorCode) as (keyof typeof ErrorCode)[]).find(name => ErrorCode[name] === code)

type Heartbeat = Partial<InputOf<typeof APIS.ConsumerGroupHeartbeat.request>>

const heartbeat = (memberId: string, memberEpoch: number, request: Heartbeat = {}, version = 1) =>
  running.client.send(APIS.ConsumerGroupHeartbeat, { groupId: 'g', memberId, memberEpoch, ...request }, version)
const join = (memberId: string, request: Heartbeat = {}, version = 1) =>
  heartbeat(
    memberId,
    0,
    { subscribedTopicNames: ['orders'], rebalanceTimeoutMs: 60_000, topicPartitions: [], ...request },
    version,
  )
async function commit(committer: { memberId?: string; generationIdOrMemberEpoch?: number }, version = 10) {
  const topic = version >= 10 ? { topicId } : { name: 'orders' }
  const partitions = [{ partitionIndex: 0, committedOffset: 7, committedMetadata: 'note' }]
  const request = { groupId: 'g', ...committer, topics: [{ ...topic, partitions }] }
  const answer = await running.client.send(APIS.OffsetCommit, request, version)
  return nameOf(answer.topics[0]!.partitions[0]!.errorCode)
}
async function fetchOffset(member: { memberId?: string | null; memberEpoch?: number }, version = 10) {
  const topic = version >= 10 ? { topicId } : { name: 'orders' }
  const groups = [{ groupId: 'g', ...member, topics: [{ ...topic, partitionIndexes: [0] }] }]
  const [group] = (await running.client.send(APIS.OffsetFetch, { groups }, version)).groups
  return group!.errorCode === 0 ? group!.topics[0]!.partitions[0]!.committedOffset : nameOf(group!.errorCode)
}
const describeGroup = async (groupId = 'g') =>
  (await running.client.send(APIS.ConsumerGroupDescribe, { groupIds: [groupId], includeAuthorizedOperations: false }))
    .groups[0]!
async function loaded() {
  for (;;) {
    const { errorCode } = await running.client.send(APIS.ListGroups, {})
    if (errorCode === ErrorCode.NONE) return
  }
}

describe('over the wire', () => {
  test('a member joins, is described, and leaves', async () => {
    const joined = await join('m')
    expect(joined).toMatchObject({ errorCode: 0, memberId: 'm', memberEpoch: 2, heartbeatIntervalMs: 5_000 })
    expect(joined.assignment).toEqual({ topicPartitions: [{ topicId, partitions: [0, 1, 2] }] })
    const own = { topicPartitions: [{ topicId, topicName: 'orders', partitions: [0, 1, 2] }] }
    expect(await describeGroup()).toMatchObject({
      errorCode: 0,
      groupState: 'Stable',
      groupEpoch: 2,
      assignmentEpoch: 2,
      assignorName: 'uniform',
      members: [
        { memberId: 'm', memberEpoch: 2, clientId: 'test', memberType: 1, assignment: own, targetAssignment: own },
      ],
    })
    expect(await heartbeat('m', -1)).toMatchObject({ errorCode: 0, memberEpoch: -1 })
    expect(await describeGroup()).toMatchObject({ groupState: 'Empty', members: [] })
  })

  test('below v1 the broker makes the member id', async () => {
    const { memberId } = await join('', {}, 0)
    expect(memberId).toMatch(/^[\w-]{22}$/)
    expect(nameOf((await join('', {}, 1)).errorCode)).toBe('INVALID_REQUEST')
  })

  test('a subscription by pattern is resolved beside the heartbeats', async () => {
    await join('m', { subscribedTopicNames: null, subscribedTopicRegex: 'ord.*' })
    for (;;) {
      const { memberEpoch, assignment } = await heartbeat('m', 1)
      if (memberEpoch === 1) continue
      expect(assignment).toEqual({ topicPartitions: [{ topicId, partitions: [0, 1, 2] }] })
      break
    }
    const invalid = await join('n', { subscribedTopicNames: null, subscribedTopicRegex: '(' })
    expect(nameOf(invalid.errorCode)).toBe('INVALID_REGULAR_EXPRESSION')
    expect(invalid.errorMessage).toContain('missing closing )')
  })

  test('errors say what is wrong', async () => {
    expect(await heartbeat('m', 3)).toMatchObject({ errorCode: ErrorCode.GROUP_ID_NOT_FOUND })
    await join('m')
    const fenced = await heartbeat('m', 9)
    expect(nameOf(fenced.errorCode)).toBe('FENCED_MEMBER_EPOCH')
    expect(fenced.errorMessage).toContain('epoch 9')
    expect(nameOf((await join('m', { serverAssignor: 'mine' })).errorCode)).toBe('UNSUPPORTED_ASSIGNOR')
  })
})

describe('offsets', () => {
  test('are committed and fetched in the epoch of the member', async () => {
    await join('m')
    expect(await commit({ memberId: 'm', generationIdOrMemberEpoch: 2 })).toBe('NONE')
    expect(await commit({ memberId: 'm', generationIdOrMemberEpoch: 3 })).toBe('STALE_MEMBER_EPOCH')
    expect(await commit({ memberId: 'm', generationIdOrMemberEpoch: 1 })).toBe('STALE_MEMBER_EPOCH')
    expect(await commit({ memberId: 'm', generationIdOrMemberEpoch: 2 }, 8)).toBe('UNSUPPORTED_VERSION')
    expect(await commit({ memberId: 'x', generationIdOrMemberEpoch: 2 })).toBe('UNKNOWN_MEMBER_ID')
    expect(await fetchOffset({ memberId: 'm', memberEpoch: 2 })).toBe(7)
    expect(await fetchOffset({ memberId: 'm', memberEpoch: 1 })).toBe('STALE_MEMBER_EPOCH')
    expect(await fetchOffset({})).toBe(7)
    expect(await fetchOffset({}, 8)).toBe(7)
  })
  test('of no group at all are refused from v9 on by the name of the problem', async () => {
    expect(await commit({ memberId: 'm', generationIdOrMemberEpoch: 2 }, 9)).toBe('GROUP_ID_NOT_FOUND')
    expect(await commit({ memberId: 'm', generationIdOrMemberEpoch: 2 }, 8)).toBe('ILLEGAL_GENERATION')
  })
})

describe('administration', () => {
  test('lists, describes and deletes groups of both types', async () => {
    await join('m')
    await running.client.send(APIS.OffsetCommit, {
      groupId: 'simple',
      topics: [{ topicId, partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }] }],
    })
    const list = async (filters = {}) =>
      (await running.client.send(APIS.ListGroups, filters)).groups.map(group => [
        group.groupId,
        group.groupType,
        group.groupState,
      ])
    expect((await list()).sort()).toEqual([
      ['g', 'consumer', 'Stable'],
      ['simple', 'classic', 'Empty'],
    ])
    expect(await list({ typesFilter: ['Consumer'] })).toEqual([['g', 'consumer', 'Stable']])
    expect(await list({ statesFilter: ['empty'] })).toEqual([['simple', 'classic', 'Empty']])
    expect(await describeGroup('simple')).toMatchObject({ errorCode: ErrorCode.GROUP_ID_NOT_FOUND })
    const [classic] = (await running.client.send(APIS.DescribeGroups, { groups: ['g'] })).groups
    expect(classic).toMatchObject({ errorCode: ErrorCode.GROUP_ID_NOT_FOUND, groupState: 'Dead' })

    const remove = async () =>
      nameOf((await running.client.send(APIS.DeleteGroups, { groupsNames: ['g'] })).results[0]!.errorCode)
    expect(await remove()).toBe('NON_EMPTY_GROUP')
    const deleteOffsets = await running.client.send(APIS.OffsetDelete, {
      groupId: 'g',
      topics: [{ name: 'orders', partitions: [{ partitionIndex: 0 }] }],
    })
    expect(nameOf(deleteOffsets.topics[0]!.partitions[0]!.errorCode)).toBe('GROUP_SUBSCRIBED_TO_TOPIC')
    await heartbeat('m', -1)
    expect(await remove()).toBe('NONE')
    expect(await remove()).toBe('GROUP_ID_NOT_FOUND')
    expect(await list()).toEqual([['simple', 'classic', 'Empty']])
  })

  test('a group may have intervals of its own', async () => {
    const configs = [
      { name: 'consumer.heartbeat.interval.ms', configOperation: 0, value: '7000' },
      { name: 'consumer.session.timeout.ms', configOperation: 0, value: '50000' },
    ]
    const resources = [{ resourceType: 32, resourceName: 'g', configs }]
    const { responses } = await running.client.send(APIS.IncrementalAlterConfigs, { resources, validateOnly: false })
    expect(responses[0]).toMatchObject({ errorCode: 0 })
    expect(await join('m')).toMatchObject({ heartbeatIntervalMs: 7_000 })
    const asked = [{ resourceType: 32, resourceName: 'g', configurationKeys: null }]
    const { results } = await running.client.send(APIS.DescribeConfigs, { resources: asked, includeSynonyms: false })
    const described = results[0]!.configs.map(({ name, value, configSource }) => [name, value, configSource])
    expect(described).toEqual([
      ['consumer.assignment.interval.ms', '0', 4],
      ['consumer.heartbeat.interval.ms', '7000', 8],
      ['consumer.session.timeout.ms', '50000', 8],
    ])
  })

  test.each([
    { name: 'consumer.heartbeat.interval.ms', value: '1' },
    { name: 'consumer.session.timeout.ms', value: '60001' },
    { name: 'consumer.session.timeout.ms', value: 'soon' },
    { name: 'retention.ms', value: '1' },
  ])('$name=$value of a group is refused', async config => {
    const resources = [{ resourceType: 32, resourceName: 'g', configs: [{ ...config, configOperation: 0 }] }]
    const { responses } = await running.client.send(APIS.IncrementalAlterConfigs, { resources, validateOnly: false })
    expect(nameOf(responses[0]!.errorCode)).toBe('INVALID_CONFIG')
  })

  test('without the protocol nobody can use it', async () => {
    await running.restart({ 'group.coordinator.rebalance.protocols': 'classic' })
    await loaded()
    expect(nameOf((await join('m')).errorCode)).toBe('UNSUPPORTED_VERSION')
  })
})

test.each(['restart', 'crash'] as const)('after a %s members go on in their epochs', async stop => {
  await join('m')
  await join('n')
  await heartbeat('m', 2, { topicPartitions: [{ topicId, partitions: [0, 1, 2] }] })
  const before = await describeGroup()
  await running[stop]()
  await loaded()
  expect(await describeGroup()).toEqual(before)
  const told = await heartbeat('m', 2, { topicPartitions: [] })
  expect(told).toMatchObject({ errorCode: 0, memberEpoch: 3 })
  const rest = await heartbeat('n', 3)
  expect(rest.assignment?.topicPartitions[0]?.partitions).toHaveLength(1)
})

test('a classic group is joined by a consumer of the new protocol, and becomes classic again', async () => {
  const metadata = (owned: number[]) =>
    encodeConsumerProtocol(ConsumerProtocolSubscription, {
      topics: ['orders'],
      ownedPartitions: owned.length === 0 ? [] : [{ topic: 'orders', partitions: owned }],
    })
  const classic = await running.connect()
  const joinClassic = (memberId: string, owned: number[]) =>
    classic.send(APIS.JoinGroup, {
      groupId: 'g',
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 10_000,
      memberId,
      protocolType: 'consumer',
      protocols: [{ name: 'cooperative-sticky', metadata: metadata(owned) }],
    })
  const syncClassic = async (
    memberId: string,
    generationId: number,
    assignments: { memberId: string; assignment: Buffer }[],
  ) => {
    const answer = await classic.send(APIS.SyncGroup, { groupId: 'g', memberId, generationId, assignments })
    expect(answer.errorCode).toBe(0)
    return decodeConsumerProtocol(ConsumerProtocolAssignment, answer.assignment).assignedPartitions
  }
  const heartbeatClassic = async (memberId: string, generationId: number) =>
    nameOf((await classic.send(APIS.Heartbeat, { groupId: 'g', memberId, generationId })).errorCode)

  const { memberId } = await joinClassic('', [])
  expect(nameOf((await joinClassic(memberId, [])).errorCode)).toBe('NONE')
  const everything = { assignedPartitions: [{ topic: 'orders', partitions: [0, 1, 2] }] }
  const assignment = encodeConsumerProtocol(ConsumerProtocolAssignment, everything)
  await syncClassic(memberId, 1, [{ memberId, assignment }])

  expect(await join('m')).toMatchObject({ errorCode: 0, memberEpoch: 2 })
  expect(await heartbeatClassic(memberId, 1)).toBe('REBALANCE_IN_PROGRESS')
  await joinClassic(memberId, [0, 1, 2])
  const [kept] = await syncClassic(memberId, 1, [])
  const { generationId } = await joinClassic(memberId, kept!.partitions)
  expect(generationId).toBe(2)
  expect(await syncClassic(memberId, 2, [])).toEqual([kept])
  const rest = (await heartbeat('m', 2)).assignment!.topicPartitions[0]!.partitions
  expect([...kept!.partitions, ...rest].sort()).toEqual([0, 1, 2])

  await heartbeat('m', -1)
  expect(await heartbeatClassic(memberId, 2)).toBe('REBALANCE_IN_PROGRESS')
  expect((await joinClassic(memberId, kept!.partitions)).leader).toBe(memberId)
})
