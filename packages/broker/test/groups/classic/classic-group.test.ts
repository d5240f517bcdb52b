import { ErrorCode } from '@millrace/protocol'
import { describe, expect, test } from 'vitest'
import { groupFromRecord } from '../../../src/groups/classic/classic-group-records.ts'
import type { GroupState } from '../../../src/groups/classic/group-moves.ts'
import { code, GroupDriver, LIMITS, RANGE, STICKY } from './group-driver.ts'

/** A group in each state with the member that requests come from. */
const IN_STATE: Record<Exclude<GroupState, 'Dead'>, (driver: GroupDriver) => string> = {
  Empty: driver => {
    const [member] = driver.stable(null)
    driver.leave(member!)
    return member!
  },
  PreparingRebalance: driver => {
    const [leader] = driver.stable(null)
    driver.join()
    return leader!
  },
  CompletingRebalance: driver => driver.join().answer!.memberId,
  Stable: driver => driver.stable(null)[0]!,
}
const inState = (state: Exclude<GroupState, 'Dead'>) => {
  const driver = new GroupDriver()
  const memberId = IN_STATE[state](driver)
  expect(driver.group.state).toBe(state)
  return { driver, memberId }
}

describe('answers per state', () => {
  const rows = [
    { state: 'Empty', heartbeat: 'UNKNOWN_MEMBER_ID', sync: 'UNKNOWN_MEMBER_ID', rejoin: 'UNKNOWN_MEMBER_ID' },
    { state: 'PreparingRebalance', heartbeat: 'REBALANCE_IN_PROGRESS', sync: 'REBALANCE_IN_PROGRESS', rejoin: 'NONE' },
    { state: 'CompletingRebalance', heartbeat: 'NONE', sync: 'NONE', rejoin: 'NONE' },
    { state: 'Stable', heartbeat: 'NONE', sync: 'NONE', rejoin: 'NONE' },
  ] as const
  test.each(rows)('$state: heartbeat $heartbeat', row => {
    const { driver, memberId } = inState(row.state)
    expect(driver.heartbeat(memberId)).toBe(ErrorCode[row.heartbeat])
  })
  test.each(rows)('$state: sync of the leader $sync', row => {
    const { driver, memberId } = inState(row.state)
    expect(code(driver.sync({ memberId }))).toBe(row.sync)
  })
  test.each(rows)('$state: rejoin of the leader $rejoin', row => {
    const { driver, memberId } = inState(row.state)
    expect(code(driver.join({ memberId }))).toBe(row.rejoin)
  })
  test.each(rows)('$state: a stranger and an old generation are refused', ({ state }) => {
    const { driver, memberId } = inState(state)
    expect(driver.heartbeat('stranger')).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
    expect(code(driver.sync({ memberId: 'stranger' }))).toBe('UNKNOWN_MEMBER_ID')
    expect(code(driver.join({ memberId: 'stranger' }))).toBe('UNKNOWN_MEMBER_ID')
    if (state === 'Empty') return
    expect(driver.heartbeat(memberId, 0)).toBe(ErrorCode.ILLEGAL_GENERATION)
    expect(code(driver.sync({ memberId, generationId: 0 }))).toBe('ILLEGAL_GENERATION')
  })
})

