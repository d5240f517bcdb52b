import { describe, expect, test } from 'vitest'
import { RecordProcessor, type RecordProcessorOptions } from '../../src/processing/record-processor.ts'
import { type ClusterUnderTest, readRecords, TestClients } from './cluster-under-test.ts'

/** `Promise.withResolvers`, which Node has from 22 on. */
function deferred<T>() {
  let resolve!: (value: T) => void
  const promise = new Promise<T>(settle => {
    resolve = settle
  })
  return { promise, resolve }
}

type Options = Omit<RecordProcessorOptions, 'consumer' | 'topics'> & { readonly groupId?: string }

export function processingBehaviour(cluster: () => ClusterUnderTest): void {
  const clients = new TestClients('processing', cluster)

  function processor(topic: string, { groupId = clients.name('group'), ...options }: Options): RecordProcessor {
    const consumer = { ...cluster(), groupId, autoOffsetReset: 'earliest' } as const
    return new RecordProcessor({ consumer, topics: [topic], commitIntervalMs: 50, ...options })
  }
  async function topicWith(count: number, partitions = 1): Promise<string> {
    const topic = await clients.topic(partitions)
    const records = Array.from({ length: count }, (_, number) => ({
      key: `k${number % 3}`,
      value: String(number),
      partition: number % partitions,
    }))
    await clients.producer().sendBatch(topic, records)
    return topic
  }
  async function committed(groupId: string, topic: string): Promise<number | undefined> {
    const offsets = await clients.consumer({ groupId }).committed([{ topic, partition: 0 }])
    return offsets.get(topic, 0)?.offset
  }
  /** Runs until `isEnough`, then stops in order. */
  async function run(running: RecordProcessor, isEnough: Promise<unknown>): Promise<void> {
    const ended = running.run()
    await Promise.race([isEnough, ended])
    await running.close()
    await ended
  }

  describe('record processor', () => {
    test('hands over every record once, in the order of its partition, and commits', async () => {
      const topic = await topicWith(300, 3)
      const groupId = clients.name('group')
      const seen = new Map<number, number[]>()
      const all = deferred<void>()
      let count = 0
      const handler: RecordProcessorOptions['handler'] = async record => {
        await Promise.resolve()
        const values = seen.get(record.partition) ?? []
        seen.set(record.partition, values)
        values.push(Number(record.value))
        if (++count === 300) all.resolve()
      }
      await run(processor(topic, { groupId, handler, maxBufferedRecords: 20 }), all.promise)
      expect(count).toBe(300)
      for (const [partition, values] of seen)
        expect(values).toEqual(Array.from({ length: 100 }, (_, index) => index * 3 + partition))
      expect(await committed(groupId, topic)).toBe(100)
    })

    test('by key: keys wait for themselves only', async () => {
      const topic = await topicWith(9)
      const order: string[] = []
      const release = deferred<void>()
      const all = deferred<void>()
      const handler: RecordProcessorOptions['handler'] = async ({ key, value }) => {
        if (String(key) === 'k0') await release.promise
        order.push(String(value))
        if (order.length === 6) release.resolve()
        if (order.length === 9) all.resolve()
      }
      await run(processor(topic, { handler, ordering: 'key' }), all.promise)
      expect(order.slice(0, 6).sort()).toEqual(['1', '2', '4', '5', '7', '8'])
      expect(order.slice(6)).toEqual(['0', '3', '6'])
    })

    test('fail: stops at the record, commits what is before it, and comes back to it', async () => {
      const topic = await topicWith(5)
      const groupId = clients.name('group')
      const handler: RecordProcessorOptions['handler'] = ({ value }) => {
        if (String(value) === '3') throw new Error('three is too many')
      }
      const running = processor(topic, { groupId, handler, retryAttempts: 2, retryBackoffMs: 1 })
      await expect(running.run()).rejects.toMatchObject({
        code: 'PROCESSING_FAILED',
        attempts: 3,
        message: expect.stringContaining('at offset 3 failed after 3 attempts: three is too many'),
      })
      expect(await committed(groupId, topic)).toBe(3)
      const seen: string[] = []
      const again = deferred<void>()
      await run(
        processor(topic, {
          groupId,
          handler: ({ value }) => (seen.push(String(value)) === 2 ? again.resolve() : null),
        }),
        again.promise,
      )
      expect(seen).toEqual(['3', '4'])
    })

    test('retries with the number of the attempt, and goes on when one succeeds', async () => {
      const topic = await topicWith(2)
      const attempts: [string, number][] = []
      const all = deferred<void>()
      const handler: RecordProcessorOptions['handler'] = ({ value }, { attempt }) => {
        attempts.push([String(value), attempt])
        if (String(value) === '0' && attempt < 3) throw new Error('not yet')
        if (String(value) === '1') all.resolve()
      }
      await run(processor(topic, { handler, retryAttempts: 5, retryBackoffMs: 1 }), all.promise)
      expect(attempts).toEqual([
        ['0', 1],
        ['0', 2],
        ['0', 3],
        ['1', 1],
      ])
    })

    test('ignore: goes on without the record and says so', async () => {
      const topic = await topicWith(4)
      const groupId = clients.name('group')
      const failed: string[] = []
      const all = deferred<void>()
      const handler: RecordProcessorOptions['handler'] = ({ value }) => {
        if (String(value) === '3') all.resolve()
        if (String(value) === '1') throw new Error('no')
      }
      const onFailure = (record: { value: Buffer | null }) => failed.push(String(record.value))
      await run(processor(topic, { groupId, handler, failureStrategy: 'ignore', onFailure }), all.promise)
      expect(failed).toEqual(['1'])
      expect(await committed(groupId, topic)).toBe(4)
    })

    test('dead-letter-queue: the record moves with its history', async () => {
      const topic = await topicWith(3)
      const deadLetterQueueTopic = await clients.topic()
      const groupId = clients.name('group')
      const all = deferred<void>()
      const handler: RecordProcessorOptions['handler'] = ({ value }) => {
        if (String(value) === '2') all.resolve()
        if (String(value) === '1') throw new TypeError('odd', { cause: new RangeError('very odd') })
      }
      const failureStrategy = 'dead-letter-queue'
      await run(processor(topic, { groupId, handler, failureStrategy, deadLetterQueueTopic }), all.promise)
      const [letter] = await readRecords(await clients.reader(deadLetterQueueTopic), 1)
      expect([String(letter!.key), String(letter!.value)]).toEqual(['k1', '1'])
      expect(Object.fromEntries(letter!.headers.map(({ key, value }) => [key, String(value)]))).toEqual({
        'dead-letter-topic': topic,
        'dead-letter-partition': '0',
        'dead-letter-offset': '1',
        'dead-letter-exception-class-name': 'TypeError',
        'dead-letter-reason': 'odd',
        'dead-letter-cause-class-name': 'RangeError',
        'dead-letter-cause': 'very odd',
      })
      expect(await committed(groupId, topic)).toBe(3)
    })

    test('throttled commits nothing behind a record at work; latest does', async () => {
      for (const [commitStrategy, expected] of [
        ['throttled', undefined],
        ['latest', 3],
      ] as const) {
        const topic = await topicWith(3)
        const groupId = clients.name('group')
        const others = deferred<void>()
        let done = 0
        const handler: RecordProcessorOptions['handler'] = async ({ value }, { signal }) => {
          if (String(value) === '0') {
            await new Promise((_, reject) => {
              signal.addEventListener('abort', () => reject(signal.reason))
            })
          }
          if (++done === 2) others.resolve()
        }
        const running = processor(topic, { groupId, handler, commitStrategy, ordering: 'none', revokeTimeoutMs: 20 })
        await run(running, others.promise)
        expect(await committed(groupId, topic)).toBe(expected)
      }
    })

    test('manual: what the handler commits', async () => {
      const topic = await topicWith(4)
      const groupId = clients.name('group')
      const all = deferred<void>()
      const handler: RecordProcessorOptions['handler'] = async ({ value }, { commit }) => {
        if (String(value) === '1') await commit()
        if (String(value) === '3') all.resolve()
      }
      await run(processor(topic, { groupId, handler, commitStrategy: 'manual' }), all.promise)
      expect(await committed(groupId, topic)).toBe(2)
    })

    test('a member that comes gets its partitions after the work on them is done and committed', async () => {
      const topic = await topicWith(400, 2)
      const groupId = clients.name('group')
      const counts = new Map<string, number>()
      const all = deferred<void>()
      const handler: RecordProcessorOptions['handler'] = async ({ value }) => {
        await new Promise(resolve => setTimeout(resolve, 1))
        counts.set(String(value), (counts.get(String(value)) ?? 0) + 1)
        if (counts.size === 400) all.resolve()
      }
      const first = processor(topic, { groupId, handler })
      const second = processor(topic, { groupId, handler })
      const ended = first.run()
      await new Promise(resolve => setTimeout(resolve, 50))
      await run(second, all.promise)
      await first.close()
      await ended
      expect(counts.size).toBe(400)
      expect([...counts.values()].filter(count => count > 1)).toEqual([])
    })

    test('reports records that are stuck, and stops when the signal says so', async () => {
      const topic = await topicWith(2)
      const stopping = new AbortController()
      const stalled = deferred<unknown>()
      const handler: RecordProcessorOptions['handler'] = (_, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason))
        })
      const running = processor(topic, { handler, stalledAfterMs: 1, revokeTimeoutMs: 1, onStalled: stalled.resolve })
      const ended = running.run({ signal: stopping.signal })
      expect(await stalled.promise).toEqual({ topic, partition: 0, offset: 0 })
      stopping.abort(new Error('enough'))
      await expect(ended).rejects.toThrow('enough')
    })
  })
}
