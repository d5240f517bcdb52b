import { createCodecs, SeededRandom } from '@millrace/platform'
import { RecordBatch } from '@millrace/protocol'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { TopicMetadata } from '../../src/cluster/metadata.ts'
import { ClosedError } from '../../src/errors/client-errors.ts'
import { Accumulator } from '../../src/producer/accumulator.ts'
import { DefaultPartitioner } from '../../src/producer/partitioner.ts'
import { prepareRecord } from '../../src/producer/prepare-record.ts'
import type { ProducerBatch } from '../../src/producer/producer-batch.ts'
import type { ProducerRecord, SendListener } from '../../src/producer/producer-record.ts'

const codecs = createCodecs()
const BATCH_SIZE_BYTES = 300
const MAX_REQUEST_BYTES = 2_000

function topic(name: string, partitionCount: number): TopicMetadata {
  const partitions = Array.from({ length: partitionCount }, (_, partition) => ({
    partition,
    leaderId: 1,
    leaderEpoch: 0,
    replicaIds: [1],
    inSyncReplicaIds: [1],
    offlineReplicaIds: [],
  }))
  return { name, topicId: null, isInternal: false, partitions }
}

function accumulator(seed = 1) {
  return new Accumulator(
    {
      batchSizeBytes: BATCH_SIZE_BYTES,
      maxRequestBytes: MAX_REQUEST_BYTES,
      compression: 'none',
      numbering: 'none',
      maxBlockMs: 1_000,
    },
    new DefaultPartitioner(BATCH_SIZE_BYTES, new SeededRandom(seed)),
    undefined,
    codecs,
    () => {},
  )
}
const prepared = (record: ProducerRecord) => prepareRecord(record.topic, record, 0, MAX_REQUEST_BYTES)
const valuesOf = (batch: ProducerBatch) =>
  [...new RecordBatch(batch.encoded()).records(codecs)].map(({ value }) => String(value))

/** Takes the oldest batch of each queue out, as sent and acknowledged. */
function drain(records: Accumulator): ProducerBatch[] {
  const batches: ProducerBatch[] = []
  for (const queue of [...records.active]) {
    const batch = queue.candidate
    if (batch === undefined) continue
    queue.sending(batch, 'connection')
    queue.acknowledged(batch)
    records.release(queue, batch)
    batch.acknowledged(0, -1)
    batches.push(batch)
  }
  return batches
}

interface Sent {
  readonly topic: string
  readonly key: string | null
  readonly bytes: number
  readonly staysTogether: boolean
}
type Step = Sent | 'drain' | 'learn'

test('nothing is lost, nothing is reordered, batches keep to their sizes', () => {
  const sent = fc.record<Sent>({
    topic: fc.constantFrom('known', 'later'),
    key: fc.option(fc.constantFrom('a', 'b', 'c', 'd')),
    bytes: fc.integer({ min: 0, max: 400 }),
    staysTogether: fc.boolean(),
  })
  const steps = fc.array(fc.oneof({ weight: 8, arbitrary: sent }, fc.constantFrom<Step>('drain', 'learn')), {
    maxLength: 60,
  })
  fc.assert(
    fc.property(steps, fc.nat(), (steps, seed) => {
      const records = accumulator(seed)
      const topics = { known: topic('known', 3), later: topic('later', 2) }
      let isLearned = false
      let count = 0
      const heard: number[] = []
      const logs = new Map<string, number[]>()
      const take = (batches: readonly ProducerBatch[]) => {
        for (const batch of batches) {
          const values = valuesOf(batch).map(value => Number.parseInt(value, 10))
          expect(values.length === 1 || batch.sizeInBytes <= MAX_REQUEST_BYTES).toBe(true)
          const at = `${batch.topic}-${batch.partition}`
          logs.set(at, [...(logs.get(at) ?? []), ...values])
        }
      }
      const act = (step: Step) => {
        if (step === 'drain') return take(drain(records))
        if (step === 'learn') {
          isLearned = true
          return records.place(topics.later, 0)
        }
        const id = count++
        const value = `${id}`.padEnd(step.bytes, '.')
        const known = step.topic === 'known' ? topics.known : isLearned ? topics.later : undefined
        const listener: SendListener = { acknowledged: () => heard.push(id), failed: () => expect.unreachable() }
        records.append(prepared({ topic: step.topic, key: step.key, value }), listener, known, 0, step.staysTogether)
      }
      for (const step of steps) act(step)
      act('learn')
      while (!records.isEmpty) act('drain')
      expect(records.bufferedBytes).toBe(0)
      expect(heard.toSorted((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, id) => id))
      for (const values of logs.values()) expect(values).toEqual(values.toSorted((a, b) => a - b))
    }),
  )
})

