import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nameOfPartition, type TopicPartition } from '../../../../src/cluster/topic-partition.ts'
import { checkAssignment, type GroupMember } from '../../../../src/consumer/group/assignors/assignor.ts'
import { cooperativeStickyAssignor } from '../../../../src/consumer/group/assignors/cooperative-sticky-assignor.ts'
import { ownersOf, stickyAssignment } from '../../../../src/consumer/group/assignors/sticky-assignment.ts'

interface Drawn {
  readonly topics: readonly string[]
  readonly owned: readonly string[]
}
/** Groups, and what Kafka's CooperativeStickyAssignor made of them: sum of the squared loads, partitions that stayed. */
interface KafkaCase {
  readonly counts: Readonly<Record<string, number>>
  readonly members: Readonly<Record<string, Drawn>>
  readonly squares: number
  readonly kept: number
}

const partitionNamed = (name: string): TopicPartition => {
  const dash = name.lastIndexOf('-')
  return { topic: name.slice(0, dash), partition: Number(name.slice(dash + 1)) }
}
function member(memberId: string, { topics, owned }: Drawn, generationId = 1): GroupMember {
  const ownedPartitions = owned.map(partitionNamed)
  return { memberId, groupInstanceId: null, topics, ownedPartitions, generationId, rackId: null, userData: null }
}
/** Rebalances until nothing moves any more, and checks each of them. */
function settle(counts: ReadonlyMap<string, number>, members: readonly GroupMember[]) {
  let current = members
  for (let generationId = 2; ; generationId++) {
    const assignment = cooperativeStickyAssignor.assign(counts, current)
    checkAssignment(cooperativeStickyAssignor, counts, current, assignment)
    const next = current.map(one => ({ ...one, generationId, ownedPartitions: assignment.get(one.memberId)! }))
    const isSame = next.every(({ memberId, ownedPartitions }) => {
      const before = new Set(current.find(one => one.memberId === memberId)!.ownedPartitions.map(nameOfPartition))
      return ownedPartitions.length === before.size && ownedPartitions.every(at => before.has(nameOfPartition(at)))
    })
    if (isSame) return assignment
    expect(generationId, 'two rebalances suffice').toBeLessThan(5)
    current = next
  }
}
function qualityOf(members: readonly GroupMember[], assignment: ReadonlyMap<string, readonly TopicPartition[]>) {
  let squares = 0
  let kept = 0
  for (const { memberId, ownedPartitions } of members) {
    const owned = new Set(ownedPartitions.map(nameOfPartition))
    const partitions = assignment.get(memberId)!
    squares += partitions.length ** 2
    kept += partitions.filter(at => owned.has(nameOfPartition(at))).length
  }
  return { squares, kept }
}

