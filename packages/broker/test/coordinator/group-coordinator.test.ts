import { APIS, ConsumerProtocolSubscription, ErrorCode, encodeConsumerProtocol, ZERO_UUID } from '@millrace/protocol'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { coordinatorPartition } from '../../src/coordinator/coordinator-partition.ts'
import type { ProtocolClient } from '../protocol-client.ts'
import { RunningBroker } from '../running-broker.ts'

let running: RunningBroker
beforeEach(async () => {
  running = await RunningBroker.start({ 'group.min.session.timeout.ms': 1 })
  await running.createTopic('orders', 3)
  await findCoordinator()
})
afterEach(async () => {
  expect(running.bugs).toEqual([])
  await running.stop()
})

const nameOf = (code: number) =>
  (Object.keys(ErrorCode) as (keyof typeof ErrorCode)[]).find(name => ErrorCode[name] === code)
const SUBSCRIPTION = encodeConsumerProtocol(ConsumerProtocolSubscription, { topics: ['orders'] })

const findCoordinator = () => running.client.send(APIS.FindCoordinator, { keyType: 0, coordinatorKeys: ['g'] })

async function join(client: ProtocolClient, memberId = '', version = 9, sessionTimeoutMs = 10_000) {
  const request = {
    groupId: 'g',
    sessionTimeoutMs,
    rebalanceTimeoutMs: 10_000,
    memberId,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: SUBSCRIPTION }],
  }
  return client.send(APIS.JoinGroup, request, version)
}
async function sync(
  client: ProtocolClient,
  memberId: string,
  generationId: number,
  parts: Record<string, string> = {},
) {
  const assignments = Object.entries(parts).map(([id, part]) => ({ memberId: id, assignment: Buffer.from(part) }))
  return client.send(APIS.SyncGroup, { groupId: 'g', memberId, generationId, assignments })
}
/** One member in a Stable group. */
async function joinAlone(sessionTimeoutMs = 10_000): Promise<string> {
  const { memberId } = await join(running.client, '', 9, sessionTimeoutMs)
  const { generationId } = await join(running.client, memberId, 9, sessionTimeoutMs)
  await sync(running.client, memberId, generationId, { [memberId]: 'all' })
  return memberId
}
async function commit(
  offset: number,
  committer = {},
  metadata: string | null = 'note',
  partitionIndex = 0,
  name = 'orders',
) {
  const partitions = [{ partitionIndex, committedOffset: offset, committedMetadata: metadata }]
  const request = { groupId: 'g', ...committer, topics: [{ name, partitions }] }
  const answer = await running.client.send(APIS.OffsetCommit, request, 9)
  return nameOf(answer.topics[0]!.partitions[0]!.errorCode)
}
async function committed(partition = 0, version = 9) {
  const answer = await running.client.send(
    APIS.OffsetFetch,
    version < 8
      ? { groupId: 'g', topics: [{ name: 'orders', partitionIndexes: [partition] }] }
      : { groups: [{ groupId: 'g', topics: [{ name: 'orders', partitionIndexes: [partition] }] }] },
    version,
  )
  return (version < 8 ? answer.topics : answer.groups[0]!.topics)[0]!.partitions[0]!
}
async function describeGroup(version = 6) {
  return (await running.client.send(APIS.DescribeGroups, { groups: ['g'] }, version)).groups[0]!
}
/** Once nothing else answers differently: loading after a start takes a moment. */
async function loaded() {
  for (;;) {
    const { errorCode } = await running.client.send(APIS.ListGroups, {})
    if (errorCode === ErrorCode.NONE) return
  }
}

test.each([
  ['', 0],
  ['a', 97],
  ['my-group', 'my-group'.length],
])('the partition of group %j is the one Kafka computes', groupId => {
  let hash = 0n
  for (const unit of groupId.split('').map(one => one.charCodeAt(0)))
    hash = BigInt.asIntN(32, hash * 31n + BigInt(unit))
  expect(coordinatorPartition(groupId, 50)).toBe(Number((hash & 0x7fff_ffffn) % 50n))
})

