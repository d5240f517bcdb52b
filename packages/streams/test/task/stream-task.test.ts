import { Serdes } from '@millrace/client'
import type { LogRecord } from '@millrace/protocol'
import { describe, expect, test } from 'vitest'
import type { RecordMetadata } from '../../src/processor/context.ts'
import type { ProcessorSupplier } from '../../src/processor/processor.ts'
import { NO_HEADERS } from '../../src/processor/record.ts'
import { Stores } from '../../src/state/store-builder.ts'
import { TaskState } from '../../src/state/task-state.ts'
import type { RecordCollector } from '../../src/task/record-collector.ts'
import { StreamTask } from '../../src/task/stream-task.ts'
import { FAIL_ON_ERROR, type TaskSettings } from '../../src/task/task.ts'
import { ManualClock } from '../../src/test-driver/manual-clock.ts'
import { subTopologies } from '../../src/topology/processor-topology.ts'
import { skipOnInvalidTimestamp } from '../../src/topology/timestamp-extractors.ts'
import { Topology } from '../../src/topology/topology.ts'

type Sent = readonly [
  topic: string,
  partition: number | null,
  key: string | null,
  value: string | null,
  timestampMs: number,
]

const TEXT = { keySerde: Serdes.string(), valueSerde: Serdes.string(), timestampExtractor: skipOnInvalidTimestamp }

function taskOf(topology: Topology, settings: Partial<TaskSettings> = {}, partition = 3) {
  const clock = new ManualClock(1_000)
  const sent: Sent[] = []
  const collector: { isFull: boolean } & Omit<RecordCollector, 'isFull'> = {
    isFull: false,
    send: (topic, chosen, key, value, timestampMs) =>
      void sent.push([
        topic,
        chosen,
        key && Buffer.from(key).toString(),
        value && Buffer.from(value).toString(),
        timestampMs,
      ]),
    partitionCount: topic => (topic === 'unknown' ? undefined : 4),
  }
  const topicSettings = { topicConfig: {}, windowStoreAdditionalRetentionMs: 0 }
  const [subTopology] = subTopologies(topology.graph, 'app', topicSettings)
  const task = new StreamTask({
    applicationId: 'app',
    subTopology: subTopology!,
    partition,
    inputTopics: subTopology!.sourceTopics,
    state: TaskState.inMemory(1),
    collector,
    clock,
    settings: { ...FAIL_ON_ERROR, maxTaskIdleMs: 0, ...settings },
  })
  return { task, clock, collector, sent: () => sent.splice(0) }
}

const record = (offset: number, timestampMs: number, value = `v${offset}`): LogRecord => ({
  offset,
  timestampMs,
  key: Buffer.from('k'),
  value: Buffer.from(value),
  headers: NO_HEADERS,
})

/** All that is at hand of `topic`, unless `highWatermark` says that there is more. */
const batch = (topic: string, records: LogRecord[], highWatermark?: number) => {
  const nextOffset = (records.at(-1)?.offset ?? -1) + 1
  return { topic, records, nextOffset, highWatermark: highWatermark ?? nextOffset }
}

const copying = () => new Topology().addSource('source', 'in', TEXT).addSink('sink', 'out', TEXT, 'source')
const merging = () =>
  new Topology().addSource('a', 'a', TEXT).addSource('b', 'b', TEXT).addSink('sink', 'out', TEXT, 'a', 'b')

