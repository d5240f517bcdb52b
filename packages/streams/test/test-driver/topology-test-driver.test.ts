import { Serdes } from '@millrace/client'
import { describe, expect, test } from 'vitest'
import { Consumed } from '../../src/dsl/consumed.ts'
import { Grouped } from '../../src/dsl/grouped.ts'
import { Materialized } from '../../src/dsl/materialized.ts'
import { Produced } from '../../src/dsl/produced.ts'
import { StreamsBuilder } from '../../src/dsl/streams-builder.ts'
import { Record } from '../../src/processor/record.ts'
import { TopologyTestDriver } from '../../src/test-driver/topology-test-driver.ts'
import { Topology } from '../../src/topology/topology.ts'
import { TimeWindows } from '../../src/windows/time-windows.ts'
import { Windowed } from '../../src/windows/windowed.ts'

const string = Serdes.string()
const TEXT = Consumed.with(string, string)

function driverOf(define: (builder: StreamsBuilder) => void, options = {}): TopologyTestDriver {
  const builder = new StreamsBuilder()
  define(builder)
  return new TopologyTestDriver(builder.build(), options)
}
const copying = (builder: StreamsBuilder) => builder.stream('in', TEXT).to('out')

describe('an input topic', () => {
  test('takes records one by one and many at once', () => {
    const driver = driverOf(copying)
    const input = driver.createInputTopic('in', string, string)
    input.pipeInput('a', 'x', 5)
    input.pipeValue('y', 6)
    input.pipeInput('b', null, 7)
    input.pipeRecord({ key: 'c', value: 'z', timestampMs: 8, headers: [{ key: 'h', value: Buffer.from('1') }] })
    input.pipeRecords([
      { key: 'd', value: '1', timestampMs: 9 },
      { value: '2', timestampMs: 3 },
    ])
    expect(driver.createOutputTopic('out', string, string).readRecordsToList()).toEqual([
      { key: 'a', value: 'x', timestampMs: 5, headers: [] },
      { key: null, value: 'y', timestampMs: 6, headers: [] },
      { key: 'b', value: null, timestampMs: 7, headers: [] },
      { key: 'c', value: 'z', timestampMs: 8, headers: [{ key: 'h', value: Buffer.from('1') }] },
      { key: 'd', value: '1', timestampMs: 9, headers: [] },
      { key: null, value: '2', timestampMs: 3, headers: [] },
    ])
  })

  test('has a time of its own for records without one', () => {
    const driver = driverOf(copying, { initialWallClockMs: 1_000 })
    const output = driver.createOutputTopic('out', string, string)
    const timesOf = (...values: string[]) => {
      input.pipeRecords(values.map(value => ({ key: 'a', value })))
      return output.readRecordsToList().map(({ timestampMs }) => timestampMs)
    }
    let input = driver.createInputTopic('in', string, string)
    expect(timesOf('x', 'y')).toEqual([1_000, 1_000])
    input = driver.createInputTopic('in', string, string, { startTimestampMs: 50, autoAdvanceMs: 10 })
    expect(timesOf('x', 'y')).toEqual([50, 60])
    input.advanceTime(100)
    expect(timesOf('x')).toEqual([170])
    expect(() => input.advanceTime(-1)).toThrow('time moves forward only')
  })

  test('refuses what no record can be', () => {
    const driver = driverOf(copying)
    const input = driver.createInputTopic('in', string, string)
    expect(() => input.pipeInput('a', 'x', -1)).toThrow('a record needs a timestamp of at least 0 ms')
    expect(() => driver.createInputTopic('other', string, string).pipeInput('a', 'x', 1)).toThrow(
      'the topology does not read topic other',
    )
  })
})

describe('an output topic', () => {
  test('gives each record once, in several forms', () => {
    const driver = driverOf(copying)
    const input = driver.createInputTopic('in', string, string)
    const output = driver.createOutputTopic('out', string, string)
    expect([output.isEmpty, output.queueSize]).toEqual([true, 0])
    const fill = () => input.pipeRecords(['x', 'y', 'z'].map(value => ({ key: 'a', value, timestampMs: 1 })))
    fill()
    expect([output.readValue(), output.readKeyValue(), output.queueSize]).toEqual(['x', ['a', 'y'], 1])
    expect(output.readRecord()).toEqual({ key: 'a', value: 'z', timestampMs: 1, headers: [] })
    expect(() => output.readRecord()).toThrow('nothing is left to read in topic out')
    fill()
    expect(output.readValuesToList()).toEqual(['x', 'y', 'z'])
    fill()
    expect(output.readKeyValuesToMap()).toEqual(new Map([['a', 'z']]))
    fill()
    driver.discardOutput()
    expect(output.isEmpty).toBe(true)
  })
})

