import { describe, expect, test } from 'vitest'
import type { TopicPartition } from '../../src/cluster/topic-partition.ts'
import type { Consumer } from '../../src/consumer/consumer.ts'
import type { FetchedBatch } from '../../src/consumer/consumer-record.ts'
import type { RebalanceListener } from '../../src/consumer/rebalance-listener.ts'
import { type ClusterUnderTest, readRecords, readValues, TestClients } from './cluster-under-test.ts'

/** Notes what a group does to a member, as `assigned 0,1`. */
function noting(): { events: string[]; listener: RebalanceListener } {
  const events: string[] = []
  const note = (what: string) => (partitions: readonly TopicPartition[]) => {
    events.push(`${what} ${partitions.map(({ partition }) => partition)}`)
  }
  const listener = {
    onPartitionsAssigned: note('assigned'),
    onPartitionsRevoked: note('revoked'),
    onPartitionsLost: note('lost'),
  }
  return { events, listener }
}

async function readBatches(consumer: Consumer): Promise<FetchedBatch[]> {
  for (;;) {
    const batches = await consumer.poll()
    if (batches.length > 0) return batches
  }
}

/** Polls several consumers in turns until `done`. */
async function pollUntil(consumers: readonly Consumer[], done: () => boolean): Promise<string[]> {
  const values: string[] = []
  while (!done())
    for (const consumer of consumers)
      for (const { records } of await consumer.poll({ maxWaitMs: 50 }))
        values.push(...records.map(({ value }) => String(value)))
  return values
}

