import { ErrorCode } from '@millrace/protocol'
import { describe, expect, test } from 'vitest'
import { stateOf } from '../../../src/groups/consumer/consumer-group.ts'
import { checkHeartbeat } from '../../../src/groups/consumer/consumer-heartbeat.ts'
import { ConsumerGroupDriver, nameOf, RULES } from './consumer-group-driver.ts'

function withOrders(partitionCount = 4, rules = RULES): ConsumerGroupDriver {
  const driver = new ConsumerGroupDriver(rules)
  driver.topics.create('orders', partitionCount)
  return driver
}
/** The assignment in an answer, null when there is none. */
const given = (driver: ConsumerGroupDriver, answer: ReturnType<ConsumerGroupDriver['heartbeat']>) =>
  answer.assignment === null || answer.assignment === undefined
    ? null
    : driver.namesOf(answer.assignment.topicPartitions)
/** What a member owns, as it reports it. */
const orders = (driver: ConsumerGroupDriver, ...partitions: number[]) =>
  partitions.length === 0 ? [] : [{ topicId: driver.topics.topics.get('orders')!.id, partitions }]

describe('a request that makes no sense', () => {
  const join = {
    groupId: 'g',
    memberId: 'm',
    memberEpoch: 0,
    instanceId: null,
    rackId: null,
    rebalanceTimeoutMs: 1_000,
    subscribedTopicNames: ['orders'],
    subscribedTopicRegex: null,
    serverAssignor: null,
    topicPartitions: [],
  }
  const rows = [
    { of: 'a join', request: {}, expected: 'NONE' },
    { of: 'a join by pattern', request: { subscribedTopicNames: null, subscribedTopicRegex: 'o.*' }, expected: 'NONE' },
    { of: 'no member id', request: { memberId: '' }, expected: 'INVALID_REQUEST' },
    { of: 'no member id below v1', request: { memberId: '' }, apiVersion: 0, expected: 'NONE' },
    {
      of: 'no member id in an epoch',
      request: { memberId: '', memberEpoch: 1 },
      apiVersion: 0,
      expected: 'INVALID_REQUEST',
    },
    { of: 'no group id', request: { groupId: ' ' }, expected: 'INVALID_REQUEST' },
    { of: 'an empty instance id', request: { instanceId: '' }, expected: 'INVALID_REQUEST' },
    { of: 'an empty rack', request: { rackId: '' }, expected: 'INVALID_REQUEST' },
    { of: 'a join without rebalance timeout', request: { rebalanceTimeoutMs: -1 }, expected: 'INVALID_REQUEST' },
    { of: 'a join without partitions', request: { topicPartitions: null }, expected: 'INVALID_REQUEST' },
    {
      of: 'a join with partitions',
      request: { topicPartitions: [{ topicId: 'AAAAAAAAAAAAAAAAAAAAAg', partitions: [0] }] },
      expected: 'INVALID_REQUEST',
    },
    { of: 'a join without subscription', request: { subscribedTopicNames: null }, expected: 'INVALID_REQUEST' },
    { of: 'a leave for a while of nobody', request: { memberEpoch: -2 }, expected: 'INVALID_REQUEST' },
    { of: 'an epoch below -2', request: { memberEpoch: -3 }, expected: 'INVALID_REQUEST' },
    { of: 'an unknown assignor', request: { serverAssignor: 'mine' }, expected: 'UNSUPPORTED_ASSIGNOR' },
  ]
  test.each(rows)('$of: $expected', ({ request, apiVersion = 1, expected }) => {
    let error: unknown
    try {
      checkHeartbeat({ ...join, ...request }, apiVersion, RULES.assignors)
    } catch (caught) {
      error = caught
    }
    expect(error === undefined ? 'NONE' : nameOf((error as { errorCode: number }).errorCode)).toBe(expected)
  })
})

