import { lastValueFrom, map, take, tap, toArray } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { fromTopic } from '../../src/rxjs/from-topic.ts'
import { toTopic } from '../../src/rxjs/to-topic.ts'
import { type ClusterUnderTest, readValues, TestClients } from './cluster-under-test.ts'

export function rxjsBehaviour(cluster: () => ClusterUnderTest): void {
  const clients = new TestClients('rxjs', cluster)
  const consumerOf = (groupId: string) => ({ ...cluster(), groupId, autoOffsetReset: 'earliest' }) as const

  async function topicWith(count: number): Promise<string> {
    const topic = await clients.topic()
    await clients.producer().sendBatch(
      topic,
      Array.from({ length: count }, (_, number) => ({ value: String(number) })),
    )
    return topic
  }
  /** Teardown of an Observable is not awaited by anybody: leaving the group takes a moment. */
  async function committed(groupId: string, topic: string, expected: number): Promise<void> {
    const consumer = clients.consumer({ groupId })
    await expect
      .poll(async () => (await consumer.committed([{ topic, partition: 0 }])).get(topic, 0)?.offset, { timeout: 5_000 })
      .toBe(expected)
  }

  describe('rxjs', () => {
    test('from a topic to a topic: what was delivered is acknowledged and committed', async () => {
      const source = await topicWith(1_000)
      const target = await clients.topic()
      const groupId = clients.name('group')
      const producer = clients.producer()
      const copied = fromTopic({ consumer: consumerOf(groupId), topics: [source], maxUnacknowledged: 50 }).pipe(
        toTopic(producer, { record: ({ record }) => ({ topic: target, value: `copy of ${record.value}` }) }),
        tap(({ value }) => value.acknowledge()),
        take(1_000),
        map(({ metadata }) => metadata.offset),
        toArray(),
      )
      expect(await lastValueFrom(copied)).toEqual(Array.from({ length: 1_000 }, (_, offset) => offset))
      expect(await readValues(await clients.reader(target), 1_000)).toEqual(
        Array.from({ length: 1_000 }, (_, number) => `copy of ${number}`),
      )
      await committed(groupId, source, 1_000)
    })

    test('emits no more than may be unacknowledged', async () => {
      const topic = await topicWith(20)
      const emitted: { acknowledge(): void }[] = []
      const subscription = fromTopic({
        consumer: consumerOf(clients.name('group')),
        topics: [topic],
        maxUnacknowledged: 3,
        revokeTimeoutMs: 1,
      }).subscribe(received => emitted.push(received))
      await expect.poll(() => emitted.length, { timeout: 5_000 }).toBe(3)
      emitted[1]!.acknowledge()
      await expect.poll(() => emitted.length, { timeout: 5_000 }).toBe(4)
      subscription.unsubscribe()
    })

    test('emitted counts as done without a word', async () => {
      const topic = await topicWith(10)
      const groupId = clients.name('group')
      const values = fromTopic({ consumer: consumerOf(groupId), topics: [topic], acknowledgement: 'emitted' }).pipe(
        map(({ record }) => String(record.value)),
        take(10),
        toArray(),
      )
      expect(await lastValueFrom(values)).toHaveLength(10)
      await committed(groupId, topic, 10)
    })

    test('a record that fails ends the stream with the fail strategy, and goes on with ignore', async () => {
      const topic = await topicWith(3)
      const options = { topics: [topic] }
      const failing = fromTopic({ consumer: consumerOf(clients.name('group')), ...options }).pipe(
        tap(({ record, acknowledge, fail }) => (record.offset === 1 ? fail(new Error('no')) : acknowledge())),
      )
      await expect(lastValueFrom(failing)).rejects.toMatchObject({ code: 'PROCESSING_FAILED' })
      const groupId = clients.name('group')
      const ignoring = fromTopic({ consumer: consumerOf(groupId), ...options, failureStrategy: 'ignore' }).pipe(
        tap(({ record, acknowledge, fail }) => (record.offset === 1 ? fail(new Error('no')) : acknowledge())),
        take(3),
      )
      await lastValueFrom(ignoring)
      await committed(groupId, topic, 3)
    })
  })
}