describe('joining', () => {
  test('a new member with v4 or later gets an id and comes back with it', () => {
    const driver = new GroupDriver()
    const first = driver.join({ requiresKnownMemberId: true })
    expect(code(first)).toBe('MEMBER_ID_REQUIRED')
    expect(first.answer!.memberId).toBe('client-1')
    expect(driver.group.state).toBe('Empty')
    expect(code(driver.join({ memberId: 'client-1', requiresKnownMemberId: true }))).toBe('NONE')
    expect(driver.group.generationId).toBe(1)
  })

  test('an id that nobody comes back with is forgotten after the session timeout', () => {
    const driver = new GroupDriver()
    driver.join({ requiresKnownMemberId: true })
    driver.pass(10_001)
    expect(driver.group.pendingMembers.size).toBe(0)
    expect(code(driver.join({ memberId: 'client-1', requiresKnownMemberId: true }))).toBe('UNKNOWN_MEMBER_ID')
  })

  test('a rebalance waits for pending members', () => {
    const driver = new GroupDriver()
    const [leader] = driver.stable(null)
    const pending = driver.join({ requiresKnownMemberId: true }).answer!.memberId
    const rejoined = driver.join({ memberId: leader! })
    expect(code(rejoined)).toBe('parked')
    expect(code(driver.join({ memberId: pending }))).toBe('NONE')
    expect(code(rejoined)).toBe('NONE')
    expect(rejoined.answer!.members).toHaveLength(2)
  })

  test('the leader alone learns the members and their metadata', () => {
    const driver = new GroupDriver()
    const leader = driver.join().answer!.memberId
    const second = driver.join({ protocols: [{ name: 'range', metadata: Buffer.from('other') }] })
    const rejoined = driver.join({ memberId: leader })
    expect(rejoined.answer!.members.map(member => String(member.metadata))).toEqual(['range v1', 'other'])
    expect(second.answer).toMatchObject({ leader, members: [], generationId: 2, protocolName: 'range' })
  })

  const timeouts = [
    { sessionTimeoutMs: 5_999, expected: 'INVALID_SESSION_TIMEOUT' },
    { sessionTimeoutMs: 6_000, expected: 'NONE' },
    { sessionTimeoutMs: 1_800_000, expected: 'NONE' },
    { sessionTimeoutMs: 1_800_001, expected: 'INVALID_SESSION_TIMEOUT' },
  ]
  test.each(timeouts)('session timeout $sessionTimeoutMs ms: $expected', ({ sessionTimeoutMs, expected }) => {
    expect(code(new GroupDriver().join({ sessionTimeoutMs }))).toBe(expected)
  })

  const protocolRows = [
    { of: 'no protocols', request: { protocols: [] } },
    { of: 'no protocol type', request: { protocolType: '' } },
  ]
  test.each(protocolRows)('into an empty group with $of is refused', ({ request }) => {
    expect(code(new GroupDriver().join(request))).toBe('INCONSISTENT_GROUP_PROTOCOL')
  })
  test('with another protocol type or no common assignor is refused and changes nothing', () => {
    const driver = new GroupDriver()
    driver.stable(null)
    expect(code(driver.join({ protocolType: 'connect' }))).toBe('INCONSISTENT_GROUP_PROTOCOL')
    expect(code(driver.join({ protocols: [STICKY] }))).toBe('INCONSISTENT_GROUP_PROTOCOL')
    expect(driver.group.state).toBe('Stable')
  })

  test('the protocol is the one most members prefer among those all know', () => {
    const driver = new GroupDriver()
    const leader = driver.join({ protocols: [RANGE, STICKY] }).answer!.memberId
    driver.join({ protocols: [STICKY, RANGE] })
    driver.join({ protocols: [STICKY, { name: 'mine', metadata: RANGE.metadata }] })
    expect(driver.join({ memberId: leader, protocols: [RANGE, STICKY] }).answer!.protocolName).toBe('sticky')
  })

  test('a full group refuses one more and keeps the others', () => {
    const driver = new GroupDriver()
    driver.stable(null, null, null)
    expect(code(driver.join())).toBe('GROUP_MAX_SIZE_REACHED')
    expect(driver.group.members.size).toBe(3)
  })

  test('a member that repeats its join gets the same generation again', () => {
    const driver = new GroupDriver()
    const leader = driver.join().answer!.memberId
    const repeated = driver.join({ memberId: leader })
    expect(repeated.answer).toMatchObject({ generationId: 1, leader })
    expect(repeated.answer!.members).toHaveLength(1)
  })
  test('a follower of a stable group that changed nothing does not disturb it', () => {
    const driver = new GroupDriver()
    const [leader, follower] = driver.stable(null, null)
    expect(driver.join({ memberId: follower! }).answer).toMatchObject({ generationId: 2, leader, members: [] })
    expect(driver.group.state).toBe('Stable')
  })
  const triggers = [
    { who: 'the leader, unchanged,', index: 0, protocols: [RANGE] },
    { who: 'a follower with new metadata', index: 1, protocols: [{ name: 'range', metadata: Buffer.from('v2') }] },
  ]
  test.each(triggers)('$who starts a rebalance of a stable group', ({ index, protocols }) => {
    const driver = new GroupDriver()
    const ids = driver.stable(null, null)
    expect(code(driver.join({ memberId: ids[index]!, protocols }))).toBe('parked')
    expect(driver.heartbeat(ids[1 - index]!)).toBe(ErrorCode.REBALANCE_IN_PROGRESS)
  })

  test('members that do not come back within the rebalance timeout are dropped', () => {
    const driver = new GroupDriver()
    const [leader, follower] = driver.stable(null, null)
    const rejoined = driver.join({ memberId: follower! })
    expect(code(rejoined)).toBe('NONE')
    const changed = driver.join({ memberId: follower!, protocols: [{ name: 'range', metadata: Buffer.from('v2') }] })
    for (let second = 0; second < 60; second += 5) {
      driver.pass(5_000)
      driver.heartbeat(leader!)
    }
    driver.pass(1)
    expect(changed.answer).toMatchObject({ generationId: 3, leader: follower })
    expect([...driver.group.members.keys()]).toEqual([follower])
  })

  test('a parked join that the client repeats is answered once, the newest', () => {
    const driver = new GroupDriver()
    const [leader, follower] = driver.stable(null, null)
    driver.join({ memberId: leader! })
    const again = driver.join({ memberId: leader! })
    driver.join({ memberId: follower! })
    expect(again.answer!.generationId).toBe(3)
  })
})