describe('a task', () => {
  test('is named after its sub-topology and partition, and processes no more than it is told', () => {
    const { task, sent } = taskOf(copying())
    task.start()
    expect(task.taskId).toBe('0_3')
    expect(task.addRecords(batch('in', [record(0, 5), record(1, 6), record(2, 7)]))).toBe(3)
    expect([task.process(2), task.bufferedRecords(), task.bufferedRecords('in')]).toEqual([2, 1, 1])
    expect(sent()).toEqual([
      ['out', null, 'k', 'v0', 5],
      ['out', null, 'k', 'v1', 6],
    ])
    expect([task.process(10), task.process(10)]).toEqual([1, 0])
  })

  test('processes nothing while the collector is full', () => {
    const { task, collector, sent } = taskOf(copying())
    task.start()
    task.addRecords(batch('in', [record(0, 5), record(1, 6)]))
    collector.isFull = true
    expect([task.process(10), task.bufferedRecords(), sent()]).toEqual([0, 2, []])
    collector.isFull = false
    expect([task.process(10), task.bufferedRecords()]).toEqual([2, 0])
  })

  test('merges its inputs by timestamp, each in its own order', () => {
    const { task, sent } = taskOf(merging())
    task.start()
    task.addRecords(batch('a', [record(0, 5, 'a5'), record(1, 20, 'a20'), record(2, 7, 'a7')]))
    task.addRecords(batch('b', [record(0, 5, 'b5'), record(1, 6, 'b6'), record(2, 30, 'b30')]))
    task.process(10)
    expect(sent().map(([, , , value]) => value)).toEqual(['a5', 'b5', 'b6', 'a20', 'a7', 'b30'])
    expect(task.streamTimeMs).toBe(30)
  })

  test('does not read other topics', () => {
    const { task } = taskOf(copying())
    expect(() => task.addRecords(batch('other', []))).toThrow('task 0_3 does not read topic other')
  })
})

describe('an empty input', () => {
  test('is waited for while the broker has more of it, or nothing is known', () => {
    const { task } = taskOf(merging())
    task.start()
    task.addRecords(batch('a', [record(0, 5)]))
    expect(task.process(10)).toBe(0)
    task.addRecords(batch('b', [], 4))
    expect(task.process(10)).toBe(0)
    task.addRecords(batch('b', [], 0))
    expect(task.process(10)).toBe(1)
  })

  test('at its end is waited for as long as max.task.idle.ms says', () => {
    const { task, clock } = taskOf(merging(), { maxTaskIdleMs: 100 })
    task.start()
    task.addRecords(batch('a', [record(0, 5)]))
    task.addRecords(batch('b', []))
    expect(task.process(10)).toBe(0)
    clock.advance(99)
    expect(task.process(10)).toBe(0)
    clock.advance(1)
    expect(task.process(10)).toBe(1)
  })

  test('the wait starts anew once all inputs had records', () => {
    const { task, clock } = taskOf(merging(), { maxTaskIdleMs: 100 })
    task.start()
    task.addRecords(batch('a', [record(0, 5), record(1, 9)]))
    task.addRecords(batch('b', []))
    expect(task.process(10)).toBe(0)
    clock.advance(60)
    task.addRecords(batch('b', [record(0, 6)]))
    expect(task.process(10)).toBe(2)
    clock.advance(60)
    expect(task.process(10)).toBe(0)
    clock.advance(40)
    expect(task.process(10)).toBe(1)
  })

  test('is never waited for with −1', () => {
    const { task } = taskOf(merging(), { maxTaskIdleMs: -1 })
    task.start()
    task.addRecords(batch('a', [record(0, 5)]))
    expect(task.process(10)).toBe(1)
  })
})

describe('positions to commit', () => {
  const metadata = (timeMs: number): string => {
    const bytes = Buffer.alloc(9)
    bytes[0] = 2
    bytes.writeBigInt64BE(BigInt(timeMs), 1)
    return bytes.toString('base64')
  }

  test('are those of the next unprocessed records, with the partition time', () => {
    const { task } = taskOf(copying())
    task.start()
    expect(task.committableOffsets()).toEqual([])
    task.addRecords({ topic: 'in', records: [record(4, 50), record(7, 20)], nextOffset: 9, highWatermark: 9 })
    expect(task.committableOffsets()).toEqual([{ topic: 'in', partition: 3, offset: 4, metadata: metadata(-1) }])
    task.process(1)
    expect(task.committableOffsets()).toEqual([{ topic: 'in', partition: 3, offset: 7, metadata: metadata(50) }])
    expect(task.committableOffsets()).toEqual([])
    task.process(1)
    expect(task.committableOffsets()).toEqual([{ topic: 'in', partition: 3, offset: 9, metadata: metadata(50) }])
  })

  test('bring back partition and stream time', () => {
    const { task } = taskOf(copying())
    task.resumeFrom('in', metadata(77))
    expect(task.streamTimeMs).toBe(77)
    task.start()
    task.addRecords(batch('in', [record(0, 5)]))
    task.process(1)
    expect(task.committableOffsets()).toMatchObject([{ metadata: metadata(77) }])
  })

  test.each(['', 'AA==', 'not ours'])('metadata %j tells no time', foreign => {
    const { task } = taskOf(copying())
    task.resumeFrom('in', foreign)
    expect(task.streamTimeMs).toBe(-1)
  })
})

