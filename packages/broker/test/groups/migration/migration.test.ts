import { ConsumerProtocolAssignment, decodeConsumerProtocol, encodeConsumerProtocol } from '@millrace/protocol'
import { describe, expect, test } from 'vitest'
import type { ClassicGroup } from '../../../src/groups/classic/classic-group.ts'
import type { SyncRequest } from '../../../src/groups/classic/sync.ts'
import { leaveAsClassic } from '../../../src/groups/consumer/classic-speakers.ts'
import type { SyncAnswer } from '../../../src/groups/decision.ts'
import { lasting, nameOf, RULES } from '../consumer/consumer-group-driver.ts'
import { MixedDriver, type Owned, subscription } from './mixed-driver.ts'

function started(rules = RULES): MixedDriver {
  const driver = new MixedDriver(rules)
  driver.topics.create('orders', 4)
  return driver
}
const partitionsIn = (answer: SyncAnswer): Owned =>
  Object.fromEntries(
    decodeConsumerProtocol(ConsumerProtocolAssignment, answer.assignment as Buffer).assignedPartitions.map(row => [
      row.topic,
      row.partitions,
    ]),
  )

describe('upgrading', () => {
  test('classic members keep their generation and their partitions until they join again', () => {
    const driver = started()
    const [first, second] = driver.classicMembers([0, 1], [2, 3])
    const { generationId } = driver.group as ClassicGroup
    expect(driver.joinAndUpgrade('new')).toMatchObject({ errorCode: 0, memberEpoch: generationId + 1 })
    expect(driver.group.type).toBe('consumer')
    expect(driver.consumerGroup.members.get(first!)).toMatchObject({ memberEpoch: generationId, state: 'stable' })
    // The new epoch calls them back, and they go on with what they have meanwhile.
    expect(driver.heartbeatClassic(first!, generationId)).toBe('REBALANCE_IN_PROGRESS')
    expect(driver.heartbeatClassic(second!, generationId)).toBe('REBALANCE_IN_PROGRESS')
  })

  test('a cooperative member gives up first what it loses, and the new one gets it', () => {
    const driver = started()
    const [only] = driver.classicMembers([0, 1, 2, 3])
    driver.joinAndUpgrade('new')
    const told = driver.joinClassic(only!, ['orders'], { orders: [0, 1, 2, 3] })
    expect(told).toMatchObject({ errorCode: 0, generationId: 1, protocolName: 'range', leader: '', members: [] })
    const { orders: kept } = partitionsIn(driver.syncClassic(only!, told.generationId!))
    expect(kept).toHaveLength(2)
    // It gives up the other two and joins once more to say so.
    expect(driver.heartbeatClassic(only!, told.generationId!)).toBe('REBALANCE_IN_PROGRESS')
    const again = driver.joinClassic(only!, ['orders'], { orders: kept! })
    expect(again.generationId).toBe(2)
    expect(partitionsIn(driver.syncClassic(only!, 2))).toEqual({ orders: kept })
    expect(driver.heartbeatClassic(only!, 2)).toBe('NONE')
    const rest = driver.heartbeat({ memberId: 'new', memberEpoch: 2 }).assignment!.topicPartitions
    expect([...kept!, ...rest[0]!.partitions].sort()).toEqual([0, 1, 2, 3])
  })

  test('an eager member has given everything up when it joins', () => {
    const driver = started()
    const [only] = driver.classicMembers([0, 1, 2, 3])
    driver.joinAndUpgrade('new')
    const told = driver.joinClassic(only!, ['orders'])
    expect(told.generationId).toBe(2)
    expect(partitionsIn(driver.syncClassic(only!, 2)).orders).toHaveLength(2)
  })

  test('a classic member that waits for partitions is called when they are free', () => {
    const driver = started()
    driver.join('new')
    const late = driver.joinClassic('', ['orders'])
    expect(late).toMatchObject({ errorCode: 0, generationId: 3 })
    expect(partitionsIn(driver.syncClassic(late.memberId, 3))).toEqual({})
    expect(driver.heartbeatClassic(late.memberId, 3)).toBe('NONE')
    const { id: topicId } = driver.topics.topics.get('orders')!
    const all = [{ topicId, partitions: [0, 1, 2, 3] }]
    const told = driver.heartbeat({ memberId: 'new', memberEpoch: 2, topicPartitions: all })
    const kept = told.assignment!.topicPartitions.map(row => ({ ...row, partitions: [...row.partitions] }))
    driver.heartbeat({ memberId: 'new', memberEpoch: 2, topicPartitions: kept })
    expect(driver.heartbeatClassic(late.memberId, 3)).toBe('REBALANCE_IN_PROGRESS')
    driver.joinClassic(late.memberId, ['orders'])
    expect(partitionsIn(driver.syncClassic(late.memberId, 3)).orders).toHaveLength(2)
  })

  const refusals = [
    { why: 'the policy does not let it', rules: { ...RULES, migrationPolicy: 'downgrade' as const }, request: {} },
    { why: 'the group is no group of consumers', rules: RULES, request: { protocolType: 'connect' } },
    {
      why: 'a custom assignor has data of its own',
      rules: RULES,
      request: {},
      assignment: { assignedPartitions: [], userData: Buffer.from('mine') },
    },
    { why: 'the group is too large', rules: { ...RULES, maxMembers: 0 }, request: {} },
  ]
  test.each(refusals)('is refused when $why', ({ rules, request, assignment }) => {
    const driver = started(rules)
    driver.joinClassic('', ['orders'], {}, request)
    const [memberId = ''] = driver.group.members.keys()
    const bytes = encodeConsumerProtocol(ConsumerProtocolAssignment, assignment ?? { assignedPartitions: [] })
    driver.syncClassic(memberId, 1, { assignments: [{ memberId, assignment: bytes }] })
    expect(nameOf(driver.joinAndUpgrade('new').errorCode)).toBe('GROUP_ID_NOT_FOUND')
    expect(driver.group).toMatchObject({ type: 'classic', state: 'Stable' })
  })

  test('a group without members starts from nothing, whatever the policy', () => {
    const driver = started({ ...RULES, migrationPolicy: 'disabled' })
    driver.joinClassic('', ['orders'])
    driver.pass(300_001)
    expect(driver.group.members.size).toBe(0)
    expect(driver.joinAndUpgrade('new')).toMatchObject({ errorCode: 0, memberEpoch: 2 })
  })
})