describe('joining', () => {
  test('the first member gets everything at once', () => {
    const driver = withOrders()
    const answer = driver.join('a')
    expect(answer).toMatchObject({ errorCode: 0, memberId: 'a', memberEpoch: 2, heartbeatIntervalMs: 5_000 })
    expect(given(driver, answer)).toEqual(['orders-0', 'orders-1', 'orders-2', 'orders-3'])
    expect(stateOf(driver.consumerGroup)).toBe('Stable')
  })

  test('a second one waits until the first has given up its half, and said so', () => {
    const driver = withOrders()
    driver.join('a')
    expect(given(driver, driver.join('b'))).toEqual([])
    expect(stateOf(driver.consumerGroup)).toBe('Reconciling')

    // The first learns what it keeps; the second still gets nothing.
    const all = orders(driver, 0, 1, 2, 3)
    const told = driver.heartbeat({ memberId: 'a', memberEpoch: 2, topicPartitions: all })
    expect(told.memberEpoch).toBe(2)
    const kept = given(driver, told)!
    expect(kept).toHaveLength(2)
    expect(driver.heartbeat({ memberId: 'b', memberEpoch: 3 }).assignment).toBeNull()

    const own = orders(driver, ...kept.map(name => Number(name.slice(-1))))
    expect(driver.heartbeat({ memberId: 'a', memberEpoch: 2, topicPartitions: own }).memberEpoch).toBe(3)
    const rest = given(driver, driver.heartbeat({ memberId: 'b', memberEpoch: 3 }))!
    expect([...kept, ...rest].sort()).toEqual(['orders-0', 'orders-1', 'orders-2', 'orders-3'])
    expect(stateOf(driver.consumerGroup)).toBe('Stable')
  })

  test('a heartbeat that changes nothing writes nothing and is not told its assignment again', () => {
    const driver = withOrders()
    driver.join('a')
    const before = driver.records.length
    const answer = driver.heartbeat({ memberId: 'a', memberEpoch: 2 })
    expect(answer).toMatchObject({ errorCode: 0, memberEpoch: 2, assignment: null })
    expect(driver.records).toHaveLength(before)
  })

  test('the lost answer to a join is given again', () => {
    const driver = withOrders()
    const first = driver.join('a')
    const again = driver.join('a')
    expect(again).toEqual(first)
  })

  test('a full group refuses one more', () => {
    const driver = withOrders(4, { ...RULES, maxMembers: 1 })
    driver.join('a')
    expect(nameOf(driver.join('b').errorCode)).toBe('GROUP_MAX_SIZE_REACHED')
    expect(driver.heartbeat({ memberId: 'a', memberEpoch: 2 }).errorCode).toBe(0)
  })

  test('members that join together share one target when there is an assignment interval (KIP-1263)', () => {
    const driver = withOrders(4, { ...RULES, assignmentIntervalMs: 1_000 })
    driver.join('a')
    expect(driver.join('b')).toMatchObject({ memberEpoch: 2 })
    driver.join('c')
    expect(stateOf(driver.consumerGroup)).toBe('Assigning')
    expect(driver.consumerGroup).toMatchObject({ groupEpoch: 4, targetEpoch: 2 })
    driver.pass(1_000)
    driver.heartbeat({ memberId: 'b', memberEpoch: 2 })
    expect(driver.consumerGroup).toMatchObject({ groupEpoch: 4, targetEpoch: 4 })
  })

  test('the assignor is the one most members ask for', () => {
    const driver = withOrders()
    driver.topics.create('returns', 4)
    driver.join('a', ['orders', 'returns'], { serverAssignor: 'range' })
    driver.join('b', ['orders', 'returns'], { serverAssignor: 'range' })
    driver.join('c', ['orders', 'returns'], { serverAssignor: 'uniform' })
    const target = driver.consumerGroup.targets.get('a')!
    expect([...target.values()].map(partitions => [...partitions])).toEqual([
      [0, 1],
      [0, 1],
    ])
  })
})

describe('the epoch of a member', () => {
  const rows = [
    { memberEpoch: 3, reported: 'what it kept', expected: 'NONE' },
    { memberEpoch: 4, reported: 'what it kept', expected: 'FENCED_MEMBER_EPOCH' },
    { memberEpoch: 2, reported: 'what it kept', expected: 'NONE' },
    { memberEpoch: 2, reported: 'nothing', expected: 'NONE' },
    { memberEpoch: 2, reported: 'what it had', expected: 'FENCED_MEMBER_EPOCH' },
    { memberEpoch: 1, reported: 'what it kept', expected: 'FENCED_MEMBER_EPOCH' },
  ] as const
  test.each(rows)('$memberEpoch with $reported, in epoch 3: $expected', ({ memberEpoch, reported, expected }) => {
    const driver = withOrders()
    driver.join('a')
    driver.join('b')
    const had = orders(driver, 0, 1, 2, 3)
    const told = driver.heartbeat({ memberId: 'a', memberEpoch: 2, topicPartitions: had })
    const kept = told.assignment!.topicPartitions.map(row => ({ ...row, partitions: [...row.partitions] }))
    driver.heartbeat({ memberId: 'a', memberEpoch: 2, topicPartitions: kept })
    expect(driver.consumerGroup.members.get('a')).toMatchObject({ memberEpoch: 3, previousMemberEpoch: 2 })
    const topicPartitions = { 'what it kept': kept, 'what it had': had, nothing: [] }[reported]
    expect(nameOf(driver.heartbeat({ memberId: 'a', memberEpoch, topicPartitions }).errorCode)).toBe(expected)
  })
  test('a stranger is refused', () => {
    const driver = withOrders()
    driver.join('a')
    expect(nameOf(driver.heartbeat({ memberId: 'x', memberEpoch: 2 }).errorCode)).toBe('UNKNOWN_MEMBER_ID')
    expect(nameOf(driver.heartbeat({ memberId: 'x', memberEpoch: -1 }).errorCode)).toBe('UNKNOWN_MEMBER_ID')
  })
})