describe('a record that is dropped', () => {
  test('for its timestamp counts, moves the position and no clock', () => {
    const { task, sent } = taskOf(copying())
    task.start()
    task.addRecords(batch('in', [record(0, -1), record(1, 4), record(2, -1)]))
    expect([task.process(10), task.bufferedRecords()]).toEqual([1, 0])
    expect(sent()).toHaveLength(1)
    expect(task.droppedRecords).toEqual(new Map([['negative timestamp', 2]]))
    expect(task.committableOffsets()).toMatchObject([{ offset: 3 }])
  })

  test('as unreadable is shown to the handler', () => {
    const failures: unknown[] = []
    const topology = new Topology()
      .addSource('source', 'in', { ...TEXT, valueSerde: Serdes.int32() })
      .addSink('sink', 'out', { ...TEXT, valueSerde: Serdes.int32() }, 'source')
    const { task } = taskOf(topology, {
      deserializationExceptionHandler: ({ taskId, topic, partition, record: { offset } }) => {
        failures.push([taskId, topic, partition, offset])
        return failures.length === 1 ? 'continue' : 'fail'
      },
    })
    task.start()
    task.addRecords(batch('in', [record(8, 1)]))
    expect(task.droppedRecords).toEqual(new Map([['deserialization failed', 1]]))
    expect(() => task.addRecords(batch('in', [record(9, 1)]))).toThrow('a 32-bit integer takes 4 bytes')
    expect(failures).toEqual([
      ['0_3', 'in', 3, 8],
      ['0_3', 'in', 3, 9],
    ])
  })

  test('a failing timestamp extractor is shown to no handler', () => {
    const timestampExtractor = () => {
      throw new Error('no time')
    }
    const topology = new Topology().addSource('source', 'in', { ...TEXT, timestampExtractor })
    const { task } = taskOf(topology, { deserializationExceptionHandler: () => 'continue' })
    expect(() => task.addRecords(batch('in', [record(0, 1)]))).toThrow('in-3@0: no time')
  })
})