const CASES = readFileSync(join(import.meta.dirname, 'kafka-cooperative-sticky.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map(line => JSON.parse(line) as KafkaCase)

function qualities({ counts: sizes, members: drawn }: KafkaCase) {
  const counts = new Map(Object.entries(sizes))
  const members = Object.entries(drawn).map(([memberId, one]) => member(memberId, one))
  return qualityOf(members, settle(counts, members))
}

test.each(CASES.map((one, index) => [index, one] as const))('as even as Kafka: case %i', (_index, drawn) => {
  const { squares, kept } = qualities(drawn)
  expect(squares).toBeLessThanOrEqual(drawn.squares)
  const isEqual = new Set(Object.values(drawn.members).map(({ topics }) => topics.join())).size === 1
  if (isEqual && squares === drawn.squares) expect(kept).toBeGreaterThanOrEqual(drawn.kept)
})
test('as sticky as Kafka, where it divides as evenly', () => {
  const comparable = CASES.map(drawn => ({ drawn, quality: qualities(drawn) })).filter(
    ({ drawn, quality }) => quality.squares === drawn.squares,
  )
  const total = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0)
  expect(comparable.length).toBeGreaterThan(CASES.length / 2)
  expect(total(comparable.map(({ quality }) => quality.kept))).toBeGreaterThanOrEqual(
    total(comparable.map(({ drawn }) => drawn.kept)),
  )
})

test('a partition that moves is given to nobody until its owner has let go', () => {
  const counts = new Map([['t', 4]])
  const members = [
    member('a', { topics: ['t'], owned: ['t-0', 't-1', 't-2', 't-3'] }),
    member('b', { topics: ['t'], owned: [] }, -1),
  ]
  const assignment = cooperativeStickyAssignor.assign(counts, members)
  expect([...assignment].map(([memberId, partitions]) => [memberId, partitions.length])).toEqual([
    ['a', 2],
    ['b', 0],
  ])
  expect(settle(counts, members).get('b')).toHaveLength(2)
})
test('load is handed on through members in between', () => {
  const counts = new Map([
    ['t', 3],
    ['u', 2],
    ['v', 1],
  ])
  const members = [
    member('a', { topics: ['t'], owned: ['t-0', 't-1', 't-2'] }),
    member('b', { topics: ['t', 'u'], owned: ['u-0', 'u-1'] }),
    member('c', { topics: ['u', 'v'], owned: ['v-0'] }),
  ]
  expect([...settle(counts, members).values()].map(partitions => partitions.length)).toEqual([2, 2, 2])
})
describe('claims', () => {
  const counts = new Map([['t', 2]])
  const claim = (memberId: string, generationId: number, owned: readonly string[], topics: readonly string[] = ['t']) =>
    member(memberId, { topics, owned }, generationId)
  test.each([
    ['the newer generation wins', [claim('a', 3, ['t-0']), claim('b', 4, ['t-0'])], { 't-0': 'b' }],
    ['whatever the order', [claim('b', 4, ['t-0']), claim('a', 3, ['t-0'])], { 't-0': 'b' }],
    ['two of one generation are none', [claim('a', 3, ['t-0', 't-1']), claim('b', 3, ['t-0'])], { 't-1': 'a' }],
    ['of topics that are not subscribed', [claim('a', 3, ['t-0'], ['u'])], {}],
    ['of partitions that do not exist', [claim('a', 3, ['t-2', 'u-0'], ['t', 'u'])], {}],
  ])('%s', (_name, members, expected) => {
    expect(Object.fromEntries(ownersOf(counts, members))).toEqual(expected)
  })
  test('are in the user data of members that say them only there', () => {
    const older = { ...claim('a', -1, ['t-0']), userData: Buffer.from(cooperativeStickyAssignor.userData!(['t'], 7)!) }
    const assignment = cooperativeStickyAssignor.assign(counts, [older, claim('b', 6, ['t-0', 't-1'])])
    expect(Object.fromEntries(assignment)).toEqual({
      a: [{ topic: 't', partition: 0 }],
      b: [{ topic: 't', partition: 1 }],
    })
  })
})
test('is deterministic, complete, and even among equals', () => {
  const topics = ['t', 'u', 'v']
  const drawn = fc.record({
    counts: fc.array(fc.nat(9), { minLength: 3, maxLength: 3 }),
    members: fc.uniqueArray(fc.record({ id: fc.string(), topics: fc.subarray(topics, { minLength: 1 }) }), {
      selector: ({ id }) => id,
      minLength: 1,
      maxLength: 8,
    }),
  })
  fc.assert(
    fc.property(drawn, ({ counts: sizes, members: ids }) => {
      const counts = new Map(topics.map((topic, index) => [topic, sizes[index]!]))
      const members = ids.map(({ id, topics: subscribed }) => member(id, { topics: subscribed, owned: [] }, -1))
      const assignment = stickyAssignment(counts, members, new Map())
      checkAssignment({ name: 'eager', assign: () => assignment }, counts, members, assignment)
      expect(stickyAssignment(counts, members.toReversed(), new Map())).toEqual(assignment)
      const loads = members
        .filter(one => one.topics.length === topics.length)
        .map(({ memberId }) => assignment.get(memberId)!.length)
      if (loads.length > 0) expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1)
    }),
  )
})
