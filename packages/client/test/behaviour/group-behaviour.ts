/** What a group does, whichever way its members are given their partitions. */
import { describe, expect, test } from 'vitest'
import type { TopicPartition } from '../../src/cluster/topic-partition.ts'
import type { Consumer, ConsumerOptions } from '../../src/consumer/consumer.ts'
import type { Assignor } from '../../src/consumer/group/assignors/assignor.ts'
import { rangeAssignor } from '../../src/consumer/group/assignors/range-assignor.ts'
import type { RebalanceListener } from '../../src/consumer/rebalance-listener.ts'
import { SubscriptionPattern } from '../../src/consumer/subscription-pattern.ts'
import { type ClusterUnderTest, readValues, TestClients } from './cluster-under-test.ts'

type Options = Partial<Omit<ConsumerOptions, 'bootstrapServers' | 'platform'>>

const EAGER: Options = { partitionAssignmentStrategy: ['range'], heartbeatIntervalMs: 100 }
const COOPERATIVE: Options = { partitionAssignmentStrategy: ['cooperative-sticky'], heartbeatIntervalMs: 100 }
const CONSUMER: Options = { groupProtocol: 'consumer' }

/** Notes what a group does to a member, as `assigned 0,1`. */
function noting(): { events: string[]; listener: RebalanceListener } {
  const events: string[] = []
  const note = (what: string) => (partitions: readonly TopicPartition[]) => {
    if (partitions.length > 0) events.push(`${what} ${partitions.map(({ partition }) => partition).sort()}`)
  }
  return {
    events,
    listener: {
      onPartitionsAssigned: note('assigned'),
      onPartitionsRevoked: note('revoked'),
      onPartitionsLost: note('lost'),
    },
  }
}

/** Polls several consumers in turns until `done`. */
async function pollUntil(consumers: readonly Consumer[], done: () => boolean): Promise<string[]> {
  const values: string[] = []
  while (!done())
    for (const consumer of consumers)
      for (const { records } of await consumer.poll({ maxWaitMs: 20 }))
        values.push(...records.map(({ value }) => String(value)))
  return values
}
const partitionsOf = (...consumers: readonly Consumer[]) =>
  consumers.flatMap(consumer => consumer.assignment().map(({ partition }) => partition)).sort()

