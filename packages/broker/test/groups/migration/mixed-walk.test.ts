import fc from 'fast-check'
import { expect, test } from 'vitest'
import { stateOf } from '../../../src/groups/consumer/consumer-group.ts'
import { lasting, RULES } from '../consumer/consumer-group-driver.ts'
import { SimulatedConsumer } from '../consumer/simulated-consumer.ts'
import { MixedDriver } from './mixed-driver.ts'
import { SimulatedClassicConsumer } from './simulated-classic-consumer.ts'

const TOPICS = ['a', 'b']
const who = fc.nat(5)
const step = fc.oneof(
  { weight: 12, arbitrary: fc.record({ do: fc.constant('request' as const), who }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('everyone' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('subscribe' as const), who, topics: fc.subarray(TOPICS, { minLength: 1 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('grow' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 9_000 }) }) },
)

test('members of both protocols never read the same partition, and in the end read all of them', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2 }),
      fc.array(fc.boolean(), { minLength: 1, maxLength: 4 }),
      fc.array(step, { maxLength: 100 }),
      (newCount, eager, steps) => {
        // It stays a consumer group, so that members of both protocols are in it.
        const driver = new MixedDriver({ ...RULES, migrationPolicy: 'upgrade' })
        for (const name of TOPICS) driver.topics.create(name, 3)
        const modern = Array.from(
          { length: newCount },
          (_, index) => new SimulatedConsumer(driver, `m${index}`, TOPICS),
        )
        const classic = eager.map(isEager => new SimulatedClassicConsumer(driver, TOPICS, isEager))
        const request = [...modern.map(one => () => one.heartbeat()), ...classic.map(one => () => one.step())]
        const everyone = [...modern, ...classic]
        modern[0]!.heartbeat()
        const check = () => {
          const members = driver.consumerGroup.members
          const readers = new Map<string, string>()
          for (const { memberId, owned } of everyone)
            for (const partition of members.has(memberId) ? owned : []) {
              if (readers.has(partition))
                throw new Error(`${partition} has readers ${readers.get(partition)}, ${memberId}`)
              readers.set(partition, memberId)
            }
          return readers
        }
        for (const one of steps) {
          if (one.do === 'request') request[one.who % request.length]!()
          else if (one.do === 'everyone') for (const each of request) each()
          else if (one.do === 'subscribe') everyone[one.who % everyone.length]!.subscribe(one.topics)
          else if (one.do === 'grow') driver.topics.grow('a')
          else driver.pass(one.ms)
          check()
        }
        for (let round = 0; round < 40; round++) {
          driver.pass(1_000)
          for (const each of request) each()
          check()
        }
        expect(driver.group.type).toBe('consumer')
        expect(stateOf(driver.consumerGroup)).toBe('Stable')
        const wanted = TOPICS.filter(name => everyone.some(({ topics }) => topics.includes(name))).flatMap(name => {
          const { id, partitionCount } = driver.topics.topics.get(name)!
          return Array.from({ length: partitionCount }, (_, partition) => `${id}/${partition}`)
        })
        expect([...check().keys()].sort()).toEqual(wanted.sort())
        expect(lasting(driver.afterCompaction())).toEqual(lasting(driver.group))
      },
    ),
    { numRuns: 100 },
  )
})
