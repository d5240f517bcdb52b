import { COMPRESSIONS, type MillraceError, partitionForKey } from '@millrace/protocol'
import { describe, expect, test } from 'vitest'
import type { AppendedRange, SendListener } from '../../src/producer/producer-record.ts'
import { type ClusterUnderTest, readRecords, readValues, TestClients } from './cluster-under-test.ts'

export function producerBehaviour(cluster: () => ClusterUnderTest): void {
  const clients = new TestClients('producer', cluster)

  describe('producer', () => {
    test('tells where each record is', async () => {
      const topic = await clients.topic()
      const producer = clients.producer()
      const sent = await Promise.all(
        [1, 2, 3].map(number => producer.send({ topic, value: `v${number}`, timestampMs: number })),
      )
      expect(sent).toEqual([0, 1, 2].map(offset => ({ topic, partition: 0, offset, timestampMs: offset + 1 })))
    })
    test.each(COMPRESSIONS)(
      '%s: keys, values, headers and timestamps arrive as they were sent',
      async compressionType => {
        const topic = await clients.topic()
        const producer = clients.producer({ compressionType })
        const headers = [
          { key: 'a', value: 'text' },
          { key: 'a', value: Buffer.from([0, 255]) },
          { key: '', value: null },
        ]
        await Promise.all([
          producer.send({ topic, key: 'k', value: 'é', headers, timestampMs: 1_700_000_000_000 }),
          producer.send({ topic, key: null, value: null, timestampMs: 0 }),
          producer.send({ topic, key: '', value: '' }),
          producer.send({ topic, value: Buffer.alloc(5_000, 'x') }),
        ])
        const [first, second, third, fourth] = await readRecords(await clients.reader(topic), 4)
        expect(first).toMatchObject({
          offset: 0,
          timestampMs: 1_700_000_000_000,
          key: Buffer.from('k'),
          value: Buffer.from('é'),
        })
        expect(first!.headers).toEqual([
          { key: 'a', value: Buffer.from('text') },
          { key: 'a', value: Buffer.from([0, 255]) },
          { key: '', value: null },
        ])
        expect(second).toMatchObject({ timestampMs: 0, key: null, value: null, headers: [] })
        expect(third).toMatchObject({ key: Buffer.alloc(0), value: Buffer.alloc(0) })
        expect(Math.abs(third!.timestampMs - Date.now())).toBeLessThan(60_000)
        expect(fourth!.value).toEqual(Buffer.alloc(5_000, 'x'))
      },
    )
    test('the order of the calls is the order of the log', async () => {
      const topic = await clients.topic()
      const producer = clients.producer({ batchSize: 200 })
      const values = Array.from({ length: 500 }, (_, number) => `value ${number}`)
      await Promise.all(values.map(value => producer.send({ topic, value })))
      expect(await readValues(await clients.reader(topic), 500)).toEqual(values)
    })
    test('keys go where every Kafka client sends them, partitions that are named win', async () => {
      const topic = await clients.topic(5)
      const producer = clients.producer()
      const keys = Array.from({ length: 50 }, (_, number) => `key-${number}`)
      const sent = await Promise.all(keys.map(key => producer.send({ topic, key, value: null })))
      expect(sent.map(({ partition }) => partition)).toEqual(keys.map(key => partitionForKey(Buffer.from(key), 5)))
      expect(await producer.send({ topic, key: 'key-0', value: 'v', partition: 4 })).toMatchObject({ partition: 4 })
    })
    test('a partitioner of the application decides, or leaves it to the rules', async () => {
      const topic = await clients.topic(3)
      const producer = clients.producer({ partitioner: ({ key }) => (String(key) === 'last' ? 2 : null) })
      expect(await producer.send({ topic, key: 'last', value: 'v' })).toMatchObject({ partition: 2 })
      const other = await producer.send({ topic, key: 'other', value: 'v' })
      expect(other.partition).toBe(partitionForKey(Buffer.from('other'), 3))
    })
    test('a batch of records has one promise', async () => {
      const topic = await clients.topic(2)
      const producer = clients.producer()
      const records = Array.from({ length: 1_000 }, (_, number) => ({ key: `${number}`, value: 'x'.repeat(50) }))
      const ranges = await producer.sendBatch(topic, records)
      expect(ranges.map(({ partition }) => partition).sort()).toEqual([0, 1])
      expect(ranges.reduce((sum, { recordCount }) => sum + recordCount, 0)).toBe(1_000)
      expect(await producer.sendBatch(topic, [])).toEqual([])
    })
    test('listeners hear of neighbours together', async () => {
      const topic = await clients.topic()
      const producer = clients.producer()
      const ranges: AppendedRange[] = []
      const errors: MillraceError[] = []
      const listener: SendListener = { acknowledged: range => ranges.push(range), failed: error => errors.push(error) }
      for (let number = 0; number < 10; number++)
        expect(producer.enqueue({ topic, value: `${number}` }, number < 8 ? listener : undefined)).toBe(true)
      await producer.flush()
      expect([ranges, errors]).toEqual([
        [{ topic, partition: 0, baseOffset: 0, recordCount: 8, logAppendTimeMs: -1 }],
        [],
      ])
    })
    test.each([
      [0, -1],
      [1, 0],
      ['all', 0],
    ] as const)('acks=%s', async (acks, offset) => {
      const topic = await clients.topic()
      const producer = clients.producer({ acks })
      expect(await producer.send({ topic, value: 'v' })).toMatchObject({ offset })
      expect(await readValues(await clients.reader(topic), 1)).toEqual(['v'])
    })
    test('a topic that does not exist yet is waited for', async () => {
      const topic = clients.name('later')
      const sent = clients.producer().send({ topic, value: 'v' })
      expect(await sent).toMatchObject({ topic, partition: 0, offset: 0 })
    })
    test.each(['../x', 'a b', 'x'.repeat(250)])('a topic cannot be called %s', async topic => {
      const sent = clients.producer().send({ topic, value: 'v' })
      await expect(sent).rejects.toMatchObject({ code: 'INVALID_TOPIC_EXCEPTION', retriable: false })
    })
    test('what no log can hold is refused at once', async () => {
      const topic = await clients.topic()
      const producer = clients.producer({ maxRequestSize: 10_000 })
      const refused = (record: object) => producer.send({ topic, value: 'v', ...record })
      await expect(refused({ value: 'x'.repeat(10_000) })).rejects.toMatchObject({ code: 'RECORD_TOO_LARGE' })
      await expect(refused({ partition: 1 })).rejects.toMatchObject({ code: 'INVALID_RECORD' })
      await expect(refused({ timestampMs: -5 })).rejects.toMatchObject({ code: 'INVALID_RECORD' })
      await expect(refused({ value: 5 })).rejects.toMatchObject({ code: 'INVALID_RECORD' })
      expect(await producer.send({ topic, value: 'good' })).toMatchObject({ offset: 0 })
    })
    test('batches that are too large for the topic are split', async () => {
      const topic = await clients.topic(1, { 'max.message.bytes': 600 })
      const producer = clients.producer()
      const values = Array.from({ length: 40 }, (_, number) => `${number}`.padEnd(100, '.'))
      const sent = await Promise.all(values.map(value => producer.send({ topic, value })))
      expect(sent.map(({ offset }) => offset)).toEqual(values.map((_, number) => number))
      expect(await readValues(await clients.reader(topic), 40)).toEqual(values)
      const tooLarge = producer.send({ topic, value: 'x'.repeat(1_000) })
      await expect(tooLarge).rejects.toMatchObject({ code: 'MESSAGE_TOO_LARGE' })
      expect(await producer.send({ topic, value: 'good' })).toMatchObject({ offset: 40 })
    })
    test('a full buffer makes sends wait, not fail', async () => {
      const topic = await clients.topic()
      const producer = clients.producer({ bufferMemory: 2_000, batchSize: 500 })
      const values = Array.from({ length: 300 }, (_, number) => `${number}`.padEnd(100, '.'))
      await Promise.all(values.map(value => producer.send({ topic, value })))
      expect(await readValues(await clients.reader(topic), 300)).toEqual(values)
    })
    test('flush ends the waiting of lingering batches', async () => {
      const topic = await clients.topic()
      const producer = clients.producer({ lingerMs: 60_000, deliveryTimeoutMs: 120_000 })
      let isSent = false
      const sent = producer.send({ topic, value: 'v' }).then(() => {
        isSent = true
      })
      await producer.flush()
      await sent
      expect(isSent).toBe(true)
    })
    test('close delivers what was sent and ends everything', async () => {
      const topic = await clients.topic()
      const producer = clients.producer({ lingerMs: 60_000, deliveryTimeoutMs: 120_000 })
      const sent = producer.send({ topic, value: 'v' })
      await Promise.all([producer.close(), producer.close()])
      expect(await sent).toMatchObject({ offset: 0 })
      await expect(producer.send({ topic, value: 'v' })).rejects.toMatchObject({ code: 'CLOSED' })
    })
    test('close with a limit gives up what is left', async () => {
      const topic = await clients.topic()
      const producer = clients.producer({ lingerMs: 60_000, deliveryTimeoutMs: 120_000 })
      await producer.partitionsFor(topic)
      const sent = producer.send({ topic: `${topic}-missing`, value: 'v' })
      const outcome = expect(sent).rejects.toMatchObject({ code: expect.stringMatching(/CLOSED|TIMED_OUT/) })
      await producer.close({ timeoutMs: 0 })
      await outcome
    })
  })
}
