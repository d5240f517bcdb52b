import fc from 'fast-check'
import { expect, test } from 'vitest'
import { stateOf } from '../../../src/groups/consumer/consumer-group.ts'
import { ConsumerGroupDriver, lasting, RULES } from './consumer-group-driver.ts'
import { SimulatedConsumer } from './simulated-consumer.ts'

/** What members, administrators and time may do, in any order. */
const who = fc.nat(11)
const topics = fc.subarray(['a', 'b', 'c'], { minLength: 0 })
const step = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant('heartbeat' as const),
      who: fc.nat(3),
      isLost: fc.constantFrom(false, false, false, false, true),
      isBusy: fc.constantFrom(false, false, true),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('everyone' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('join' as const),
      topics,
      instance: fc.constantFrom(null, null, 'i1', 'i2'),
      pattern: fc.constantFrom('', '', '[ab]', '.*'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), who, forGood: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('subscribe' as const), who, topics }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('topic' as const), kind: fc.constantFrom('grow', 'new', 'gone') }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 30_000 }) }) },
)

test('whatever members do, no partition has two readers, and in the end each has one', () => {
  fc.assert(
    fc.property(fc.constantFrom(0, 1_000), fc.array(step, { maxLength: 80 }), (assignmentIntervalMs, steps) => {
      const driver = new ConsumerGroupDriver({ ...RULES, assignmentIntervalMs })
      for (const name of ['a', 'b', 'c']) driver.topics.create(name, 3)
      const consumers = ['x', 'y', 'z'].map(id => new SimulatedConsumer(driver, id, ['a', 'b', 'c']))
      let epochBefore = 0
      let ids = 0
      const check = () => {
        checkReaders(driver, consumers)
        expect(driver.consumerGroup.groupEpoch).toBeGreaterThanOrEqual(epochBefore)
        expect(driver.consumerGroup.targetEpoch).toBeLessThanOrEqual(driver.consumerGroup.groupEpoch)
        epochBefore = driver.consumerGroup.groupEpoch
      }
      for (const one of steps) {
        const consumer = 'who' in one ? consumers[one.who % Math.max(consumers.length, 1)] : undefined
        if (one.do === 'join' && consumers.length < 12) {
          const added = new SimulatedConsumer(driver, `m${ids++}`, one.topics, one.instance, one.pattern)
          consumers.push(added)
          added.heartbeat()
        } else if (one.do === 'heartbeat') consumer?.heartbeat(one)
        else if (one.do === 'everyone') for (const each of consumers) each.heartbeat()
        else if (one.do === 'leave') consumer?.leave(one.forGood || consumer.instanceId === null ? -1 : -2)
        else if (one.do === 'subscribe') consumer?.subscribe(one.topics)
        else if (one.do === 'pass') driver.pass(one.ms)
        else if (one.do === 'topic') {
          if (one.kind === 'grow') driver.topics.grow('a')
          else if (one.kind === 'gone') driver.topics.delete('b')
          else driver.topics.create('b', 2)
        }
        driver.resolvePatterns()
        check()
      }
      settle(driver, consumers)
      check()
      checkEverythingIsRead(driver, consumers)
      expect(lasting(driver.afterCompaction())).toEqual(lasting(driver.group))
    }),
    { numRuns: 150 },
  )
})

/** A member that the coordinator has dropped may not know it yet: it is fenced when it commits or asks. */
function readers(driver: ConsumerGroupDriver, consumers: readonly SimulatedConsumer[]): SimulatedConsumer[] {
  return consumers.filter(({ isIn, memberId }) => isIn && driver.consumerGroup.members.has(memberId))
}

function checkReaders(driver: ConsumerGroupDriver, consumers: readonly SimulatedConsumer[]): void {
  const readerOf = new Map<string, string>()
  for (const { memberId, owned } of readers(driver, consumers))
    for (const partition of owned) {
      const other = readerOf.get(partition)
      if (other !== undefined) throw new Error(`${partition} is read by ${other} and ${memberId}`)
      readerOf.set(partition, memberId)
    }
}

/** Time passes and everybody sends heartbeats. */
function settle(driver: ConsumerGroupDriver, consumers: readonly SimulatedConsumer[]): void {
  for (let round = 0; round < 30; round++) {
    driver.pass(5_000)
    for (const consumer of consumers) consumer.heartbeat()
    driver.resolvePatterns()
  }
}

function checkEverythingIsRead(driver: ConsumerGroupDriver, consumers: readonly SimulatedConsumer[]): void {
  const { consumerGroup: group, topics: catalogue } = driver
  expect(['Empty', 'Stable']).toContain(stateOf(group))
  const wanted = new Set<string>()
  for (const member of group.members.values()) {
    const names = [...member.topics, ...(group.patterns.get(member.pattern ?? '')?.topics ?? [])]
    for (const topic of names.flatMap(name => catalogue.topics.get(name) ?? []))
      for (let partition = 0; partition < topic.partitionCount; partition++) wanted.add(`${topic.id}/${partition}`)
  }
  const read = readers(driver, consumers).flatMap(consumer => [...consumer.owned])
  expect(read.sort()).toEqual([...wanted].sort())
}