describe('FindCoordinator', () => {
  test.each([0, 1, 2, 3, 4, 5, 6])('v%i answers with this node', async version => {
    const several = version >= 4
    const request = several ? { coordinatorKeys: ['g', 'h'] } : { key: 'g' }
    const answer = await running.client.send(APIS.FindCoordinator, request, version)
    const node = { errorCode: 0, nodeId: 1, host: '127.0.0.1', port: running.broker.port }
    if (several)
      expect(answer.coordinators).toMatchObject([
        { key: 'g', ...node },
        { key: 'h', ...node },
      ])
    else expect(answer).toMatchObject(node)
  })
  test('groups live in a compacted internal topic that comes with the first one', async () => {
    const { topics } = await running.client.send(APIS.Metadata, {
      topics: [{ name: '__consumer_offsets', topicId: ZERO_UUID }],
    })
    expect(topics[0]).toMatchObject({ errorCode: 0, isInternal: true, partitions: [{}, {}, {}] })
  })
})

describe('a group over the wire', () => {
  test('two members share the work, and the second takes over when the first leaves', async () => {
    const first = await joinAlone()
    const other = await running.connect()
    const { memberId: second } = await join(other)
    const secondJoined = join(other, second)
    const beat = () =>
      running.client
        .send(APIS.Heartbeat, { groupId: 'g', memberId: first, generationId: 1 })
        .then(a => nameOf(a.errorCode))
    while ((await beat()) !== 'REBALANCE_IN_PROGRESS');
    const rejoined = await join(running.client, first)
    expect(rejoined).toMatchObject({ errorCode: 0, generationId: 2, leader: first, protocolName: 'range' })
    expect(rejoined.members).toHaveLength(2)
    expect(await secondJoined).toMatchObject({ errorCode: 0, generationId: 2, leader: first, members: [] })

    const waiting = sync(other, second, 2)
    await sync(running.client, first, 2, { [first]: 'left', [second]: 'right' })
    expect(String((await waiting).assignment)).toBe('right')

    const left = await running.client.send(APIS.LeaveGroup, { groupId: 'g', members: [{ memberId: first }] })
    expect(left).toMatchObject({ errorCode: 0, members: [{ memberId: first, errorCode: 0 }] })
    expect(await join(other, second)).toMatchObject({ errorCode: 0, generationId: 3, leader: second })
  })

  const oldVersions = [0, 1, 2, 3, 4, 5, 6, 7, 8]
  test.each(oldVersions)('JoinGroup v%i', async version => {
    const first = await join(running.client, '', version)
    const joined = version < 4 ? first : await join(running.client, first.memberId, version)
    expect(joined).toMatchObject({ errorCode: 0, generationId: 1, protocolName: 'range', leader: joined.memberId })
    const synced = await sync(running.client, joined.memberId, 1, { [joined.memberId]: 'x' })
    expect(synced).toMatchObject({ errorCode: 0, protocolType: 'consumer', protocolName: 'range' })
  })
  test.each([0, 1, 2])('LeaveGroup v%i', async version => {
    const memberId = await joinAlone()
    const leave = () => running.client.send(APIS.LeaveGroup, { groupId: 'g', memberId }, version)
    expect(await leave()).toMatchObject({ errorCode: 0 })
    expect(nameOf((await leave()).errorCode)).toBe('UNKNOWN_MEMBER_ID')
  })

  test('a member that falls silent is dropped', async () => {
    await joinAlone(5)
    while ((await describeGroup()).groupState !== 'Empty');
  })

  test('a refused join leaves nothing behind', async () => {
    expect(nameOf((await join(running.client, '', 9, 99_999_999)).errorCode)).toBe('INVALID_SESSION_TIMEOUT')
    expect((await running.client.send(APIS.ListGroups, {})).groups).toEqual([])
  })

  test('requests for groups that are not there', async () => {
    const { client } = running
    const member = { groupId: 'g', memberId: 'm', generationId: 1 }
    expect(nameOf((await client.send(APIS.Heartbeat, member)).errorCode)).toBe('UNKNOWN_MEMBER_ID')
    expect(nameOf((await client.send(APIS.SyncGroup, { ...member, assignments: [] })).errorCode)).toBe(
      'UNKNOWN_MEMBER_ID',
    )
    expect(nameOf((await join(client, 'm')).errorCode)).toBe('UNKNOWN_MEMBER_ID')
    const noName = { ...member, groupId: '' }
    expect(nameOf((await client.send(APIS.Heartbeat, noName)).errorCode)).toBe('INVALID_GROUP_ID')
    expect((await describeGroup(5)).groupState).toBe('Dead')
    expect(nameOf((await describeGroup(6)).errorCode)).toBe('GROUP_ID_NOT_FOUND')
    expect(await committed()).toMatchObject({ errorCode: 0, committedOffset: -1, metadata: '' })
  })

  test('is described and listed', async () => {
    const memberId = await joinAlone()
    expect(await describeGroup()).toMatchObject({
      errorCode: 0,
      groupState: 'Stable',
      protocolType: 'consumer',
      protocolData: 'range',
      members: [
        {
          memberId,
          clientId: 'test',
          clientHost: '/127.0.0.1',
          memberMetadata: SUBSCRIPTION,
          memberAssignment: Buffer.from('all'),
        },
      ],
    })
    const list = async (filter: object) => (await running.client.send(APIS.ListGroups, filter)).groups
    expect(await list({})).toEqual([
      { groupId: 'g', protocolType: 'consumer', groupState: 'Stable', groupType: 'classic' },
    ])
    expect(await list({ statesFilter: ['stable'] })).toHaveLength(1)
    expect(await list({ statesFilter: ['Empty'] })).toHaveLength(0)
    expect(await list({ typesFilter: ['Classic'] })).toHaveLength(1)
    expect(await list({ typesFilter: ['consumer'] })).toHaveLength(0)
  })
})