describe('the initial rebalance delay', () => {
  const limits = { ...LIMITS, initialRebalanceDelayMs: 3_000, maxMembers: 100 }
  test('lets the first members arrive before the first generation', () => {
    const driver = new GroupDriver(limits)
    const first = driver.join()
    driver.pass(2_999)
    expect(code(first)).toBe('parked')
    driver.pass(1)
    expect(first.answer!.generationId).toBe(1)
  })
  test('is extended while members arrive, up to the rebalance timeout', () => {
    const driver = new GroupDriver(limits)
    const first = driver.join({ rebalanceTimeoutMs: 10_000 })
    driver.pass(2_000)
    const second = driver.join({ rebalanceTimeoutMs: 10_000 })
    driver.pass(1_001)
    expect(code(first)).toBe('parked')
    driver.pass(3_000)
    expect(code(second)).toBe('NONE')
    expect(first.answer!.members).toHaveLength(2)

    const busy = new GroupDriver(limits)
    const earliest = busy.join({ rebalanceTimeoutMs: 10_000 })
    for (let at = 0; at < 10_000; at += 1_000) {
      expect(code(earliest)).toBe('parked')
      busy.join({ rebalanceTimeoutMs: 10_000 })
      busy.pass(1_000)
    }
    expect(code(earliest)).toBe('NONE')
  })
})

