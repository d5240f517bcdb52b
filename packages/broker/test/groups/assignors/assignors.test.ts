import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Assignment, GroupToAssign, MemberToAssign } from '../../../src/groups/assignors/assignor.ts'
import { assignByRange } from '../../../src/groups/assignors/range-assignor.ts'
import { assignUniformly } from '../../../src/groups/assignors/uniform-assignor.ts'

interface Case {
  readonly assignor: string
  readonly group: GroupToAssign
  readonly expected: Map<string, Assignment>
}

/** What Apache Kafka 4.3.1 answers; KafkaAssignors.java makes and explains the lines. */
function kafkasAnswers(): Case[] {
  const text = readFileSync(new URL('kafka-assignments.txt', import.meta.url), 'utf8')
  return text.split('end\n').filter(Boolean).map(parseCase)
}
function parseCase(lines: string): Case {
  const rows = lines
    .trim()
    .split('\n')
    .map(line => line.split(' '))
  const [, assignor = '', kind] = rows[0]!
  const of = (word: string) => rows.filter(row => row[0] === word)
  const partitionCounts = new Map(of('topic').map(([, id, count]) => [id!, Number(count)]))
  const members = of('member').map(([, memberId, instanceId, topics, owned]): [string, MemberToAssign] => {
    const topicIds = new Set(topics === '-' ? [] : topics!.split(','))
    return [memberId!, { groupInstanceId: instanceId === '-' ? null : instanceId!, topicIds, assigned: parse(owned!) }]
  })
  return {
    assignor,
    group: {
      members: new Map(members),
      isHomogeneous: kind === 'HOMOGENEOUS',
      partitionCountOf: topicId => partitionCounts.get(topicId)!,
    },
    expected: new Map(of('assigned').map(([, memberId, owned]) => [memberId!, parse(owned!)])),
  }
}
function parse(owned: string): Assignment {
  if (owned === '-') return new Map()
  const topics = owned.split(';').map(topic => topic.split(':'))
  return new Map(topics.map(([id, partitions]) => [id!, new Set(partitions!.split(',').map(Number))]))
}

describe('assignments are those of Apache Kafka', () => {
  const cases = kafkasAnswers()
  test.each(cases.map((one, index) => ({ index, ...one })))(
    'case $index, $assignor',
    ({ assignor, group, expected }) => {
      const assigned = assignor === 'range' ? assignByRange(group) : assignUniformly(group)
      for (const memberId of group.members.keys())
        expect(assigned.get(memberId) ?? new Map(), memberId).toEqual(expected.get(memberId) ?? new Map())
    },
  )
})

const NAMES = ['AAAAAAAAAAAAAAAAAAAAAg', 'AAAAAAAAAAAAAAAAAAAAAw', 'AAAAAAAAAAAAAAAAAAAABA']
const memberIds = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 12 })
const counts = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 3, maxLength: 3 })

describe('uniform', () => {
  test('gives every partition of equal subscriptions once, to members that differ by one at most, and moves few', () => {
    fc.assert(
      fc.property(memberIds, fc.nat(11), counts, (ids, gone, partitionCounts) => {
        const partitionCountOf = (topicId: string) => partitionCounts[NAMES.indexOf(topicId)]!
        const topicIds = new Set(NAMES)
        let members = new Map(
          ids.map(id => [id, { groupInstanceId: null, topicIds, assigned: new Map() as Assignment }]),
        )
        const assign = () => assignUniformly({ members, isHomogeneous: true, partitionCountOf })
        const first = assign()
        expectEverythingOnce(first, partitionCounts)
        const sizes = ids.map(id => [...(first.get(id)?.values() ?? [])].reduce((sum, one) => sum + one.size, 0))
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)

        const left = ids.filter((_, index) => ids.length === 1 || index !== gone % ids.length)
        members = new Map(left.map(id => [id, { groupInstanceId: null, topicIds, assigned: first.get(id)! }]))
        const second = assign()
        expectEverythingOnce(second, partitionCounts)
        for (const id of left)
          for (const [topicId, partitions] of first.get(id)!)
            for (const partition of partitions) expect(second.get(id)!.get(topicId)?.has(partition)).toBe(true)
      }),
      { numRuns: 100 },
    )
  })
})

function expectEverythingOnce(assignment: ReadonlyMap<string, Assignment>, partitionCounts: readonly number[]): void {
  const given = [...assignment.values()].flatMap(own =>
    [...own].flatMap(([topicId, partitions]) => [...partitions].map(partition => `${topicId}-${partition}`)),
  )
  const all = NAMES.flatMap((id, topic) =>
    Array.from({ length: partitionCounts[topic]! }, (_, index) => `${id}-${index}`),
  )
  expect(given.sort()).toEqual(all.sort())
}
