/** Random input through a topology, compared with plain code over the same records. */
import { Serdes } from '@millrace/client'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Consumed } from '../../src/dsl/consumed.ts'
import { Grouped } from '../../src/dsl/grouped.ts'
import { Materialized } from '../../src/dsl/materialized.ts'
import { StreamsBuilder } from '../../src/dsl/streams-builder.ts'
import { TopologyTestDriver } from '../../src/test-driver/topology-test-driver.ts'
import { TimeWindows } from '../../src/windows/time-windows.ts'

const TEXT = Consumed.with(Serdes.string(), Serdes.string())
const key = fc.constantFrom('a', 'b', 'c', null)
const value = fc.constantFrom('x', 'y', 'z', null)
const records = fc.array(fc.record({ key, value, timestampMs: fc.nat(200) }), { maxLength: 60 })

function run(build: (builder: StreamsBuilder) => void): TopologyTestDriver {
  const builder = new StreamsBuilder()
  build(builder)
  return new TopologyTestDriver(builder.build())
}

describe('against plain code', () => {
  test('a windowed count counts what is not too late, in every window', () => {
    const shapes = fc.record({
      size: fc.integer({ min: 1, max: 50 }),
      hops: fc.integer({ min: 1, max: 4 }),
      grace: fc.nat(60),
    })
    fc.assert(
      fc.property(records, shapes, (input, { size, hops, grace }) => {
        const advance = Math.max(1, Math.floor(size / hops))
        const driver = run(builder =>
          builder
            .stream('in', TEXT)
            .groupByKey()
            .windowedBy(TimeWindows.ofSizeAndGrace(size, grace).advanceBy(advance))
            .count(Materialized.as<string, number>('counts').withRetention(1_000)),
        )
        driver.createInputTopic('in', Serdes.string(), Serdes.string()).pipeRecords(input)

        const expected = new Map<string, number>()
        let observedMs = -1
        for (const { key, timestampMs } of input) {
          if (key === null) continue
          observedMs = Math.max(observedMs, timestampMs)
          for (let start = 0; start <= timestampMs; start += advance) {
            if (timestampMs >= start + size || start + size + grace <= observedMs) continue
            expected.set(`${key}@${start}`, (expected.get(`${key}@${start}`) ?? 0) + 1)
          }
        }
        const counted = Array.from(
          driver.getWindowStore<string, number>('counts')!.all(),
          ([windowed, total]) => [`${windowed.key}@${windowed.startMs}`, total] as const,
        )
        expect(new Map(counted)).toEqual(expected)
      }),
    )
  })

  test('the groups of a table are those of its rows as they are now', () => {
    fc.assert(
      fc.property(records, input => {
        const driver = run(builder =>
          builder
            .table('in', TEXT)
            .filter((_, text) => text !== 'z')
            .groupBy((row, text) => [text, row], Grouped.with(Serdes.string(), Serdes.string()))
            .count(Materialized.as('groups')),
        )
        driver.createInputTopic('in', Serdes.string(), Serdes.string()).pipeRecords(input)

        const rows = new Map<string, string>()
        const expected = new Map<string, number>()
        for (const { key, value } of input) {
          if (key === null) continue
          if (value === null || value === 'z') rows.delete(key)
          else {
            rows.set(key, value)
            expected.set(value, 0) // A group that loses its rows stays, with the count 0.
          }
        }
        for (const text of rows.values()) expected.set(text, expected.get(text)! + 1)
        expect(new Map(driver.getKeyValueStore<string, number>('groups')!.all())).toEqual(expected)
      }),
    )
  })

  test('a repartitioned aggregation is the same as one that needs no repartition', () => {
    fc.assert(
      fc.property(records, input => {
        const join = (_: string, text: string, result: string): string => result + text
        const stored = Materialized.as<string, string>('joined').withValueSerde(Serdes.string())
        const grouped = Grouped.with(Serdes.string(), Serdes.string())
        const results = [false, true].map(repartitions => {
          const driver = run(builder => {
            const stream = builder.stream('in', TEXT)
            const same = repartitions ? stream.selectKey(row => row) : stream
            same.groupByKey(grouped).aggregate(() => '', join, stored)
          })
          driver.createInputTopic('in', Serdes.string(), Serdes.string()).pipeRecords(input)
          return [...driver.getTimestampedKeyValueStore<string, string>('joined')!.all()]
        })
        expect(results[0]).toEqual(results[1])
      }),
    )
  })
})