describe('the sync phase', () => {
  test('hands each member what the leader assigned, and nothing to one it left out', () => {
    const driver = new GroupDriver()
    const leader = driver.join().answer!.memberId
    const joined = [driver.join(), driver.join(), driver.join({ memberId: leader })]
    const [second, third] = joined.map(asked => asked.answer!.memberId)
    const waiting = driver.sync({ memberId: second! })
    expect(code(waiting)).toBe('parked')
    const assignments = [
      { memberId: leader, assignment: Buffer.from('1') },
      { memberId: second!, assignment: Buffer.from('2') },
      { memberId: 'stranger', assignment: Buffer.from('3') },
    ]
    expect(String(driver.sync({ memberId: leader, assignments }).answer!.assignment)).toBe('1')
    expect(String(waiting.answer!.assignment)).toBe('2')
    expect(String(driver.sync({ memberId: third! }).answer!.assignment)).toBe('')
    expect(driver.group.state).toBe('Stable')
    expect(driver.isArmed({ kind: 'sync' })).toBe(false)
  })

  test('a member that joins meanwhile sends the waiting ones back', () => {
    const driver = new GroupDriver()
    const leader = driver.join().answer!.memberId
    const second = driver.join()
    driver.join({ memberId: leader })
    const waiting = driver.sync({ memberId: second.answer!.memberId })
    driver.join()
    expect(code(waiting)).toBe('REBALANCE_IN_PROGRESS')
    expect(driver.group.state).toBe('PreparingRebalance')
  })

  test('a member that never syncs is dropped after the rebalance timeout', () => {
    const driver = new GroupDriver()
    const leader = driver.join().answer!.memberId
    const second = driver.join().answer
    expect(second).toBeUndefined()
    driver.join({ memberId: leader })
    driver.sync({ memberId: leader })
    const silent = [...driver.group.members.keys()][1]!
    for (let at = 0; at < 60_000; at += 5_000) {
      driver.pass(5_000)
      driver.heartbeat(leader)
      driver.heartbeat(silent)
    }
    driver.pass(1)
    expect(driver.group.members.has(silent)).toBe(false)
    expect(driver.heartbeat(leader)).toBe(ErrorCode.REBALANCE_IN_PROGRESS)
  })

  const names = [
    { protocolType: 'connect', protocolName: 'range', expected: 'INCONSISTENT_GROUP_PROTOCOL' },
    { protocolType: 'consumer', protocolName: 'sticky', expected: 'INCONSISTENT_GROUP_PROTOCOL' },
    { protocolType: 'consumer', protocolName: 'range', expected: 'NONE' },
    { protocolType: null, protocolName: null, expected: 'NONE' },
  ]
  test.each(names)('v5 with $protocolType/$protocolName: $expected', ({ expected, ...request }) => {
    const driver = new GroupDriver()
    const memberId = driver.join().answer!.memberId
    expect(code(driver.sync({ memberId, ...request }))).toBe(expected)
  })
})

describe('leaving and dying', () => {
  test('the last member leaves an empty group that keeps its generation count', () => {
    const driver = new GroupDriver()
    const [member] = driver.stable(null)
    expect(driver.leave(member!)).toEqual([ErrorCode.NONE])
    expect(driver.group).toMatchObject({ state: 'Empty', generationId: 2, protocolName: null, leaderId: null })
    expect(driver.records.at(-1)).toMatchObject({ kind: 'GroupMetadata', value: { generation: 2, members: [] } })
    expect(driver.join().answer!.generationId).toBe(3)
  })
  test('several members leave in one request, each with its own answer', () => {
    const driver = new GroupDriver()
    const [first, , third] = driver.stable(null, 'static', null)
    const leaving = [
      first!,
      'stranger',
      { memberId: '', groupInstanceId: 'static' },
      { memberId: '', groupInstanceId: 'no' },
    ]
    const { NONE, UNKNOWN_MEMBER_ID } = ErrorCode
    expect(driver.leave(...leaving)).toEqual([NONE, UNKNOWN_MEMBER_ID, NONE, UNKNOWN_MEMBER_ID])
    expect([...driver.group.members.keys()]).toEqual([third])
    expect(driver.group.leaderId).toBe(third)
  })
  test('a pending member may leave', () => {
    const driver = new GroupDriver()
    const { memberId } = driver.join({ requiresKnownMemberId: true }).answer!
    expect(driver.leave(memberId)).toEqual([ErrorCode.NONE])
    expect(driver.group.pendingMembers.size).toBe(0)
  })
  test('a member without heartbeats is dropped after its session timeout, one with them stays', () => {
    const driver = new GroupDriver()
    const [leader, follower] = driver.stable(null, null)
    for (let at = 0; at < 12_000; at += 3_000) {
      driver.heartbeat(leader!)
      driver.pass(3_000)
    }
    expect([...driver.group.members.keys()]).toEqual([leader])
    expect(driver.heartbeat(leader!)).toBe(ErrorCode.REBALANCE_IN_PROGRESS)
    expect(driver.heartbeat(follower!)).toBe(ErrorCode.UNKNOWN_MEMBER_ID)
  })
  test('a member whose join is parked needs no heartbeats', () => {
    const driver = new GroupDriver()
    const [leader, follower] = driver.stable(null, null)
    const parked = driver.join({ memberId: leader! })
    for (let at = 0; at < 50_000; at += 5_000) {
      driver.pass(5_000)
      driver.heartbeat(follower!)
    }
    expect(code(parked)).toBe('parked')
    driver.join({ memberId: follower! })
    expect(code(parked)).toBe('NONE')
  })
  test('a new member whose join is parked for five minutes is dropped', () => {
    const driver = new GroupDriver()
    const [leader] = driver.stable(null)
    driver.join({ memberId: leader!, rebalanceTimeoutMs: 900_000 })
    driver.sync({ memberId: leader! })
    const parked = driver.join()
    for (let at = 0; at <= 300_000; at += 5_000) {
      driver.heartbeat(leader!)
      driver.pass(5_000)
    }
    expect(parked.answer).toMatchObject({ errorCode: ErrorCode.UNKNOWN_MEMBER_ID, memberId: '' })
  })
})