describe('a processor', () => {
  const withProcessor = (supplier: ProcessorSupplier<string, string>) =>
    new Topology()
      .addSource('source', 'in', TEXT)
      .addProcessor('processor', supplier, 'source')
      .addSink('sink', 'out', TEXT, 'processor')

  test('is made at the start, and closed', () => {
    const calls: string[] = []
    const { task } = taskOf(
      withProcessor(() => {
        calls.push('made')
        return { process() {}, close: () => void calls.push('closed') }
      }),
    )
    expect(calls).toEqual([])
    task.start()
    task.close()
    expect(calls).toEqual(['made', 'closed'])
  })

  test('knows where its record is from, but not in a punctuation', () => {
    const seen: (RecordMetadata | undefined)[] = []
    const { task } = taskOf(
      withProcessor(context => {
        context.schedule(10, 'stream-time', () => seen.push(context.recordMetadata()))
        return { process: () => void seen.push(context.recordMetadata()) }
      }),
    )
    task.start()
    task.addRecords(batch('in', [record(6, 5)]))
    task.process(1)
    expect(task.punctuateStreamTime()).toBe(1)
    expect(seen).toEqual([{ topic: 'in', partition: 3, offset: 6 }, undefined])
  })

  test('may ask for a commit', () => {
    const { task } = taskOf(withProcessor(context => ({ process: () => context.commit() })))
    task.start()
    task.addRecords(batch('in', [record(0, 5)]))
    expect(task.commitRequested).toBe(false)
    task.process(1)
    expect(task.commitRequested).toBe(true)
    task.flush()
    expect(task.commitRequested).toBe(false)
  })

  test('may use the stores it is connected to', () => {
    const { task } = taskOf(withProcessor(context => ({ process: () => void context.getStateStore('store') })))
    task.start()
    task.addRecords(batch('in', [record(0, 5)]))
    expect(() => task.process(1)).toThrow('processor processor is not connected to a store store')
  })

  test('a failure names the task and the processor, and keeps its cause', () => {
    const boom = new Error('boom')
    const { task } = taskOf(
      withProcessor(() => ({
        process() {
          throw boom
        },
      })),
    )
    task.start()
    task.addRecords(batch('in', [record(0, 5)]))
    expect(() => task.process(1)).toThrow(
      expect.objectContaining({
        message: 'task 0_3, processor processor: boom',
        code: 'PROCESSING_FAILED',
        cause: boom,
      }),
    )
  })

  test('a failure of a punctuator has no record', () => {
    const records: unknown[] = []
    const { task, clock } = taskOf(
      withProcessor(context => {
        context.schedule(10, 'wall-clock-time', () => {
          throw new Error('boom')
        })
        return { process() {} }
      }),
      {
        processingExceptionHandler: failure => {
          records.push(failure.record)
          return 'continue'
        },
      },
    )
    task.start()
    clock.advance(10)
    expect(task.punctuateWallClock()).toBe(1)
    expect(records).toEqual([null])
    expect(task.droppedRecords).toEqual(new Map([['processing failed', 1]]))
  })

  test('refuses to punctuate without an interval', () => {
    const { task } = taskOf(
      withProcessor(context => {
        context.schedule(0, 'stream-time', () => {})
        return { process() {} }
      }),
    )
    expect(() => task.start()).toThrow('an interval of at least 1 ms')
  })

  test('a delete is logged with the timestamp of the record where it is now', () => {
    const rows = Stores.timestampedKeyValueStoreBuilder(
      Stores.persistentKeyValueStore('store'),
      Serdes.string(),
      Serdes.string(),
    )
    const topology = new Topology()
      .addSource('source', 'in', TEXT)
      .addProcessor<string, string, string, string>(
        'later',
        context => ({ process: record => context.forward(record.withTimestamp(record.timestampMs + 100)) }),
        'source',
      )
      .addProcessor<string, string, string, string>(
        'remover',
        context => {
          const store = context.getStateStore<ReturnType<typeof rows.build>>('store')
          return { process: ({ key }) => void store.delete(key) }
        },
        'later',
      )
      .addStateStore(rows, 'remover')
    const { task, sent } = taskOf(topology)
    task.start()
    task.addRecords(batch('in', [record(0, 5)]))
    task.process(1)
    expect(sent()).toEqual([['app-store-changelog', 3, 'k', null, 105]])
  })
})

describe('a sink', () => {
  const chosen = (partitions: readonly number[] | undefined, topic: string | (() => string) = 'out') =>
    new Topology()
      .addSource('source', 'in', TEXT)
      .addSink('sink', topic, { ...TEXT, partitioner: () => partitions }, 'source')
  const partitionsOf = (topology: Topology) => {
    const { task, sent } = taskOf(topology)
    task.start()
    task.addRecords(batch('in', [record(0, 5)]))
    task.process(1)
    return { partitions: sent().map(([, partition]) => partition), dropped: Object.fromEntries(task.droppedRecords) }
  }

  test.each([
    [undefined, [null], {}],
    [[2], [2], {}],
    [[0, 3], [0, 3], {}],
    [[], [], { 'no partition chosen': 1 }],
  ])('with a partitioner that says %j', (said, partitions, dropped) => {
    expect(partitionsOf(chosen(said))).toEqual({ partitions, dropped })
  })

  test('cannot choose while the partitions of a topic are unknown', () => {
    expect(() => partitionsOf(chosen([0], () => 'unknown'))).toThrow('the number of partitions of topic unknown')
  })
})