describe('classic members of a consumer group', () => {
  function mixed() {
    const driver = started()
    driver.join('new')
    const { memberId, generationId } = driver.joinClassic('', ['orders'])
    return { driver, memberId, generationId: generationId! }
  }
  test('need a member id first, from v4 on', () => {
    const { driver } = mixed()
    const answer = driver.joinClassic('', ['orders'], {}, { requiresKnownMemberId: true })
    expect(nameOf(answer.errorCode!)).toBe('MEMBER_ID_REQUIRED')
    expect(nameOf(driver.joinClassic(answer.memberId, ['orders']).errorCode!)).toBe('NONE')
  })
  test('that share no protocol with the others, or none at all, are refused', () => {
    const { driver } = mixed()
    const named = (name: string) => ({ protocols: [{ name, metadata: subscription(['orders']) }] })
    expect(nameOf(driver.joinClassic('', ['orders'], {}, named('sticky')).errorCode!)).toBe(
      'INCONSISTENT_GROUP_PROTOCOL',
    )
    const connect = driver.joinClassic('', ['orders'], {}, { protocolType: 'connect' })
    expect(nameOf(connect.errorCode!)).toBe('INCONSISTENT_GROUP_PROTOCOL')
    const garbage = { protocols: [{ name: 'range', metadata: Buffer.from([0]) }] }
    expect(nameOf(driver.joinClassic('', [], {}, garbage).errorCode!)).toBe('INCONSISTENT_GROUP_PROTOCOL')
  })
  test('are refused by generation, name and protocol', () => {
    const { driver, memberId, generationId } = mixed()
    expect(driver.heartbeatClassic(memberId, generationId + 1)).toBe('ILLEGAL_GENERATION')
    expect(driver.heartbeatClassic('new', 2)).toBe('UNKNOWN_MEMBER_ID')
    expect(driver.heartbeatClassic('x', 2)).toBe('UNKNOWN_MEMBER_ID')
    const synced = (request: Partial<SyncRequest>) =>
      nameOf(driver.syncClassic(memberId, generationId, request).errorCode!)
    expect(synced({ protocolName: 'sticky' })).toBe('INCONSISTENT_GROUP_PROTOCOL')
    expect(synced({ protocolType: 'connect' })).toBe('INCONSISTENT_GROUP_PROTOCOL')
    expect(synced({ protocolType: 'consumer', protocolName: 'range' })).toBe('NONE')
  })
  test('are dropped when they do not sync, do not join again, or are silent', () => {
    const silent = mixed()
    silent.driver.pass(10_000)
    expect(silent.driver.consumerGroup.members.has(silent.memberId)).toBe(false)

    const lazy = mixed()
    for (let second = 0; second < 30; second += 5) {
      lazy.driver.heartbeatClassic(lazy.memberId, lazy.generationId)
      lazy.driver.pass(5_000)
    }
    expect(lazy.driver.consumerGroup.members.has(lazy.memberId)).toBe(false)

    const late = mixed()
    late.driver.syncClassic(late.memberId, late.generationId)
    late.driver.join('another')
    for (let second = 0; second < 30; second += 5) {
      expect(late.driver.heartbeatClassic(late.memberId, late.generationId)).toBe('REBALANCE_IN_PROGRESS')
      late.driver.pass(5_000)
    }
    expect(late.driver.consumerGroup.members.has(late.memberId)).toBe(false)
  })
  test('survive a restart of the coordinator', () => {
    const { driver } = mixed()
    expect(lasting(driver.afterCompaction())).toEqual(lasting(driver.group))
  })
})

