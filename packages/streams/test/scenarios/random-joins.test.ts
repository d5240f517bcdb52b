/** Random records through joins; what comes out of each step was written by Kafka Streams (joins/RandomJoins.java). */
import { readFileSync } from 'node:fs'
import { Serdes } from '@millrace/client'
import { describe, expect, test } from 'vitest'
import { Consumed } from '../../src/dsl/consumed.ts'
import { Grouped } from '../../src/dsl/grouped.ts'
import type { KStream, KTable } from '../../src/dsl/streams-and-tables.ts'
import { StreamsBuilder } from '../../src/dsl/streams-builder.ts'
import { TopologyTestDriver } from '../../src/test-driver/topology-test-driver.ts'
import { JoinWindows } from '../../src/windows/join-windows.ts'

const TEXT = Consumed.with(Serdes.string(), Serdes.string())
const GROUPED = Grouped.with(Serdes.string(), Serdes.string())
const plus = (left: string | null, right: string | null): string => `${left}+${right}`
const linesOf = (file: string): string[] =>
  readFileSync(new URL(`joins/${file}`, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n')

function streamsJoined(builder: StreamsBuilder, kind: string, windows: JoinWindows): KStream<string, string> {
  const [left, right] = [builder.stream('l', TEXT), builder.stream('r', TEXT)]
  if (kind === 'inner') return left.join(right, plus, windows)
  return kind === 'left' ? left.leftJoin(right, plus, windows) : left.outerJoin(right, plus, windows)
}

function streamWithTable(builder: StreamsBuilder, kind: string): KStream<string, string> {
  const [left, right] = [builder.stream('l', TEXT), builder.table('r', TEXT)]
  if (kind === 'left') return left.leftJoin(right, plus)
  const rows = right.filter((_, value) => value !== '3').mapValues(value => `${value}m`)
  return left.join(rows, plus)
}

/** `then` is what follows the join: another one, or a grouping that needs old values. */
function tablesJoined(builder: StreamsBuilder, kind: string, then: string | undefined): KStream<string, string> {
  const left = builder.table('l', TEXT).filter((_, value) => value !== '3')
  const right = builder.table('r', TEXT).mapValues(value => `${value}m`)
  let joined: KTable<string, string>
  if (kind === 'inner') joined = left.join(right, plus)
  else joined = kind === 'left' ? left.leftJoin(right, plus) : left.outerJoin(right, plus)
  if (then === 'chain') return joined.leftJoin(builder.table('m', TEXT), plus).toStream()
  if (then === undefined) return joined.toStream()
  return joined
    .groupBy((_, value) => [value.slice(0, 1), value], GROUPED)
    .count()
    .toStream()
    .mapValues(total => `${total}`)
}

const expected = linesOf('random-4.3.1.txt')

describe('random joins', () => {
  test.each(linesOf('random.txt').map((line, index) => [index, line] as const))('%i: %s', (index, line) => {
    const [head = '', records = ''] = line.split(' | ')
    const [name = '', before, after, grace] = head.split(' ')
    const [inputs, kind = '', then] = name.split('-')
    const builder = new StreamsBuilder({
      defaultKeySerde: Serdes.string(),
      defaultValueSerde: Serdes.string(),
      outerJoinEmitIntervalMs: 0,
    })
    const windows = JoinWindows.ofTimeDifferenceAndGrace(0, Number(grace)).before(Number(before)).after(Number(after))
    if (inputs === 'ss') streamsJoined(builder, kind, windows).to('out')
    else if (inputs === 'st') streamWithTable(builder, kind).to('out')
    else tablesJoined(builder, kind, then).to('out')
    using driver = new TopologyTestDriver(builder.build())
    const output = driver.createOutputTopic('out', Serdes.string(), Serdes.string())
    const steps = records.split(';').map(record => {
      const [topic = '', key = '', value = '', timestamp] = record.trim().split(' ')
      const input = driver.createInputTopic<string, string>(topic, Serdes.string(), Serdes.string())
      const orNull = (text: string): string | null => (text === 'null' ? null : text)
      input.pipeRecord({ key: orNull(key), value: orNull(value), timestampMs: Number(timestamp) })
      return output.readRecordsToList().map(result => `${result.key}=${result.value}@${result.timestampMs}`)
    })
    expect(steps).toEqual(
      expected[index]!.split(';')
        .slice(0, -1)
        .map(step => step.trim().split(' ').filter(Boolean)),
    )
  })
})