describe('static members', () => {
  test('one that returns without its id keeps its assignment and disturbs nobody', () => {
    const driver = new GroupDriver()
    const [leader, follower] = driver.stable('one', 'two')
    const returned = driver.join({ groupInstanceId: 'two' }).answer!
    expect(returned).toMatchObject({ errorCode: ErrorCode.NONE, generationId: 2, leader })
    expect(returned.memberId).not.toBe(follower)
    expect(driver.group.state).toBe('Stable')
    expect(driver.records.at(-1)!.value).toMatchObject({ members: [{}, { memberId: returned.memberId }] })
    const synced = driver.sync({ memberId: returned.memberId, groupInstanceId: 'two' }).answer!
    expect(String(synced.assignment)).toBe(`part of ${follower}`)
    expect(driver.heartbeat(follower!, 2, 'two')).toBe(ErrorCode.FENCED_INSTANCE_ID)
    expect(code(driver.join({ memberId: follower!, groupInstanceId: 'two' }))).toBe('FENCED_INSTANCE_ID')
  })
  test('the leader that returns is told to skip the assignment from v9 on, and that it does not lead before', () => {
    const driver = new GroupDriver()
    const [leader] = driver.stable('one', 'two')
    const old = driver.join({ groupInstanceId: 'one', supportsSkippingAssignment: false }).answer!
    expect(old).toMatchObject({ leader, members: [] })
    const current = driver.join({ groupInstanceId: 'one' }).answer!
    expect(current).toMatchObject({ leader: current.memberId, skipAssignment: true })
    expect(current.members).toHaveLength(2)
  })
  test('one that returns while the group rebalances fences the old request', () => {
    const driver = new GroupDriver()
    const [leader, follower] = driver.stable('one', 'two')
    const parked = driver.join({ memberId: leader!, groupInstanceId: 'one' })
    const returned = driver.join({ groupInstanceId: 'one' })
    expect(parked.answer).toMatchObject({ errorCode: ErrorCode.FENCED_INSTANCE_ID, memberId: leader })
    driver.join({ memberId: follower!, groupInstanceId: 'two' })
    expect(code(returned)).toBe('NONE')
  })
  test('keep their place through a rebalance they miss, until they do not sync', () => {
    const driver = new GroupDriver()
    const [leader, follower] = driver.stable('one', 'two')
    const sessionTimeoutMs = 200_000
    driver.join({ groupInstanceId: 'two', sessionTimeoutMs })
    const rejoined = driver.join({ memberId: leader!, groupInstanceId: 'one', sessionTimeoutMs })
    driver.pass(60_001)
    expect(rejoined.answer!.members).toHaveLength(2)
    driver.sync({ memberId: leader!, groupInstanceId: 'one' })
    driver.pass(60_001)
    expect(driver.group.staticMembers.has('two')).toBe(false)
    expect(driver.group.members.has(follower!)).toBe(false)
  })
})

describe('the record of a group', () => {
  test('brings back all that counts', () => {
    const driver = new GroupDriver()
    driver.stable('one', null)
    const record = driver.records.at(-1)!
    if (record.kind !== 'GroupMetadata' || record.value === null) throw new Error('not a group record')
    const restored = groupFromRecord(record.key, record.value as Parameters<typeof groupFromRecord>[1], 0)
    const { members, ...rest } = driver.group
    expect(restored).toMatchObject({ ...rest, members: expect.any(Map) })
    expect([...restored.members.values()]).toEqual([...members.values()])
  })
})