export function consumerBehaviour(cluster: () => ClusterUnderTest): void {
  const clients = new TestClients('consumer', cluster)

  async function filled(count: number, partitions = 1): Promise<string> {
    const topic = await clients.topic(partitions)
    const producer = clients.producer()
    const records = Array.from({ length: count }, (_, number) => ({
      value: `${number}`,
      partition: number % partitions,
      timestampMs: 1_000 + number,
    }))
    await producer.sendBatch(topic, records)
    return topic
  }
  const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => `${from + index}`)

  describe('consumer without a group', () => {
    test('reads from the beginning, in order, up to max.poll.records at a time', async () => {
      const topic = await filled(25)
      const consumer = await clients.reader(topic, { maxPollRecords: 10 })
      const sizes: number[] = []
      const values: string[] = []
      while (values.length < 25)
        for (const batch of await consumer.poll()) {
          sizes.push(batch.records.length)
          values.push(...batch.records.map(({ value }) => String(value)))
          expect(batch).toMatchObject({ topic, partition: 0, highWatermark: 25, logStartOffset: 0 })
          expect(batch.nextOffset).toBe(values.length)
        }
      expect([sizes, values]).toEqual([[10, 10, 5], numbers(0, 25)])
      expect(consumer.lag({ topic, partition: 0 })).toBe(0)
      expect(await consumer.poll({ maxWaitMs: 0 })).toEqual([])
    })
    test('seeks to offsets, ends and times', async () => {
      const topic = await filled(20)
      const at = { topic, partition: 0 }
      const consumer = await clients.reader(topic)
      expect(await readValues(consumer, 20)).toHaveLength(20)
      consumer.seek(at, 15)
      expect(await readValues(consumer, 5)).toEqual(numbers(15, 20))
      consumer.seekToBeginning([at])
      expect(await consumer.position(at)).toBe(0)
      consumer.seekToEnd()
      expect(await consumer.position(at)).toBe(20)
      const times = await consumer.offsetsForTimes([{ ...at, timestampMs: 1_007 }])
      expect(times.get(topic, 0)).toEqual({ offset: 7, timestampMs: 1_007 })
      expect((await consumer.offsetsForTimes([{ ...at, timestampMs: 9_999 }])).size).toBe(0)
      expect([
        (await consumer.beginningOffsets([at])).get(topic, 0),
        (await consumer.endOffsets([at])).get(topic, 0),
      ]).toEqual([0, 20])
    })
    test('starts at the end by default', async () => {
      const topic = await filled(3)
      const consumer = await clients.reader(topic, { autoOffsetReset: 'latest' })
      expect(await consumer.position({ topic, partition: 0 })).toBe(3)
      await clients.producer().send({ topic, value: 'new' })
      expect(await readValues(consumer, 1)).toEqual(['new'])
    })
    test('starts as long ago as it is told', async () => {
      const topic = await clients.topic()
      const nowMs = Date.now()
      const producer = clients.producer()
      for (const agoMs of [7_200_000, 5_400_000, 1_800_000, 0])
        await producer.send({ topic, value: `${agoMs}`, timestampMs: nowMs - agoMs })
      const reader = await clients.reader(topic, { autoOffsetReset: 'by_duration:PT1H' })
      expect(await readValues(reader, 2)).toEqual(['1800000', '0'])
      const later = await clients.reader(topic, { autoOffsetReset: 'by_duration:PT0S' })
      await producer.send({ topic, value: 'new', timestampMs: nowMs + 60_000 })
      expect(await readValues(later, 1)).toEqual(['new'])
    })
    test('an offset that is not there follows auto.offset.reset', async () => {
      const topic = await filled(5)
      const resetting = await clients.reader(topic)
      resetting.seek({ topic, partition: 0 }, 500)
      expect(await readValues(resetting, 5)).toEqual(numbers(0, 5))
      const strict = await clients.reader(topic, { autoOffsetReset: 'none' })
      await expect(strict.poll()).rejects.toMatchObject({ code: 'NO_OFFSET' })
      strict.seek({ topic, partition: 0 }, 500)
      await expect(strict.poll()).rejects.toMatchObject({ code: 'OFFSET_OUT_OF_RANGE', offset: 500 })
      strict.seek({ topic, partition: 0 }, 3)
      expect(await readValues(strict, 2)).toEqual(['3', '4'])
    })
    test('paused partitions rest, the others go on', async () => {
      const topic = await filled(20, 2)
      const consumer = await clients.reader(topic)
      consumer.pause([{ topic, partition: 0 }])
      expect((await readRecords(consumer, 10)).every(({ partition }) => partition === 1)).toBe(true)
      expect(consumer.paused()).toEqual([{ topic, partition: 0 }])
      consumer.resume([{ topic, partition: 0 }])
      expect((await readRecords(consumer, 10)).every(({ partition }) => partition === 0)).toBe(true)
    })
    test('a partition with a long backlog does not starve the others', async () => {
      const topic = await clients.topic(2)
      const producer = clients.producer()
      await producer.sendBatch(
        topic,
        Array.from({ length: 1_000 }, () => ({ value: 'x'.repeat(100), partition: 0 })),
      )
      await producer.send({ topic, value: 'other', partition: 1 })
      const consumer = await clients.reader(topic, { maxPollRecords: 10 })
      const before = (await readRecords(consumer, 500)).filter(({ partition }) => partition === 1)
      expect(before).toHaveLength(1)
    })
    test('a large log comes through small budgets', async () => {
      const topic = await clients.topic(3)
      const producer = clients.producer({ batchSize: 2_000 })
      const values = Array.from({ length: 600 }, (_, number) => `${number}`.padEnd(300, '.'))
      await producer.sendBatch(
        topic,
        values.map((value, number) => ({ value, partition: number % 3 })),
      )
      const consumer = await clients.reader(topic, {
        maxPartitionFetchBytes: 1_000,
        fetchMaxBytes: 5_000,
        maxPollRecords: 7,
      })
      expect((await readValues(consumer, 600)).sort()).toEqual(values.sort())
    })
    test('says when it has read a partition to its end, each time', async () => {
      const topic = await filled(20, 2)
      const ends: string[] = []
      const consumer = await clients.reader(topic, {
        maxPollRecords: 3,
        onEndOfPartition: ({ partition }, offset) => ends.push(`${partition}/${offset}`),
      })
      await readRecords(consumer, 20)
      await consumer.poll({ maxWaitMs: 0 })
      expect(ends.sort()).toEqual(['0/10', '1/10'])
      await clients.producer().send({ topic, value: 'more', partition: 1 })
      await readRecords(consumer, 1)
      await consumer.poll({ maxWaitMs: 0 })
      expect(ends.sort()).toEqual(['0/10', '1/10', '1/11'])
    })
    test('says when nothing comes although there is something', async () => {
      const topic = await filled(1)
      const producer = clients.producer({ transactionalId: clients.name('writer') })
      await producer.initTransactions()
      producer.beginTransaction()
      await producer.send({ topic, value: 'undecided' })
      const stalls: object[] = []
      const reader = await clients.reader(topic, {
        isolationLevel: 'read_committed',
        stallTimeoutMs: 100,
        onStall: stall => stalls.push(stall),
      })
      await readValues(reader, 1)
      while (stalls.length === 0) await reader.poll({ maxWaitMs: 50 })
      expect(stalls[0]).toMatchObject({ topic, partition: 0, lag: 0 })
      await producer.abortTransaction()
    })
    test('batches have records of one leader epoch, commits say which', async () => {
      const topic = await filled(3)
      const consumer = clients.consumer({ groupId: clients.name('group'), enableAutoCommit: false })
      consumer.subscribe([topic])
      const [batch] = await readBatches(consumer)
      expect(batch!.leaderEpoch).toBeGreaterThanOrEqual(0)
      await consumer.commit()
      const committed = (await consumer.committed([{ topic, partition: 0 }])).get(topic, 0)
      expect(committed).toMatchObject({ offset: 3, leaderEpoch: batch!.leaderEpoch })
    })
    test('needs a group for what groups are for', async () => {
      const consumer = clients.consumer()
      expect(() => consumer.subscribe(['t'])).toThrow('set groupId, or use assign()')
      await expect(consumer.commit()).rejects.toThrow('belongs to no group')
    })
    test('one poll at a time', async () => {
      const consumer = await clients.reader(await filled(0))
      const first = consumer.poll({ maxWaitMs: 200 })
      await expect(consumer.poll()).rejects.toMatchObject({ code: 'CONCURRENT_POLL' })
      expect(await first).toEqual([])
    })
    test('a signal ends a waiting poll, and the consumer goes on', async () => {
      const topic = await filled(0)
      const consumer = await clients.reader(topic)
      const controller = new AbortController()
      const poll = consumer.poll({ maxWaitMs: 60_000, signal: controller.signal })
      controller.abort(new Error('enough'))
      await expect(poll).rejects.toThrow('enough')
      await clients.producer().send({ topic, value: 'v' })
      expect(await readValues(consumer, 1)).toEqual(['v'])
    })
    test('close ends a waiting poll', async () => {
      const consumer = await clients.reader(await filled(0))
      const poll = expect(consumer.poll({ maxWaitMs: 60_000 })).rejects.toMatchObject({ code: 'CLOSED' })
      await Promise.all([consumer.close(), consumer.close()])
      await poll
      await expect(consumer.poll()).rejects.toMatchObject({ code: 'CLOSED' })
    })
  })

  describe('iteration', () => {
    test('record by record, until the consumer is closed', async () => {
      const topic = await filled(30)
      const consumer = await clients.reader(topic, { maxPollRecords: 7 })
      const values: string[] = []
      for await (const record of consumer) {
        expect([record.topic, record.partition]).toEqual([topic, 0])
        values.push(String(record.value))
        if (values.length === 30) await consumer.close()
      }
      expect(values).toEqual(numbers(0, 30))
    })
    test('the record that the loop was left in comes again, unless it was committed', async () => {
      const topic = await filled(10)
      const consumer = clients.consumer({ groupId: clients.name('group') })
      consumer.subscribe([topic])
      const leaveAt = async (leave: string, commits: boolean) => {
        for await (const { value } of consumer) {
          if (String(value) !== leave) continue
          if (commits) await consumer.commit()
          break
        }
        return consumer.position({ topic, partition: 0 })
      }
      expect([await leaveAt('3', false), await leaveAt('5', true), await leaveAt('6', false)]).toEqual([3, 6, 6])
    })
    test('batch by batch; a seek takes effect at once', async () => {
      const topic = await filled(30)
      const consumer = await clients.reader(topic, { maxPollRecords: 10 })
      const firsts: number[] = []
      for await (const { records } of consumer.batches()) {
        firsts.push(records[0]!.offset)
        if (firsts.length === 2) consumer.seek({ topic, partition: 0 }, 5)
        if (firsts.length === 3) break
      }
      expect(firsts).toEqual([0, 10, 5])
    })
    test('a signal ends it with its reason', async () => {
      const consumer = await clients.reader(await filled(1))
      const controller = new AbortController()
      const iterate = async () => {
        for await (const _ of consumer.records({ signal: controller.signal })) controller.abort(new Error('enough'))
      }
      await expect(iterate()).rejects.toThrow('enough')
    })
  })

  describe('groups', () => {
    test('members divide the partitions and hand them over', async () => {
      const topic = await filled(40, 4)
      const groupId = clients.name('group')
      const [a, b] = [noting(), noting()]
      const first = clients.consumer({ groupId, heartbeatIntervalMs: 100 })
      first.subscribe([topic], a.listener)
      const values = await pollUntil([first], () => a.events.length === 1)
      await first.commit()
      const second = clients.consumer({ groupId, heartbeatIntervalMs: 100 })
      second.subscribe([topic], b.listener)
      values.push(...(await pollUntil([first, second], () => a.events.length === 3 && b.events.length === 1)))
      expect(a.events).toEqual(['assigned 0,1,2,3', 'revoked 0,1,2,3', expect.stringMatching(/^assigned (0,1|2,3)$/)])
      expect([...first.assignment(), ...second.assignment()].map(({ partition }) => partition).sort()).toEqual([
        0, 1, 2, 3,
      ])
      await first.close()
      values.push(...(await pollUntil([second], () => second.assignment().length === 4)))
      expect(b.events.slice(1)).toEqual([expect.stringMatching(/^revoked/), 'assigned 0,1,2,3'])
      while (new Set(values).size < 40) values.push(...(await readValues(second, 1)))
      expect(new Set(values)).toEqual(new Set(numbers(0, 40)))
    })
    test('commits are where the next member begins, with what was written along', async () => {
      const topic = await filled(10)
      const groupId = clients.name('group')
      const at = { topic, partition: 0 }
      const first = clients.consumer({ groupId, enableAutoCommit: false, maxPollRecords: 4 })
      first.subscribe([topic])
      expect(await readValues(first, 4)).toEqual(numbers(0, 4))
      expect((await first.committed([at])).size).toBe(0)
      await first.commit([{ ...at, offset: 2, metadata: 'half way' }])
      expect((await first.committed([at])).get(topic, 0)).toMatchObject({ offset: 2, metadata: 'half way' })
      await first.close()
      const second = clients.consumer({ groupId })
      second.subscribe([topic])
      expect(await readValues(second, 8)).toEqual(numbers(2, 10))
      await second.commit()
      expect((await second.committed([at])).get(topic, 0)).toMatchObject({ offset: 10, metadata: '' })
    })
    test('automatic commits cover what earlier polls returned', async () => {
      const topic = await filled(10)
      const groupId = clients.name('group')
      const consumer = clients.consumer({ groupId, autoCommitIntervalMs: 0, maxPollRecords: 4 })
      consumer.subscribe([topic])
      expect(await readValues(consumer, 4)).toHaveLength(4)
      const committed = async () => (await consumer.committed([{ topic, partition: 0 }])).get(topic, 0)?.offset
      expect(await committed()).toBeUndefined()
      await consumer.poll()
      // In the background, so it may take a moment.
      while ((await committed()) !== 4) await consumer.poll({ maxWaitMs: 0 })
    })
    test('every commit is heard of, with what became of it', async () => {
      const topic = await filled(10)
      const heard: string[] = []
      const consumer = clients.consumer({
        groupId: clients.name('group'),
        autoCommitIntervalMs: 0,
        maxPollRecords: 5,
        onCommit: (offsets, error) => heard.push(`${offsets.map(({ offset }) => offset)} ${error?.message ?? 'ok'}`),
      })
      consumer.subscribe([topic])
      await readValues(consumer, 5)
      await readValues(consumer, 5)
      await consumer.commit([{ topic, partition: 0, offset: 7 }])
      expect(heard).toEqual(['5 ok', '7 ok'])
      await consumer.close()
      expect(heard).toEqual(['5 ok', '7 ok', '10 ok'])
    })
    test.each(['classic', 'consumer'] as const)('partitions assigned by hand commit too: %s', async groupProtocol => {
      const [one, two] = [await filled(4), await filled(4)]
      const consumer = clients.consumer({ groupId: clients.name('group'), groupProtocol })
      consumer.assign([{ topic: one, partition: 0 }])
      await readValues(consumer, 4)
      consumer.assign([{ topic: two, partition: 0 }])
      await readValues(consumer, 3)
      await consumer.commit([{ topic: two, partition: 0, offset: 3 }])
      const committed = await consumer.committed([one, two].map(topic => ({ topic, partition: 0 })))
      expect([committed.get(one, 0)?.offset, committed.get(two, 0)?.offset]).toEqual([4, 3])
    })
    test('closing commits, and says so to no one else', async () => {
      const topic = await filled(5)
      const groupId = clients.name('group')
      const consumer = clients.consumer({ groupId })
      const { events, listener } = noting()
      consumer.subscribe([topic], listener)
      await readValues(consumer, 5)
      await consumer.close()
      expect(events).toEqual(['assigned 0', 'revoked 0'])
      const offsets = await clients.admin().listConsumerGroupOffsets(groupId)
      expect(offsets.get(topic, 0)?.offset).toBe(5)
      expect((await clients.admin().describeConsumerGroups([groupId])).get(groupId)).toMatchObject({
        state: 'Empty',
        members: [],
      })
    })
    test('a seek of the listener comes before the first record', async () => {
      const topic = await filled(10)
      const consumer = clients.consumer({ groupId: clients.name('group') })
      consumer.subscribe([topic], {
        onPartitionsAssigned: async partitions => {
          await new Promise(resolve => setTimeout(resolve, 20))
          for (const partition of partitions) consumer.seek(partition, 8)
        },
      })
      expect(await readValues(consumer, 2)).toEqual(['8', '9'])
    })
    test('what a listener throws comes out of poll', async () => {
      const topic = await filled(1)
      const consumer = clients.consumer({ groupId: clients.name('group') })
      let isFirst = true
      consumer.subscribe([topic], {
        onPartitionsAssigned() {
          if (isFirst) {
            isFirst = false
            throw new Error('not yet')
          }
        },
      })
      await expect(readValues(consumer, 1)).rejects.toThrow('not yet')
      expect(await readValues(consumer, 1)).toEqual(['0'])
    })
    test('topics of a subscription may change, and end', async () => {
      const [one, two] = [await filled(2), await filled(2)]
      const consumer = clients.consumer({ groupId: clients.name('group') })
      consumer.subscribe([one])
      await readValues(consumer, 2)
      consumer.subscribe([two])
      expect((await readRecords(consumer, 2)).map(({ topic }) => topic)).toEqual([two, two])
      await consumer.unsubscribe()
      expect(consumer.assignment()).toEqual([])
      consumer.assign([{ topic: one, partition: 0 }])
      consumer.seek({ topic: one, partition: 0 }, 0)
      expect(await readValues(consumer, 2)).toHaveLength(2)
    })
    test('more partitions of a topic are noticed', async () => {
      const topic = await filled(0, 1)
      const consumer = clients.consumer({ groupId: clients.name('group'), metadataMaxAgeMs: 200 })
      consumer.subscribe([topic])
      await pollUntil([consumer], () => consumer.assignment().length === 1)
      await clients.admin().createPartitions([{ topic, totalCount: 3 }])
      await pollUntil([consumer], () => consumer.assignment().length === 3)
    })
    test('a topic that appears later is read', async () => {
      const topic = clients.name('later')
      const consumer = clients.consumer({ groupId: clients.name('group'), allowAutoCreateTopics: false })
      consumer.subscribe([topic])
      expect(await consumer.poll({ maxWaitMs: 300 })).toEqual([])
      await clients.admin().createTopics([{ name: topic, partitions: 2 }])
      await clients.producer().send({ topic, value: 'v' })
      expect(await readValues(consumer, 1)).toEqual(['v'])
    })
    test('round robin, if the members agree on it', async () => {
      const topic = await filled(0, 3)
      const groupId = clients.name('group')
      const make = () =>
        clients.consumer({ groupId, partitionAssignmentStrategy: ['roundrobin', 'range'], heartbeatIntervalMs: 100 })
      const consumers = [make(), make()]
      for (const consumer of consumers) consumer.subscribe([topic])
      await pollUntil(
        consumers,
        () =>
          consumers.flatMap(consumer => consumer.assignment()).length === 3 &&
          consumers.every(consumer => consumer.assignment().length > 0),
      )
      const parts = consumers.map(consumer =>
        consumer
          .assignment()
          .map(({ partition }) => partition)
          .join(' '),
      )
      expect(parts.sort()).toEqual(['0 2', '1'])
      expect((await clients.admin().describeConsumerGroups([groupId])).get(groupId)).toMatchObject({
        state: 'Stable',
        assignor: 'roundrobin',
      })
    })
    test('members without a common assignor cannot share a group', async () => {
      const topic = await filled(0)
      const groupId = clients.name('group')
      const one = clients.consumer({ groupId, partitionAssignmentStrategy: ['range'] })
      one.subscribe([topic])
      await pollUntil([one], () => one.assignment().length === 1)
      const other = clients.consumer({ groupId, partitionAssignmentStrategy: ['roundrobin'] })
      other.subscribe([topic])
      await expect(other.poll()).rejects.toMatchObject({ code: 'INCONSISTENT_GROUP_PROTOCOL' })
    })
  })
}