describe('offsets', () => {
  test.each([2, 3, 4, 5, 6, 7, 8, 9])('OffsetCommit v%i keeps offset and metadata', async version => {
    const partitions = [{ partitionIndex: 1, committedOffset: 42, committedMetadata: 'näht' }]
    const request = { groupId: 'g', topics: [{ name: 'orders', partitions }] }
    const answer = await running.client.send(APIS.OffsetCommit, request, version)
    expect(answer.topics[0]!.partitions[0]!.errorCode).toBe(0)
    expect(await committed(1)).toMatchObject({ committedOffset: 42, metadata: 'näht' })
  })
  test('v10 of both names topics by id', async () => {
    const { topics } = await running.client.send(APIS.Metadata, { topics: [{ name: 'orders', topicId: ZERO_UUID }] })
    const { topicId } = topics[0]!
    const unknown = 'AAAAAAAAAAAAAAAAAAAAAQ'
    const partitions = [{ partitionIndex: 0, committedOffset: 5, committedMetadata: null }]
    const request = { groupId: 'g', topics: [topicId, unknown].map(id => ({ topicId: id, partitions })) }
    const answer = await running.client.send(APIS.OffsetCommit, request, 10)
    expect(answer.topics.map(row => nameOf(row.partitions[0]!.errorCode))).toEqual(['NONE', 'UNKNOWN_TOPIC_ID'])
    const groups = [{ groupId: 'g', topics: [topicId, unknown].map(id => ({ topicId: id, partitionIndexes: [0] })) }]
    const fetched = await running.client.send(APIS.OffsetFetch, { groups }, 10)
    expect(fetched.groups[0]!.topics).toMatchObject([
      { topicId, partitions: [{ errorCode: 0, committedOffset: 5 }] },
      { topicId: unknown, partitions: [{ errorCode: ErrorCode.UNKNOWN_TOPIC_ID, committedOffset: -1 }] },
    ])
  })
  test.each([1, 2, 3, 4, 5, 6, 7, 8, 9])('OffsetFetch v%i', async version => {
    expect(await commit(7)).toBe('NONE')
    expect(await committed(0, version)).toMatchObject({ errorCode: 0, committedOffset: 7, metadata: 'note' })
    expect(await committed(2, version)).toMatchObject({ errorCode: 0, committedOffset: -1 })
  })
  test('null asks for all of a group', async () => {
    await commit(7)
    await commit(8, {}, '', 2)
    const { groups } = await running.client.send(APIS.OffsetFetch, { groups: [{ groupId: 'g', topics: null }] }, 9)
    expect(groups[0]!.topics).toMatchObject([
      { name: 'orders', partitions: [{ committedOffset: 7 }, { committedOffset: 8 }] },
    ])
    const old = await running.client.send(APIS.OffsetFetch, { groupId: 'g', topics: null }, 7)
    expect(old.topics[0]!.partitions).toHaveLength(2)
  })
  test('what may not be committed', async () => {
    expect(await commit(1, {}, 'x'.repeat(4097))).toBe('OFFSET_METADATA_TOO_LARGE')
    expect(await commit(1, {}, 'x'.repeat(4096))).toBe('NONE')
    expect(await commit(1, {}, null, 3)).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    expect(await commit(1, {}, null, 0, 'missing')).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    expect(await commit(1, { memberId: 'm', generationIdOrMemberEpoch: 1 })).toBe('UNKNOWN_MEMBER_ID')
    const memberId = await joinAlone()
    expect(await commit(2)).toBe('UNKNOWN_MEMBER_ID')
    expect(await commit(2, { memberId, generationIdOrMemberEpoch: 0 })).toBe('ILLEGAL_GENERATION')
    expect(await commit(2, { memberId, generationIdOrMemberEpoch: 1 })).toBe('NONE')
  })
  test('go with their topic', async () => {
    await commit(7)
    await running.client.send(APIS.DeleteTopics, { topicNames: ['orders'], timeoutMs: 1 }, 5)
    expect(await committed()).toMatchObject({ committedOffset: -1 })
  })
  test('are deleted one by one, or with the group', async () => {
    const memberId = await joinAlone()
    await commit(7, { memberId, generationIdOrMemberEpoch: 1 })
    const topics = [{ name: 'orders', partitions: [{ partitionIndex: 0 }, { partitionIndex: 9 }] }]
    const deleteOffsets = () => running.client.send(APIS.OffsetDelete, { groupId: 'g', topics })
    const codes = async () => (await deleteOffsets()).topics[0]?.partitions.map(row => nameOf(row.errorCode))
    const deleteGroup = async () =>
      nameOf((await running.client.send(APIS.DeleteGroups, { groupsNames: ['g'] })).results[0]!.errorCode)
    expect(await codes()).toEqual(['GROUP_SUBSCRIBED_TO_TOPIC', 'UNKNOWN_TOPIC_OR_PARTITION'])
    expect(await deleteGroup()).toBe('NON_EMPTY_GROUP')
    await running.client.send(APIS.LeaveGroup, { groupId: 'g', members: [{ memberId }] })
    expect(await codes()).toEqual(['NONE', 'UNKNOWN_TOPIC_OR_PARTITION'])
    expect(await committed()).toMatchObject({ committedOffset: -1 })
    await commit(8)
    expect(await deleteGroup()).toBe('NONE')
    expect(await deleteGroup()).toBe('GROUP_ID_NOT_FOUND')
    expect(nameOf((await deleteOffsets()).errorCode)).toBe('GROUP_ID_NOT_FOUND')
  })
})