describe('downgrading', () => {
  test('happens when the last member of the new protocol leaves: the rest rebalance', () => {
    const driver = started()
    const [first, second] = driver.classicMembers([0, 1], [2, 3])
    driver.joinAndUpgrade('new')
    driver.heartbeat({ memberId: 'new', memberEpoch: -1 })
    expect(driver.group).toMatchObject({ type: 'classic', state: 'PreparingRebalance', protocolName: 'range' })
    expect([...driver.group.members.keys()].sort()).toEqual([first, second].sort())
    const { generationId } = driver.group as ClassicGroup
    expect(driver.heartbeatClassic(first!, generationId)).toBe('REBALANCE_IN_PROGRESS')
    expect(driver.afterCompaction()).toMatchObject({ type: 'classic', generationId, state: 'Stable' })
  })
  test('happens when that member is silent for too long', () => {
    const driver = started()
    const [only] = driver.classicMembers([0, 1, 2, 3])
    driver.joinAndUpgrade('new')
    driver.joinClassic(only!, ['orders'])
    for (let second = 0; second < 45; second += 5) {
      driver.syncClassic(only!, 2)
      driver.heartbeatClassic(only!, 2)
      driver.pass(5_000)
    }
    expect(driver.group.type).toBe('classic')
  })
  test('does not happen when the policy does not let it', () => {
    const driver = started({ ...RULES, migrationPolicy: 'upgrade' })
    driver.classicMembers([0, 1, 2, 3])
    driver.joinAndUpgrade('new')
    driver.heartbeat({ memberId: 'new', memberEpoch: -1 })
    expect(driver.group.type).toBe('consumer')
  })
  test('happens when the last one of the new protocol is a static member that comes back with the classic one', () => {
    const driver = started()
    const [only] = driver.classicMembers([0, 1, 2, 3])
    driver.joinAndUpgrade('new', ['orders'], { instanceId: 'one' })
    const joined = driver.joinClassic('', ['orders'], {}, { groupInstanceId: 'one' })
    expect(joined).toMatchObject({ errorCode: 0, generationId: 2 })
    // It wants what it wanted before, so nobody is disturbed.
    expect(driver.group).toMatchObject({ type: 'classic', state: 'Stable', generationId: 2 })
    const synced = driver.syncClassic(joined.memberId, 2, { groupInstanceId: 'one' })
    expect(partitionsIn(synced).orders).toHaveLength(2)
    expect(driver.heartbeatClassic(only!, 1)).toBe('ILLEGAL_GENERATION')
  })
  test('an administrator may remove members of either protocol', () => {
    const driver = started()
    driver.join('new', ['orders'], { instanceId: 'one' })
    const { memberId } = driver.joinClassic('', ['orders'])
    const leaving = [
      { memberId: '', groupInstanceId: 'one' },
      { memberId, groupInstanceId: null },
      { memberId: 'x', groupInstanceId: null },
      { memberId: 'x', groupInstanceId: 'one' },
    ]
    const errors = driver.take(leaveAsClassic(driver.consumerGroup, leaving, driver.surroundings))
    expect(errors.map(nameOf)).toEqual(['NONE', 'NONE', 'UNKNOWN_MEMBER_ID', 'FENCED_INSTANCE_ID'])
    expect(driver.group.members.size).toBe(0)
  })
})
