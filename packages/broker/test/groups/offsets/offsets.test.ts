import { ConsumerProtocolSubscription, ErrorCode, encodeConsumerProtocol, ZERO_UUID } from '@millrace/protocol'
import { describe, expect, test } from 'vitest'
import { type ClassicGroup, emptyGroup } from '../../../src/groups/classic/classic-group.ts'
import { newConsumerGroup, newConsumerMember } from '../../../src/groups/consumer/consumer-group.ts'
import { mayDelete, mayDeleteOffsets, mayDeleteOffsetsOf, tombstonesOf } from '../../../src/groups/delete-group.ts'
import type { Group } from '../../../src/groups/group.ts'
import { CommittedOffsets } from '../../../src/groups/offsets/committed-offsets.ts'
import { commit, mayCommit } from '../../../src/groups/offsets/offset-commit.ts'
import { expireOffsets } from '../../../src/groups/offsets/offset-expiration.ts'
import { NO_PRODUCER_ID } from '../../../src/log/record-place.ts'
import { GroupDriver, LIMITS } from '../classic/group-driver.ts'

const simple = { generationId: -1, memberId: '', groupInstanceId: null, apiVersion: 8 }
const DAY_MS = 86_400_000
const PLACE = { recordOffset: 0, producerId: NO_PRODUCER_ID }
const ordersOnly = [
  { name: 'range', metadata: encodeConsumerProtocol(ConsumerProtocolSubscription, { topics: ['orders'] }) },
]

function committed(group: Group, ...rows: { topic: string; atMs: number; expireTimestampMs?: number }[]) {
  const offsets = new CommittedOffsets()
  for (const { topic, atMs, expireTimestampMs = -1 } of rows) {
    const row = { topic, topicId: ZERO_UUID, partition: 0, offset: 7, leaderEpoch: 0, metadata: 'm', expireTimestampMs }
    for (const record of commit(group, simple, [row], LIMITS, atMs).records)
      if (record.kind === 'OffsetCommit')
        offsets.replay(record.key, record.value as Parameters<CommittedOffsets['replay']>[1], PLACE)
  }
  return offsets
}

describe('who may commit', () => {
  const driver = new GroupDriver()
  const [memberId] = driver.stable('one')
  const stable = driver.group
  driver.join()
  const preparing = driver.group
  const completing = new GroupDriver()
  const second = completing.join().answer!.memberId
  const member = { generationId: 1, memberId: memberId!, groupInstanceId: null, apiVersion: 8 }
  const rows = [
    { of: 'no group', group: undefined, by: simple, expected: 'NONE' },
    { of: 'no group', group: undefined, by: { ...simple, generationId: 1 }, expected: 'ILLEGAL_GENERATION' },
    {
      of: 'no group',
      group: undefined,
      by: { ...simple, generationId: 1, apiVersion: 9 },
      expected: 'GROUP_ID_NOT_FOUND',
    },
    { of: 'an empty group', group: emptyGroup('g', 0), by: simple, expected: 'NONE' },
    { of: 'an empty group', group: emptyGroup('g', 0), by: member, expected: 'UNKNOWN_MEMBER_ID' },
    { of: 'a stable group', group: stable, by: simple, expected: 'UNKNOWN_MEMBER_ID' },
    { of: 'a stable group', group: stable, by: member, expected: 'NONE' },
    { of: 'a stable group', group: stable, by: { ...member, groupInstanceId: 'one' }, expected: 'NONE' },
    {
      of: 'a stable group',
      group: stable,
      by: { ...member, memberId: 'old', groupInstanceId: 'one' },
      expected: 'FENCED_INSTANCE_ID',
    },
    { of: 'a stable group', group: stable, by: { ...member, generationId: 0 }, expected: 'ILLEGAL_GENERATION' },
    { of: 'a group whose members rejoin', group: preparing, by: member, expected: 'NONE' },
    {
      of: 'a group that is being assigned',
      group: completing.group,
      by: { ...member, memberId: second },
      expected: 'REBALANCE_IN_PROGRESS',
    },
  ] as const
  test.each(rows)('to $of: $expected', ({ group, by, expected }) => {
    expect(mayCommit(group, by, [])).toBe(ErrorCode[expected])
  })
  test('a commit keeps the session alive', () => {
    const row = {
      topic: 't',
      topicId: ZERO_UUID,
      partition: 0,
      offset: 1,
      leaderEpoch: -1,
      metadata: '',
      expireTimestampMs: -1,
    }
    const decision = commit(stable, member, [row], LIMITS, 0)
    expect(decision.timers).toEqual([{ timer: { kind: 'member', memberId }, afterMs: 10_000 }])
    expect(decision.group).toEqual(stable)
  })
})

