import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Assignor, checkAssignment, type GroupMember } from '../../../../src/consumer/group/assignors/assignor.ts'
import { rangeAssignor } from '../../../../src/consumer/group/assignors/range-assignor.ts'
import { roundRobinAssignor } from '../../../../src/consumer/group/assignors/round-robin-assignor.ts'

function member(memberId: string, topics: readonly string[], groupInstanceId: string | null = null): GroupMember {
  return { memberId, groupInstanceId, topics, ownedPartitions: [], generationId: -1, rackId: null, userData: null }
}
type Subscriptions = Readonly<Record<string, readonly string[]>>
function assigned(assignor: Assignor, counts: Readonly<Record<string, number>>, subscriptions: Subscriptions) {
  const members = Object.entries(subscriptions).map(([memberId, topics]) => member(memberId, topics))
  const assignment = assignor.assign(new Map(Object.entries(counts)), members)
  return Object.fromEntries(
    [...assignment].map(([memberId, partitions]) => [
      memberId,
      partitions.map(({ topic, partition }) => `${topic}${partition}`).join(' '),
    ]),
  )
}

/** Examples of Kafka's documentation and its own assignors' rules. */
const CASES: readonly [Assignor, Readonly<Record<string, number>>, Subscriptions, Readonly<Record<string, string>>][] =
  [
    [rangeAssignor, { t: 3 }, { a: ['t'] }, { a: 't0 t1 t2' }],
    [rangeAssignor, { t: 3 }, { b: ['t'], a: ['t'] }, { a: 't0 t1', b: 't2' }],
    [rangeAssignor, { t: 3, u: 3 }, { a: ['t', 'u'], b: ['t', 'u'] }, { a: 't0 t1 u0 u1', b: 't2 u2' }],
    [rangeAssignor, { t: 2 }, { a: ['t'], b: ['t'], c: ['t'] }, { a: 't0', b: 't1', c: '' }],
    [rangeAssignor, { t: 2, u: 2 }, { a: ['t'], b: ['t', 'u'] }, { a: 't0', b: 't1 u0 u1' }],
    [rangeAssignor, {}, { a: ['gone'] }, { a: '' }],
    [roundRobinAssignor, { t: 3, u: 3 }, { a: ['t', 'u'], b: ['t', 'u'] }, { a: 't0 t2 u1', b: 't1 u0 u2' }],
    [
      roundRobinAssignor,
      { t: 1, u: 2, v: 3 },
      { a: ['t'], b: ['t', 'u'], c: ['t', 'u', 'v'] },
      { a: 't0', b: 'u0', c: 'u1 v0 v1 v2' },
    ],
    [roundRobinAssignor, { t: 0 }, { a: ['t'] }, { a: '' }],
  ]
test.each(CASES)('$name divides %j among %j', (assignor, counts, subscriptions, expected) => {
  expect(assigned(assignor, counts, subscriptions)).toEqual(expected)
})
test('static members come first, by instance id', () => {
  const members = [member('a', ['t']), member('b', ['t'], 'z'), member('c', ['t'], 'y')]
  const assignment = rangeAssignor.assign(new Map([['t', 3]]), members)
  expect(['c', 'b', 'a'].map(memberId => assignment.get(memberId))).toEqual([
    [{ topic: 't', partition: 0 }],
    [{ topic: 't', partition: 1 }],
    [{ topic: 't', partition: 2 }],
  ])
})

describe.each([rangeAssignor, roundRobinAssignor])('$name', assignor => {
  const topics = ['t', 'u', 'v', 'w']
  const groups = fc.record({
    counts: fc.array(fc.nat(9), { minLength: 4, maxLength: 4 }),
    members: fc.uniqueArray(fc.record({ id: fc.string(), topics: fc.subarray(topics, { minLength: 1 }) }), {
      selector: ({ id }) => id,
      minLength: 1,
      maxLength: 8,
    }),
  })
  test('gives each partition to exactly one subscriber, whatever the order of members', () => {
    fc.assert(
      fc.property(groups, ({ counts, members: drawn }) => {
        const partitionCounts = new Map(topics.map((topic, index) => [topic, counts[index]!]))
        const members = drawn.map(({ id, topics }) => member(id, topics))
        const assignment = assignor.assign(partitionCounts, members)
        checkAssignment(assignor, partitionCounts, members, assignment)
        for (const { memberId, topics } of members)
          for (const { topic } of assignment.get(memberId)!) expect(topics).toContain(topic)
        expect(assignor.assign(partitionCounts, members.toReversed())).toEqual(assignment)
      }),
    )
  })
})