describe('batches', () => {
  const fill = (records: Accumulator, values: readonly string[], staysTogether: boolean) => {
    for (const value of values)
      records.append(prepared({ topic: 't', value, partition: 0 }), undefined, topic('t', 1), 0, staysTogether)
    const sizes: number[] = []
    while (!records.isEmpty) sizes.push(...drain(records).map(({ recordCount }) => recordCount))
    return sizes
  }
  const HUNDRED = Array.from({ length: 6 }, () => 'x'.repeat(100))
  test('close at batch.size', () => {
    expect(fill(accumulator(), HUNDRED, false)).toEqual([2, 2, 2])
  })
  test('of one call stay together', () => {
    expect(fill(accumulator(), HUNDRED, true)).toEqual([6])
  })
  test('but not beyond a request', () => {
    expect(
      fill(
        accumulator(),
        Array.from({ length: 20 }, () => 'x'.repeat(200)),
        true,
      ),
    ).toEqual([8, 8, 4])
  })
  test('news is a new batch, a full one, or an unknown topic', () => {
    const records = accumulator()
    const append = (value: string, known = true) =>
      records.append(
        prepared({ topic: known ? 't' : 'u', value, partition: 0 }),
        undefined,
        known ? topic('t', 1) : undefined,
        0,
      )
    expect([append('a'), append('b'), append('c'.repeat(300)), append('d', false), append('e', false)]).toEqual([
      true,
      false,
      true,
      true,
      false,
    ])
  })
})

describe('records that cannot be placed', () => {
  const failures = () => {
    const errors: unknown[] = []
    const listener: SendListener = { acknowledged: () => expect.unreachable(), failed: error => errors.push(error) }
    return { errors, listener }
  }
  test('fail after max.block.ms with what stood in the way', () => {
    const records = accumulator()
    const { errors, listener } = failures()
    records.append(prepared({ topic: 't', value: 'a' }), listener, undefined, 0)
    records.append(prepared({ topic: 't', value: 'b' }), listener, undefined, 500)
    const cause = new Error('no broker')
    expect(records.expireUnplaced(999, () => cause)).toBe(1_000)
    expect(records.expireUnplaced(1_000, () => cause)).toBe(1_500)
    expect(errors).toEqual([expect.objectContaining({ code: 'TIMED_OUT', cause })])
  })
  test('fail at once when the topic cannot be used', () => {
    const records = accumulator()
    const { errors, listener } = failures()
    records.append(prepared({ topic: 't', value: 'a' }), listener, undefined, 0)
    records.refuseTopic('t', new ClosedError('x'))
    expect(errors).toHaveLength(1)
    expect([records.isEmpty, records.bufferedBytes]).toEqual([true, 0])
  })
  test.each([-1, 2, 1.5])('partition %d of two', partition => {
    const records = accumulator()
    const { errors, listener } = failures()
    records.append(prepared({ topic: 't', value: 'a', partition }), listener, topic('t', 2), 0)
    expect(errors).toEqual([expect.objectContaining({ code: 'INVALID_RECORD' })])
    expect(records.bufferedBytes).toBe(0)
  })
})

describe('a batch that is too large', () => {
  test('becomes two, with the same records and those who wait for them', () => {
    const records = accumulator()
    const heard: string[] = []
    const listenerOf = (name: string): SendListener => ({
      acknowledged: ({ baseOffset, recordCount }) => heard.push(`${name} ${baseOffset}+${recordCount}`),
      failed: () => expect.unreachable(),
    })
    const [first, second] = [listenerOf('first'), listenerOf('second')]
    for (const [value, listener] of [
      ['a', first],
      ['b', first],
      ['c', first],
      ['d', second],
      ['e', undefined],
    ] as const)
      records.append(prepared({ topic: 't', value, partition: 0 }), listener, topic('t', 1), 0)
    const [queue] = records.active
    const batch = queue!.candidate!
    queue!.sending(batch, 'connection')
    queue!.replaced(batch, batch.split())
    expect(queue!.all.map(valuesOf)).toEqual([
      ['a', 'b', 'c'],
      ['d', 'e'],
    ])
    let baseOffset = 10
    while (!records.isEmpty) {
      const part = queue!.candidate!
      queue!.sending(part, 'connection')
      queue!.acknowledged(part)
      records.release(queue!, part)
      part.acknowledged(baseOffset, -1)
      baseOffset += part.recordCount
    }
    expect(heard).toEqual(['first 10+3', 'second 13+1'])
    expect(records.bufferedBytes).toBe(0)
  })
})