describe('topics', () => {
  test('that are created, grow and go change the target with the next heartbeat', () => {
    const driver = withOrders(1)
    expect(given(driver, driver.join('a', ['orders', 'returns']))).toEqual(['orders-0'])
    driver.topics.create('returns', 1)
    expect(given(driver, driver.heartbeat({ memberId: 'a', memberEpoch: 2 }))).toEqual(['orders-0', 'returns-0'])
    driver.topics.grow('orders')
    const grown = driver.heartbeat({ memberId: 'a', memberEpoch: 3 })
    expect(given(driver, grown)).toEqual(['orders-0', 'orders-1', 'returns-0'])
    driver.topics.delete('returns')
    const rest = driver.heartbeat({ memberId: 'a', memberEpoch: 4, topicPartitions: orders(driver, 0, 1) })
    expect(given(driver, rest)).toEqual(['orders-0', 'orders-1'])
    driver.topics.create('unrelated', 1)
    expect(driver.heartbeat({ memberId: 'a', memberEpoch: 5 }).memberEpoch).toBe(5)
  })

  test('of a changed subscription are taken at once, even while the new target is awaited', () => {
    const driver = withOrders(2, { ...RULES, assignmentIntervalMs: 1_000 })
    driver.topics.create('returns', 1)
    driver.join('a', ['orders'])
    const request = { memberId: 'a', memberEpoch: 2, topicPartitions: orders(driver, 0, 1) }
    expect(given(driver, driver.heartbeat({ ...request, subscribedTopicNames: ['returns'] }))).toEqual([])
    driver.pass(1_000)
    const next = driver.heartbeat({ memberId: 'a', memberEpoch: 2, topicPartitions: [] })
    expect(given(driver, next)).toEqual(['returns-0'])
  })
})

describe('patterns', () => {
  const byPattern = (pattern: string) => ({ subscribedTopicNames: null, subscribedTopicRegex: pattern })
  test('are resolved beside the heartbeats, and again when a topic comes, but not too often', () => {
    const driver = withOrders(1)
    driver.topics.create('other', 1)
    expect(given(driver, driver.join('a', [], byPattern('or.*')))).toEqual([])
    driver.resolvePatterns()
    expect(given(driver, driver.heartbeat({ memberId: 'a', memberEpoch: 1 }))).toEqual(['orders-0'])

    driver.topics.create('orphans', 1)
    driver.heartbeat({ memberId: 'a', memberEpoch: 2 })
    driver.resolvePatterns()
    expect(driver.heartbeat({ memberId: 'a', memberEpoch: 2 }).assignment).toBeNull()
    driver.pass(10_001)
    driver.heartbeat({ memberId: 'a', memberEpoch: 2 })
    driver.resolvePatterns()
    const answer = driver.heartbeat({ memberId: 'a', memberEpoch: 2 })
    expect(given(driver, answer)).toEqual(['orders-0', 'orphans-0'])
  })
  test('match whole names', () => {
    const driver = withOrders(1)
    driver.join('a', [], byPattern('order'))
    driver.resolvePatterns()
    expect(given(driver, driver.heartbeat({ memberId: 'a', memberEpoch: 1 }))).toBeNull()
  })
  test('that nobody has any more are forgotten', () => {
    const driver = withOrders(1)
    driver.join('a', [], byPattern('or.*'))
    driver.resolvePatterns()
    expect([...driver.consumerGroup.patterns.keys()]).toEqual(['or.*'])
    driver.heartbeat({ memberId: 'a', memberEpoch: -1 })
    expect(driver.consumerGroup.patterns.size).toBe(0)
  })
  test.each(['(', '[b-a]', 'x{1001}', 'a'.repeat(20_001), '((a{9}){9}){9}'.repeat(2), '\\pL{1000}'.repeat(9)])(
    '%j is refused, and nothing happens',
    pattern => {
      const driver = withOrders(1)
      expect(nameOf(driver.join('a', [], byPattern(pattern)).errorCode)).toBe('INVALID_REGULAR_EXPRESSION')
      expect(driver.records).toEqual([])
    },
  )
  test('take time that grows with the length of the name only', () => {
    const driver = withOrders(1)
    driver.topics.create(`${'a'.repeat(200)}!`, 1)
    driver.join('a', [], byPattern('(a*)*b'))
    driver.resolvePatterns()
    expect(driver.consumerGroup.patterns.get('(a*)*b')?.topics.size).toBe(0)
  })
})