describe.each(['restart', 'crash'] as const)('after a %s', how => {
  test('members go on in their generation, and offsets are there', async () => {
    const memberId = await joinAlone()
    expect(await commit(7, { memberId, generationIdOrMemberEpoch: 1 })).toBe('NONE')
    const before = await describeGroup()
    await running[how]()
    await loaded()
    expect(await describeGroup()).toEqual(before)
    expect(await committed()).toMatchObject({ committedOffset: 7, metadata: 'note' })
    const beat = await running.client.send(APIS.Heartbeat, { groupId: 'g', memberId, generationId: 1 })
    expect(nameOf(beat.errorCode)).toBe('NONE')
  })
  test('what was deleted stays deleted', async () => {
    await commit(7)
    await running.client.send(APIS.DeleteGroups, { groupsNames: ['g'] })
    await running[how]()
    await loaded()
    expect((await running.client.send(APIS.ListGroups, {})).groups).toEqual([])
  })
  test('a member that has died meanwhile is dropped after its session', async () => {
    await joinAlone(20)
    await running[how]()
    await loaded()
    while ((await describeGroup()).groupState !== 'Empty');
  })
})

test('parked members are told when the broker closes', async () => {
  const first = await joinAlone()
  const other = await running.connect()
  const { memberId } = await join(other)
  const parked = join(other, memberId)
  const beat = () => running.client.send(APIS.Heartbeat, { groupId: 'g', memberId: first, generationId: 1 })
  while (nameOf((await beat()).errorCode) !== 'REBALANCE_IN_PROGRESS');
  await running.broker.close()
  expect(nameOf((await parked).errorCode)).toBe('COORDINATOR_NOT_AVAILABLE')
})
