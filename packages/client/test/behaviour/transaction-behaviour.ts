import { describe, expect, test } from 'vitest'
import type { Producer, ProducerOptions } from '../../src/producer/producer.ts'
import { type ClusterUnderTest, readValues, TestClients } from './cluster-under-test.ts'

export function transactionBehaviour(cluster: () => ClusterUnderTest): void {
  const clients = new TestClients('transaction', cluster)

  const transactional = async (options: Partial<Omit<ProducerOptions, 'bootstrapServers'>> = {}): Promise<Producer> => {
    const producer = clients.producer({ transactionalId: clients.name('writer'), ...options })
    await producer.initTransactions()
    return producer
  }
  const committedValues = async (topic: string, count: number) =>
    readValues(await clients.reader(topic, { isolationLevel: 'read_committed' }), count)

  describe('transactions', () => {
    test('what is committed is visible together, what is aborted is not', async () => {
      const topic = await clients.topic(2)
      const producer = await transactional()
      for (const [verdict, value] of [
        ['commit', 'a'],
        ['abort', 'b'],
        ['commit', 'c'],
        ['abort', 'd'],
        ['commit', 'e'],
      ]) {
        producer.beginTransaction()
        await producer.sendBatch(topic, [
          { value: `${value}0`, partition: 0 },
          { value: `${value}1`, partition: 1 },
        ])
        if (verdict === 'commit') await producer.commitTransaction()
        else await producer.abortTransaction()
      }
      expect((await committedValues(topic, 6)).sort()).toEqual(['a0', 'a1', 'c0', 'c1', 'e0', 'e1'])
      const all = await readValues(await clients.reader(topic), 10)
      expect(all.sort()).toEqual(['a0', 'a1', 'b0', 'b1', 'c0', 'c1', 'd0', 'd1', 'e0', 'e1'])
    })
    test('records of an open transaction wait for its end', async () => {
      const topic = await clients.topic()
      const producer = await transactional()
      const other = clients.producer()
      producer.beginTransaction()
      await producer.send({ topic, value: 'first' })
      await other.send({ topic, value: 'second' })
      const at = { topic, partition: 0 }
      const reader = await clients.reader(topic, { isolationLevel: 'read_committed' })
      expect((await reader.endOffsets([at])).get(topic, 0)).toBe(0)
      expect(await reader.poll({ maxWaitMs: 50 })).toEqual([])
      await producer.commitTransaction()
      expect(await readValues(reader, 2)).toEqual(['first', 'second'])
      expect((await reader.endOffsets([at])).get(topic, 0)).toBe(3)
    })
    test('offsets of a group count once the transaction is committed', async () => {
      const [source, target] = [await clients.topic(), await clients.topic()]
      const groupId = clients.name('group')
      await clients.producer().sendBatch(source, [{ value: '1' }, { value: '2' }])
      const consumer = clients.consumer({ groupId, enableAutoCommit: false })
      consumer.subscribe([source])
      const values = await readValues(consumer, 2)
      const at = { topic: source, partition: 0 }
      const producer = await transactional()
      const copy = async () => {
        producer.beginTransaction()
        for (const value of values) producer.enqueue({ topic: target, value })
        await producer.sendOffsetsToTransaction([{ ...at, offset: 2, metadata: 'copied' }], consumer.groupMetadata())
      }
      await copy()
      await producer.abortTransaction()
      expect((await consumer.committed([at])).size).toBe(0)
      await copy()
      await producer.commitTransaction()
      expect((await consumer.committed([at])).get(source, 0)).toMatchObject({ offset: 2, metadata: 'copied' })
      expect(await committedValues(target, 2)).toEqual(values)
    })
    test('a member that the group does not know commits nothing', async () => {
      const topic = await clients.topic()
      const producer = await transactional()
      const stranger = { groupId: clients.name('group'), generationId: 7, memberId: 'stranger', groupInstanceId: null }
      producer.beginTransaction()
      await producer.send({ topic, value: 'dropped' })
      const refused = producer.sendOffsetsToTransaction([{ topic, partition: 0, offset: 1 }], stranger)
      await expect(refused).rejects.toMatchObject({ code: 'COMMIT_FAILED' })
      await expect(producer.commitTransaction()).rejects.toMatchObject({ code: 'TRANSACTION_MUST_ABORT' })
      expect(() => producer.enqueue({ topic, value: 'late' })).toThrow('must be aborted')
      await producer.abortTransaction()
      producer.beginTransaction()
      await producer.send({ topic, value: 'kept' })
      await producer.commitTransaction()
      expect(await committedValues(topic, 1)).toEqual(['kept'])
    })
    test('a newer producer with the same id fences the older, and ends its transaction', async () => {
      const topic = await clients.topic()
      const transactionalId = clients.name('writer')
      const older = await transactional({ transactionalId })
      older.beginTransaction()
      await older.send({ topic, value: 'older' })
      const newer = await transactional({ transactionalId })
      const fenced = { code: 'PRODUCER_FENCED', transactionalId }
      await expect(older.send({ topic, value: 'zombie' })).rejects.toMatchObject(fenced)
      await expect(older.commitTransaction()).rejects.toMatchObject(fenced)
      await expect(older.abortTransaction()).rejects.toMatchObject(fenced)
      expect(() => older.beginTransaction()).toThrow(expect.objectContaining(fenced))
      newer.beginTransaction()
      await newer.send({ topic, value: 'newer' })
      await newer.commitTransaction()
      expect(await committedValues(topic, 1)).toEqual(['newer'])
    })
    test('a zombie that only commits is fenced', async () => {
      const topic = await clients.topic()
      const transactionalId = clients.name('writer')
      const older = await transactional({ transactionalId })
      older.beginTransaction()
      await older.send({ topic, value: 'older' })
      await transactional({ transactionalId })
      await expect(older.commitTransaction()).rejects.toMatchObject({ code: 'PRODUCER_FENCED' })
    })
    test('records that cannot be written make the transaction abort, and the next one works', async () => {
      const topic = await clients.topic(1, { 'max.message.bytes': 600 })
      const producer = await transactional()
      producer.beginTransaction()
      const sent = producer.send({ topic, value: 'good' })
      await expect(producer.send({ topic, value: 'x'.repeat(1_000) })).rejects.toMatchObject({
        code: 'MESSAGE_TOO_LARGE',
      })
      await sent.catch(() => {})
      await expect(producer.commitTransaction()).rejects.toMatchObject({
        code: 'TRANSACTION_MUST_ABORT',
        cause: { code: 'MESSAGE_TOO_LARGE' },
      })
      await producer.abortTransaction()
      producer.beginTransaction()
      await producer.sendBatch(topic, [{ value: 'kept 1' }, { value: 'kept 2' }])
      await producer.commitTransaction()
      expect(await committedValues(topic, 2)).toEqual(['kept 1', 'kept 2'])
    })
    test('an abort drops what was not sent', async () => {
      const topic = await clients.topic()
      const producer = await transactional({ lingerMs: 60_000, deliveryTimeoutMs: 120_000 })
      producer.beginTransaction()
      const dropped = expect(producer.send({ topic, value: 'dropped' })).rejects.toMatchObject({
        code: 'TRANSACTION_ABORTED',
      })
      await producer.abortTransaction()
      await dropped
      producer.beginTransaction()
      producer.enqueue({ topic, value: 'kept' })
      await producer.commitTransaction()
      expect(await committedValues(topic, 1)).toEqual(['kept'])
    })
    test('many transactions of one producer follow each other', async () => {
      const topic = await clients.topic(3)
      const producer = await transactional()
      const kept: string[] = []
      for (let round = 0; round < 30; round++) {
        producer.beginTransaction()
        const isKept = round % 3 !== 1
        for (let number = 0; number < 5; number++) {
          const value = `${round}/${number}`
          producer.enqueue({ topic, value, partition: (round + number) % 3 })
          if (isKept) kept.push(value)
        }
        if (isKept) await producer.commitTransaction()
        else await producer.abortTransaction()
      }
      expect((await committedValues(topic, kept.length)).sort()).toEqual(kept.sort())
    })
    test('interleaved transactions come through small budgets, and positions pass markers', async () => {
      const topic = await clients.topic()
      const [one, two] = [await transactional(), await transactional()]
      const kept: string[] = []
      for (let round = 0; round < 12; round++) {
        const pair = [one, two].map((producer, index) => ({ producer, isKept: (round + index) % 3 !== 0, index }))
        for (const { producer } of pair) producer.beginTransaction()
        for (let number = 0; number < 4; number++) {
          for (const { producer, isKept, index } of pair) {
            const value = `${round}/${index}/${number}`.padEnd(300, '.')
            await producer.send({ topic, value })
            if (isKept) kept.push(value)
          }
        }
        for (const { producer, isKept } of pair) {
          if (isKept) await producer.commitTransaction()
          else await producer.abortTransaction()
        }
      }
      const budgets = { maxPartitionFetchBytes: 1_000, fetchMaxBytes: 2_000, maxPollRecords: 3 }
      const reader = await clients.reader(topic, { isolationLevel: 'read_committed', ...budgets })
      expect(await readValues(reader, kept.length)).toEqual(kept)
      const at = { topic, partition: 0 }
      const end = (await reader.endOffsets([at])).get(topic, 0)!
      expect(end).toBe(12 * 10)
      while ((await reader.position(at)) < end) expect(await reader.poll({ maxWaitMs: 100 })).toEqual([])
      expect(reader.lag(at)).toBe(0)
    })
    test('transactions without records are nothing', async () => {
      const producer = await transactional()
      producer.beginTransaction()
      await producer.commitTransaction()
      producer.beginTransaction()
      await producer.abortTransaction()
    })
    test('close aborts what is open', async () => {
      const topic = await clients.topic()
      const producer = await transactional()
      producer.beginTransaction()
      await producer.send({ topic, value: 'open' })
      await producer.close()
      await clients.producer().send({ topic, value: 'next' })
      expect(await committedValues(topic, 1)).toEqual(['next'])
    })
    test('calls in the wrong order are refused and change nothing', async () => {
      const topic = await clients.topic()
      const wrong = { code: 'INVALID_PRODUCER_STATE' }
      const plain = clients.producer()
      expect(() => plain.beginTransaction()).toThrow(expect.objectContaining(wrong))
      const producer = clients.producer({ transactionalId: clients.name('writer') })
      expect(() => producer.beginTransaction()).toThrow(expect.objectContaining(wrong))
      await expect(producer.send({ topic, value: 'v' })).rejects.toMatchObject(wrong)
      await producer.initTransactions()
      await expect(producer.initTransactions()).rejects.toMatchObject(wrong)
      await expect(producer.send({ topic, value: 'v' })).rejects.toMatchObject(wrong)
      await expect(producer.commitTransaction()).rejects.toMatchObject(wrong)
      await expect(producer.abortTransaction()).rejects.toMatchObject(wrong)
      producer.beginTransaction()
      expect(() => producer.beginTransaction()).toThrow(expect.objectContaining(wrong))
      await producer.send({ topic, value: 'v' })
      await producer.commitTransaction()
      expect(await committedValues(topic, 1)).toEqual(['v'])
    })
    test('a transaction that is open for too long says so', async () => {
      const topic = await clients.topic()
      const transactionalId = clients.name('writer')
      const producer = await transactional({ transactionalId, transactionTimeoutMs: 100 })
      producer.beginTransaction()
      await producer.send({ topic, value: 'late' })
      // The coordinator looks for old transactions every few seconds; this one is aborted when another producer comes.
      await new Promise(resolve => setTimeout(resolve, 100))
      await transactional({ transactionalId })
      await expect(producer.commitTransaction()).rejects.toMatchObject({ code: 'TRANSACTION_TIMED_OUT' })
    })
    test('a timeout above what the broker allows is refused', async () => {
      const transactionalId = clients.name('writer')
      const producer = clients.producer({ transactionalId, transactionTimeoutMs: 2_000_000_000 })
      await expect(producer.initTransactions()).rejects.toMatchObject({ code: 'INVALID_TRANSACTION_TIMEOUT' })
    })
  })
}