describe('leaving and dying', () => {
  test('a member that leaves is gone, and the rest get its partitions', () => {
    const driver = withOrders(2)
    driver.join('a')
    driver.join('b')
    expect(driver.heartbeat({ memberId: 'a', memberEpoch: -1 })).toMatchObject({ errorCode: 0, memberEpoch: -1 })
    expect(given(driver, driver.heartbeat({ memberId: 'b', memberEpoch: 3 }))).toEqual(['orders-0', 'orders-1'])
    driver.heartbeat({ memberId: 'b', memberEpoch: -1 })
    expect(stateOf(driver.consumerGroup)).toBe('Empty')
  })
  test('a silent member is dropped after its session timeout', () => {
    const driver = withOrders(2)
    driver.join('a')
    driver.join('b')
    driver.pass(44_999)
    driver.heartbeat({ memberId: 'b', memberEpoch: 3 })
    driver.pass(1)
    expect([...driver.consumerGroup.members.keys()]).toEqual(['b'])
    expect(nameOf(driver.heartbeat({ memberId: 'a', memberEpoch: 2 }).errorCode)).toBe('UNKNOWN_MEMBER_ID')
  })
  test('a member that does not give up what it lost within its rebalance timeout is dropped', () => {
    const driver = withOrders(2)
    driver.join('a')
    driver.join('b')
    const all = orders(driver, 0, 1)
    for (let round = 0; round < 13; round++) {
      driver.heartbeat({ memberId: 'a', memberEpoch: 2, topicPartitions: all })
      driver.heartbeat({ memberId: 'b', memberEpoch: 3 })
      driver.pass(5_000)
    }
    expect([...driver.consumerGroup.members.keys()]).toEqual(['b'])
  })
})

describe('static members', () => {
  const asOne = { instanceId: 'one' }
  test('that leave for a while keep their place, and take it again under another id', () => {
    const driver = withOrders(2)
    driver.join('a', ['orders'], asOne)
    expect(driver.heartbeat({ memberId: 'a', memberEpoch: -2, ...asOne })).toMatchObject({ memberEpoch: -2 })
    const back = driver.join('a2', ['orders'], asOne)
    expect(back).toMatchObject({ errorCode: 0, memberEpoch: 2 })
    expect(given(driver, back)).toEqual(['orders-0', 'orders-1'])
    expect([...driver.consumerGroup.members.keys()]).toEqual(['a2'])
    expect(nameOf(driver.heartbeat({ memberId: 'a', memberEpoch: 2, ...asOne }).errorCode)).toBe('FENCED_INSTANCE_ID')
    expect(nameOf(driver.heartbeat({ memberId: 'a', memberEpoch: 2 }).errorCode)).toBe('UNKNOWN_MEMBER_ID')
  })
  test('that do not come back within the session are gone', () => {
    const driver = withOrders(2)
    driver.join('a', ['orders'], asOne)
    driver.heartbeat({ memberId: 'a', memberEpoch: -2, ...asOne })
    driver.pass(45_000)
    expect(stateOf(driver.consumerGroup)).toBe('Empty')
  })
  test('whose instance id is in use are refused', () => {
    const driver = withOrders(2)
    driver.join('a', ['orders'], asOne)
    expect(nameOf(driver.join('b', ['orders'], asOne).errorCode)).toBe('UNRELEASED_INSTANCE_ID')
  })
  test('an unknown instance id is no member', () => {
    const driver = withOrders(2)
    driver.join('a')
    const answer = driver.heartbeat({ memberId: 'a', memberEpoch: 2, ...asOne })
    expect(nameOf(answer.errorCode)).toBe(nameOf(ErrorCode.UNKNOWN_MEMBER_ID))
  })
})