describe('forgetting offsets', () => {
  const names = (tombstones: ReturnType<typeof expireOffsets>) =>
    tombstones.map(record => (record.kind === 'OffsetCommit' ? record.key.topic : record.kind))

  test('of a group without members counts from each commit, or from what the client asked', () => {
    const group = emptyGroup('g', 0)
    const offsets = committed(
      group,
      { topic: 'old', atMs: 0 },
      { topic: 'new', atMs: DAY_MS },
      { topic: 'asked', atMs: 0, expireTimestampMs: 5 * DAY_MS },
    )
    expect(names(expireOffsets(group, offsets, DAY_MS, DAY_MS - 1))).toEqual([])
    expect(names(expireOffsets(group, offsets, DAY_MS, DAY_MS))).toEqual(['old'])
    expect(names(expireOffsets(group, offsets, DAY_MS, 5 * DAY_MS))).toEqual(['old', 'new', 'asked', 'GroupMetadata'])
  })
  test('of a group that became empty counts from that moment', () => {
    const group: ClassicGroup = { ...emptyGroup('g', 5 * DAY_MS), protocolType: 'consumer' }
    const offsets = committed(group, { topic: 't', atMs: 0 })
    expect(names(expireOffsets(group, offsets, DAY_MS, 6 * DAY_MS - 1))).toEqual([])
    expect(names(expireOffsets(group, offsets, DAY_MS, 6 * DAY_MS))).toEqual(['t', 'GroupMetadata'])
  })
  test('of a group at work touches only topics it no longer reads', () => {
    const driver = new GroupDriver()
    driver.sync({ memberId: driver.join({ protocols: ordersOnly }).answer!.memberId })
    const offsets = committed(driver.group, { topic: 'orders', atMs: 0 }, { topic: 'returns', atMs: 0 })
    expect(names(expireOffsets(driver.group, offsets, DAY_MS, 2 * DAY_MS))).toEqual(['returns'])
  })
  test('waits while members rejoin: what they will read is not settled', () => {
    const driver = new GroupDriver()
    driver.sync({ memberId: driver.join({ protocols: ordersOnly }).answer!.memberId })
    driver.join({ protocols: ordersOnly })
    const offsets = committed(driver.group, { topic: 'returns', atMs: 0 })
    expect(names(expireOffsets(driver.group, offsets, DAY_MS, 2 * DAY_MS))).toEqual([])
  })
  test('of a consumer group counts from each commit, of topics nobody reads; an empty one goes with its last offset', () => {
    const group = { ...newConsumerGroup('g'), groupEpoch: 3 }
    const offsets = committed(group, { topic: 'orders', atMs: 0 }, { topic: 'returns', atMs: DAY_MS })
    const reader = { ...newConsumerMember('m'), topics: new Set(['returns']) }
    const atWork = { ...group, members: new Map([['m', reader]]) }
    expect(names(expireOffsets(atWork, offsets, DAY_MS, 9 * DAY_MS))).toEqual(['orders'])
    expect(names(expireOffsets(group, offsets, DAY_MS, DAY_MS))).toEqual(['orders'])
    const all = names(expireOffsets(group, offsets, DAY_MS, 2 * DAY_MS))
    expect(all.slice(0, 2)).toEqual(['orders', 'returns'])
    expect(all.at(-1)).toBe('ConsumerGroupMetadata')
  })
  test('of members that speak something else never happens', () => {
    const driver = new GroupDriver()
    driver.stable(null)
    const offsets = committed(driver.group, { topic: 't', atMs: 0 })
    expect(expireOffsets(driver.group, offsets, DAY_MS, 99 * DAY_MS)).toEqual([])
  })
})

describe('deleting', () => {
  const driver = new GroupDriver()
  driver.sync({ memberId: driver.join({ protocols: ordersOnly }).answer!.memberId })
  test('a group needs it to exist and to be empty', () => {
    expect(mayDelete(undefined)).toBe(ErrorCode.GROUP_ID_NOT_FOUND)
    expect(mayDelete(driver.group)).toBe(ErrorCode.NON_EMPTY_GROUP)
    expect(mayDelete(emptyGroup('g', 0))).toBe(ErrorCode.NONE)
  })
  test('offsets needs the topic not to be subscribed', () => {
    expect(mayDeleteOffsets(undefined)).toBe(ErrorCode.GROUP_ID_NOT_FOUND)
    expect(mayDeleteOffsets({ ...driver.group, protocolType: 'connect' })).toBe(ErrorCode.NON_EMPTY_GROUP)
    expect(mayDeleteOffsets(driver.group)).toBe(ErrorCode.NONE)
    expect(mayDeleteOffsetsOf(driver.group, 'orders')).toBe(ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC)
    expect(mayDeleteOffsetsOf(driver.group, 'returns')).toBe(ErrorCode.NONE)
    expect(mayDeleteOffsetsOf(emptyGroup('g', 0), 'orders')).toBe(ErrorCode.NONE)
  })
  test('leaves nothing behind after a replay', () => {
    const group = emptyGroup('g', 0)
    const offsets = committed(group, { topic: 'a', atMs: 0 }, { topic: '__proto__', atMs: 0 })
    for (const record of tombstonesOf(group, offsets))
      if (record.kind === 'OffsetCommit') offsets.replay(record.key, null, PLACE)
    expect(offsets.isEmpty).toBe(true)
  })
})