export function groupBehaviour(cluster: () => ClusterUnderTest, hasConsumerProtocol: boolean): void {
  const clients = new TestClients('group', cluster)
  const protocols: [string, Options][] = [
    ['eager', EAGER],
    ['cooperative', COOPERATIVE],
    ...(hasConsumerProtocol ? ([['consumer protocol', CONSUMER]] as [string, Options][]) : []),
  ]
  const filled = async (count: number, partitions = 1): Promise<string> => {
    const topic = await clients.topic(partitions)
    await clients.producer().sendBatch(
      topic,
      Array.from({ length: count }, (_, number) => ({ value: `${number}`, partition: number % partitions })),
    )
    return topic
  }

  describe.each(protocols)('groups, %s', (_name, options) => {
    test('members come and go, and every record is read', async () => {
      const topic = await filled(60, 6)
      const groupId = clients.name('group')
      const members = [0, 1, 2].map(() => clients.consumer({ groupId, ...options }))
      const values: string[] = []
      for (const [index, member] of members.entries()) {
        member.subscribe([topic])
        const joined = members.slice(0, index + 1)
        const isDivided = () =>
          partitionsOf(...joined).length === 6 && joined.every(one => one.assignment().length === 6 / joined.length)
        values.push(...(await pollUntil(joined, isDivided)))
      }
      await members[0]!.close()
      const rest = members.slice(1)
      values.push(...(await pollUntil(rest, () => rest.every(one => one.assignment().length === 3))))
      while (new Set(values).size < 60) values.push(...(await pollUntil(rest, () => true)), ...(await drained(rest)))
      expect(new Set(values).size).toBe(60)
    })
    test('a seek of the listener comes before the first record, commits before the hand-over', async () => {
      const topic = await filled(20, 2)
      const groupId = clients.name('group')
      const first = clients.consumer({ groupId, ...options, enableAutoCommit: false })
      const log: string[] = []
      first.subscribe([topic], {
        onPartitionsAssigned: async partitions => {
          await new Promise(resolve => setTimeout(resolve, 20))
          for (const at of partitions) first.seek(at, 8)
        },
        onPartitionsRevoked: async partitions => {
          await first.commit(partitions.map(at => ({ ...at, offset: 9, metadata: 'handed over' })))
          log.push('committed')
        },
      })
      expect((await readValues(first, 4)).sort()).toEqual(['16', '17', '18', '19'])
      const second = clients.consumer({ groupId, ...options })
      second.subscribe([topic], {
        onPartitionsAssigned: partitions => void (partitions.length > 0 && log.push('taken')),
      })
      const values = await pollUntil([first, second], () => second.assignment().length === 1 && log.includes('taken'))
      expect(log.slice(0, 2)).toEqual(['committed', 'taken'])
      const [at] = second.assignment()
      expect((await second.committed([at!])).get(topic, at!.partition)).toMatchObject({ metadata: 'handed over' })
      while (values.length === 0) values.push(...(await pollUntil([second], () => true)), ...(await drained([second])))
      expect(values.every(value => Number(value) >= 18)).toBe(true)
    })
    test('what a listener throws comes out of poll, and the rebalance goes on', async () => {
      const topic = await filled(0, 4)
      const groupId = clients.name('group')
      const thrown: string[] = []
      const throwOnce = (what: string) => (partitions: readonly TopicPartition[]) => {
        if (thrown.includes(what) || partitions.length === 0) return
        thrown.push(what)
        throw new Error(what)
      }
      const first = clients.consumer({ groupId, ...options })
      first.subscribe([topic], {
        onPartitionsAssigned: throwOnce('assigned'),
        onPartitionsRevoked: throwOnce('revoked'),
      })
      const caught: string[] = []
      const pollFirst = async () => {
        await first.poll({ maxWaitMs: 20 }).catch((error: Error) => caught.push(error.message))
      }
      while (first.assignment().length < 4 || caught.length === 0) await pollFirst()
      const second = clients.consumer({ groupId, ...options })
      second.subscribe([topic])
      while (first.assignment().length !== 2 || second.assignment().length !== 2) {
        await pollFirst()
        await second.poll({ maxWaitMs: 20 })
      }
      expect(caught).toEqual(['assigned', 'revoked'])
      expect(partitionsOf(first, second)).toEqual([0, 1, 2, 3])
    })
    test('closing commits and leaves', async () => {
      const topic = await filled(5)
      const groupId = clients.name('group')
      const { events, listener } = noting()
      const consumer = clients.consumer({ groupId, ...options })
      consumer.subscribe([topic], listener)
      await readValues(consumer, 5)
      await consumer.close()
      expect(events).toEqual(['assigned 0', 'revoked 0'])
      expect((await clients.admin().listConsumerGroupOffsets(groupId)).get(topic, 0)?.offset).toBe(5)
      const next = clients.consumer({ groupId, ...options })
      next.subscribe([topic])
      await pollUntil([next], () => next.assignment().length === 1)
      expect(await next.position({ topic, partition: 0 })).toBe(5)
    })
    test('the subscription may change, and end', async () => {
      const [one, two] = [await filled(2), await filled(2)]
      const consumer = clients.consumer({ groupId: clients.name('group'), ...options })
      const { events, listener } = noting()
      consumer.subscribe([one], listener)
      await readValues(consumer, 2)
      consumer.subscribe([two], listener)
      await readValues(consumer, 2)
      expect(consumer.assignment()).toEqual([{ topic: two, partition: 0 }])
      await consumer.unsubscribe()
      expect(consumer.assignment()).toEqual([])
      expect(events).toEqual(['assigned 0', 'revoked 0', 'assigned 0', 'revoked 0'])
    })
    test('a static member that restarts gets its partitions back', async () => {
      const topic = await filled(0, 4)
      const groupId = clients.name('group')
      const make = (name: string) => {
        const consumer = clients.consumer({ groupId, ...options, groupInstanceId: `${groupId}-${name}` })
        const { events, listener } = noting()
        consumer.subscribe([topic], listener)
        return { consumer, events }
      }
      const [a, b] = [make('a'), make('b')]
      await pollUntil([a.consumer, b.consumer], () =>
        [a, b].every(({ consumer }) => consumer.assignment().length === 2),
      )
      const held = partitionsOf(a.consumer)
      await a.consumer.close()
      const eventsOfOther = b.events.length
      const again = make('a')
      await pollUntil([again.consumer, b.consumer], () => again.consumer.assignment().length === 2)
      expect(partitionsOf(again.consumer)).toEqual(held)
      expect(b.events.slice(eventsOfOther)).toEqual([])
    })
    test('topics that match a pattern are read, also those that appear later', async () => {
      const prefix = clients.name('match')
      const create = async (name: string) => {
        await clients.admin().createTopics([{ name: `${prefix}-${name}`, partitions: 1 }])
        await clients.producer().send({ topic: `${prefix}-${name}`, value: name })
      }
      await create('a')
      await create('other')
      const consumer = clients.consumer({ groupId: clients.name('group'), ...options, metadataMaxAgeMs: 200 })
      consumer.subscribe(new RegExp(`^${prefix}-[a-c]$`))
      expect(await readValues(consumer, 1)).toEqual(['a'])
      await create('b')
      expect(await readValues(consumer, 1)).toEqual(['b'])
    })
    test('a member that does not poll for max.poll.interval.ms is put out, and its late commit fails', async () => {
      const topic = await filled(4)
      const groupId = clients.name('group')
      const session = options === CONSUMER ? {} : { sessionTimeoutMs: 6_000 }
      const { events, listener } = noting()
      const slow = clients.consumer({
        groupId,
        ...options,
        ...session,
        maxPollIntervalMs: 300,
        enableAutoCommit: false,
      })
      slow.subscribe([topic], listener)
      await readValues(slow, 4)
      const other = clients.consumer({ groupId, ...options })
      other.subscribe([topic])
      await pollUntil([other], () => other.assignment().length === 1)
      await expect(slow.commit()).rejects.toMatchObject({ code: 'COMMIT_FAILED' })
      await slow.poll({ maxWaitMs: 0 })
      expect(events).toEqual(['assigned 0', 'lost 0'])
    })
  })

  describe('assignors of the application', () => {
    test('decide, with what members tell the leader', async () => {
      const topic = await filled(0, 4)
      const groupId = clients.name('group')
      /** All to the member that shouts the loudest. */
      const loudest = (volume: number): Assignor => ({
        name: 'loudest',
        userData: () => Buffer.from([volume]),
        assign(partitionCounts, members) {
          const [first] = [...members].sort((a, b) => b.userData![0]! - a.userData![0]!)
          const all = [...partitionCounts].flatMap(([name, count]) =>
            Array.from({ length: count }, (_, partition) => ({ topic: name, partition })),
          )
          return new Map([[first!.memberId, all]])
        },
      })
      const [quiet, loud] = [3, 7].map(volume =>
        clients.consumer({ groupId, assignors: [loudest(volume)], heartbeatIntervalMs: 100 }),
      )
      for (const member of [quiet!, loud!]) member.subscribe([topic])
      await pollUntil([quiet!, loud!], () => loud!.assignment().length === 4 && quiet!.assignment().length === 0)
    })
    test('have no place where the coordinator assigns', () => {
      const options = { groupId: 'g', groupProtocol: 'consumer', assignors: [rangeAssignor] } as const
      expect(() => clients.consumer(options)).toThrow('with consumer the coordinator assigns')
    })
  })

  describe('cooperative members', () => {
    test('read on while others join, and give up no more than they must', async () => {
      const topic = await filled(0, 6)
      const groupId = clients.name('group')
      const [a, b] = [noting(), noting()]
      const first = clients.consumer({ groupId, ...COOPERATIVE })
      first.subscribe([topic], a.listener)
      await pollUntil([first], () => first.assignment().length === 6)
      const second = clients.consumer({ groupId, ...COOPERATIVE })
      second.subscribe([topic], b.listener)
      let fewest = 6
      await pollUntil([first, second], () => {
        fewest = Math.min(fewest, first.assignment().length)
        return second.assignment().length === 3
      })
      expect(fewest).toBe(3)
      expect(a.events).toHaveLength(2)
      expect(a.events[1]).toMatch(/^revoked \d,\d,\d$/)
      expect(b.events).toHaveLength(1)
      expect(partitionsOf(first, second)).toEqual([0, 1, 2, 3, 4, 5])
    })
  })

  if (hasConsumerProtocol)
    describe('consumer protocol', () => {
      test('the coordinator matches a pattern', async () => {
        const prefix = clients.name('server')
        const create = async (name: string) => {
          await clients.admin().createTopics([{ name: `${prefix}-${name}`, partitions: 1 }])
          await clients.producer().send({ topic: `${prefix}-${name}`, value: name })
        }
        await create('a')
        await create('other')
        const consumer = clients.consumer({ groupId: clients.name('group'), ...CONSUMER })
        consumer.subscribe(new SubscriptionPattern(`${prefix}-[a-c]`))
        expect(await readValues(consumer, 1)).toEqual(['a'])
      })
      test('a pattern that is none is refused', async () => {
        const consumer = clients.consumer({ groupId: clients.name('group'), ...CONSUMER })
        consumer.subscribe(new SubscriptionPattern('(unclosed'))
        await expect(readValues(consumer, 1)).rejects.toMatchObject({ code: 'INVALID_REGULAR_EXPRESSION' })
      })
      test('an assignor that the broker does not have is refused', async () => {
        const topic = await filled(0)
        const consumer = clients.consumer({ groupId: clients.name('group'), ...CONSUMER, groupRemoteAssignor: 'none' })
        consumer.subscribe([topic])
        await expect(readValues(consumer, 1)).rejects.toMatchObject({ code: 'UNSUPPORTED_ASSIGNOR' })
      })
      test('offsets of a member count in a transaction, those of a stranger do not', async () => {
        const topic = await filled(2)
        const consumer = clients.consumer({ groupId: clients.name('group'), ...CONSUMER, enableAutoCommit: false })
        consumer.subscribe([topic])
        await readValues(consumer, 2)
        const producer = clients.producer({ transactionalId: clients.name('writer') })
        await producer.initTransactions()
        producer.beginTransaction()
        await producer.sendOffsetsToTransaction([{ topic, partition: 0, offset: 2 }], consumer.groupMetadata())
        await producer.commitTransaction()
        expect((await consumer.committed([{ topic, partition: 0 }])).get(topic, 0)?.offset).toBe(2)
        producer.beginTransaction()
        const stranger = { ...consumer.groupMetadata(), memberId: 'stranger' }
        const refused = producer.sendOffsetsToTransaction([{ topic, partition: 0, offset: 0 }], stranger)
        await expect(refused).rejects.toMatchObject({ code: 'COMMIT_FAILED' })
        await producer.abortTransaction()
      })
    })

  async function drained(consumers: readonly Consumer[]): Promise<string[]> {
    const values: string[] = []
    for (const consumer of consumers)
      for (const { records } of await consumer.poll({ maxWaitMs: 100 }))
        values.push(...records.map(({ value }) => String(value)))
    return values
  }
}