test('internal topics go round and can be read', () => {
  const driver = driverOf(
    builder =>
      builder
        .stream('in', TEXT)
        .groupBy((_, value) => value, Grouped.with(string, string))
        .count(Materialized.as('counts'))
        .toStream()
        .to('out'),
    { applicationId: 'app' },
  )
  driver.createInputTopic('in', string, string).pipeInput('a', 'v', 5)
  expect(driver.producedTopicNames()).toEqual(['app-counts-changelog', 'app-counts-repartition', 'out'])
  expect(driver.createOutputTopic('app-counts-repartition', string, string).readKeyValue()).toEqual(['v', 'v'])
  expect(driver.createOutputTopic('app-counts-changelog', string, Serdes.int64()).readKeyValue()).toEqual(['v', 1])
  expect(driver.createOutputTopic('out', string, Serdes.int64()).readKeyValue()).toEqual(['v', 1])
})

test('a topic that the topology writes and reads goes round too', () => {
  const driver = driverOf(builder =>
    builder
      .stream('in', TEXT)
      .filter((_, value) => value.length < 4)
      .mapValues(value => `${value}.`)
      .to('in', Produced.with(string, string)),
  )
  driver.createInputTopic('in', string, string).pipeInput('a', 'x', 1)
  expect(driver.createOutputTopic('in', string, string).readValuesToList()).toEqual(['x.', 'x..', 'x...'])
})

describe('stores', () => {
  test('can be read and written from outside', () => {
    const driver = driverOf(builder => {
      const grouped = builder.stream('in', TEXT).groupByKey()
      grouped.count(Materialized.as('counts'))
      grouped.windowedBy(TimeWindows.ofSizeWithNoGrace(10)).count(Materialized.as('windows'))
    })
    const input = driver.createInputTopic('in', string, string)
    for (const [key, timestampMs] of [
      ['a', 1],
      ['b', 2],
      ['a', 15],
    ] as const)
      input.pipeInput(key, 'x', timestampMs)

    expect([...driver.getAllStateStores().keys()]).toEqual(['counts', 'windows'])
    expect(driver.getStateStore('nothing')).toBeUndefined()
    expect(driver.getKeyValueStore('nothing')).toBeUndefined()
    expect(driver.getWindowStore('nothing')).toBeUndefined()

    const counts = driver.getKeyValueStore<string, number>('counts')!
    expect(counts.get('a')).toBe(2)
    expect([...counts.all()]).toEqual([
      ['a', 2],
      ['b', 1],
    ])
    expect([...counts.reverseAll()]).toEqual([
      ['b', 1],
      ['a', 2],
    ])
    expect([...counts.range('b', null)]).toEqual([['b', 1]])
    expect([...counts.reverseRange(null, 'a')]).toEqual([['a', 2]])
    const stamped = driver.getTimestampedKeyValueStore<string, number>('counts')!
    expect(stamped.get('a')).toEqual({ value: 2, timestampMs: 15 })
    stamped.put('a', 40, 20)
    input.pipeInput('a', 'x', 16)
    expect(counts.get('a')).toBe(41)

    const windows = driver.getWindowStore<string, number>('windows')!
    expect(windows.fetch('a', 10)).toBe(2)
    expect([...windows.all()]).toEqual([[new Windowed('a', 10, 20), 2]])
    expect([...windows.fetchAll(0, 5)]).toEqual([])
  })
})

test('what processors do at their start is followed to its end', () => {
  const topology = new Topology()
    .addSource('source', 'in', { keySerde: string, valueSerde: string })
    .addProcessor<string, string, string, string>(
      'processor',
      context => {
        context.forward(new Record('k', 'made at the start', 1))
        return { process() {} }
      },
      'source',
    )
    .addSink('sink', 'out', { keySerde: string, valueSerde: string }, 'processor')
  const driver = new TopologyTestDriver(topology)
  expect(driver.createOutputTopic('out', string, string).readValue()).toBe('made at the start')
})

test('the clock moves forward only, and closing closes processors', () => {
  const closed: string[] = []
  const driver = driverOf(builder =>
    builder.stream('in', TEXT).process(() => ({ process() {}, close: () => void closed.push('closed') })),
  )
  expect(() => driver.advanceWallClockTime(-1)).toThrow('time moves forward only')
  driver.close()
  expect(closed).toEqual(['closed'])
})
