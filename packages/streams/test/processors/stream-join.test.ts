/** Random input that is not late, compared with all pairs of the same records. */
import { Serdes } from '@millrace/client'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Consumed } from '../../src/dsl/consumed.ts'
import { StreamsBuilder } from '../../src/dsl/streams-builder.ts'
import { TopologyTestDriver } from '../../src/test-driver/topology-test-driver.ts'
import { JoinWindows } from '../../src/windows/join-windows.ts'

const TEXT = Consumed.with(Serdes.string(), Serdes.string())
const FAR_MS = 1_000_000

interface Sent {
  readonly topic: 'l' | 'r'
  readonly key: string
  readonly value: string
  readonly timestampMs: number
}

const inputs = fc
  .array(fc.record({ topic: fc.constantFrom('l', 'r'), key: fc.constantFrom('a', 'b'), afterMs: fc.nat(6) }), {
    maxLength: 40,
    size: 'max',
  })
  .map(steps => {
    let timestampMs = 0
    return steps.map(({ topic, key, afterMs }, index): Sent => {
      timestampMs += afterMs
      return { topic, key, value: `${index}`, timestampMs }
    })
  })
const end = fc.integer({ min: -6, max: 12 })
const windows = fc.record({ before: end, after: end }).filter(({ before, after }) => before + after >= 0)

function allPairs(sent: readonly Sent[], before: number, after: number, kind: 'inner' | 'left' | 'outer'): string[] {
  const matched = new Set<Sent>()
  const results: string[] = []
  const result = (key: string, left: string, right: string, timestampMs: number) =>
    results.push(`${key}=${left}+${right}@${timestampMs}`)
  for (const left of sent.filter(({ topic }) => topic === 'l')) {
    for (const right of sent.filter(({ topic }) => topic === 'r')) {
      const gapMs = right.timestampMs - left.timestampMs
      if (left.key !== right.key || gapMs < -before || gapMs > after) continue
      matched.add(left).add(right)
      result(left.key, left.value, right.value, Math.max(left.timestampMs, right.timestampMs))
    }
  }
  for (const lonely of sent.filter(each => !matched.has(each))) {
    const { topic, key, value, timestampMs } = lonely
    if (topic === 'l' && kind !== 'inner') result(key, value, 'null', timestampMs)
    if (topic === 'r' && kind === 'outer') result(key, 'null', value, timestampMs)
  }
  return results.sort()
}

test.each(['inner', 'left', 'outer'] as const)('the %s join finds every pair once, and who has none', kind => {
  const property = fc.property(inputs, windows, (sent, { before, after }) => {
    const builder = new StreamsBuilder({
      defaultKeySerde: Serdes.string(),
      defaultValueSerde: Serdes.string(),
      outerJoinEmitIntervalMs: 0,
    })
    const [left, right] = [builder.stream('l', TEXT), builder.stream('r', TEXT)]
    const within = JoinWindows.ofTimeDifferenceWithNoGrace(100).before(before).after(after)
    const plus = (one: string | null, other: string | null) => `${one}+${other}`
    if (kind === 'inner') left.join(right, plus, within).to('out')
    else if (kind === 'left') left.leftJoin(right, plus, within).to('out')
    else left.outerJoin(right, plus, within).to('out')

    const driver = new TopologyTestDriver(builder.build())
    const topics = {
      l: driver.createInputTopic('l', Serdes.string(), Serdes.string()),
      r: driver.createInputTopic('r', Serdes.string(), Serdes.string()),
    }
    for (const { topic, ...record } of sent) topics[topic].pipeRecord(record)
    topics.l.pipeRecord({ key: 'end', value: 'end', timestampMs: FAR_MS })
    const results = driver
      .createOutputTopic('out', Serdes.string(), Serdes.string())
      .readRecordsToList()
      .filter(({ key }) => key !== 'end')
      .map(({ key, value, timestampMs }) => `${key}=${value}@${timestampMs}`)
    expect(results.sort()).toEqual(allPairs(sent, before, after, kind))
  })
  fc.assert(property, { numRuns: 100 })
})

test('records that do not wait for a partner have their results at once', () => {
  const builder = new StreamsBuilder({ defaultKeySerde: Serdes.string(), defaultValueSerde: Serdes.string() })
  const plus = (one: string | null, other: string | null) => `${one}+${other}`
  const atOnce = JoinWindows.ofTimeDifferenceUnmatchedAtOnce(10)
  builder.stream('l', TEXT).leftJoin(builder.stream('r', TEXT), plus, atOnce).to('left')
  builder.stream('a', TEXT).outerJoin(builder.stream('b', TEXT), plus, atOnce).to('outer')
  const driver = new TopologyTestDriver(builder.build())
  const send = (topic: string, key: string | null, value: string, timestampMs: number) =>
    driver.createInputTopic(topic, Serdes.string(), Serdes.string()).pipeRecord({ key, value, timestampMs })
  for (const [left, right] of [
    ['l', 'r'],
    ['a', 'b'],
  ] as const) {
    send(left, 'k', 'L1', 100)
    send(right, 'k', 'R1', 105)
    send(right, 'other', 'R2', 106)
    send(left, null, 'L2', 107)
  }
  const results = (topic: string) =>
    driver
      .createOutputTopic(topic, Serdes.string(), Serdes.string())
      .readRecordsToList()
      .map(({ key, value, timestampMs }) => `${key}=${value}@${timestampMs}`)
  expect(results('left')).toEqual(['k=L1+null@100', 'k=L1+R1@105', 'null=L2+null@107'])
  expect(results('outer')).toEqual(['k=L1+null@100', 'k=L1+R1@105', 'other=null+R2@106', 'null=L2+null@107'])
})
