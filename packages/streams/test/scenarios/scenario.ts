/** Runs traces on topologies: each scenario on both kinds of stores and at two scales of time. */
import { Serdes } from '@millrace/client'
import { describe, expect, test } from 'vitest'
import type { StreamsBuilderOptions } from '../../src/dsl/builder-defaults.ts'
import type { StoreType } from '../../src/dsl/materialized.ts'
import { StreamsBuilder } from '../../src/dsl/streams-builder.ts'
import type { RecordHeaders } from '../../src/processor/record.ts'
import type { TestInputTopic } from '../../src/test-driver/test-input-topic.ts'
import { TopologyTestDriver, type TopologyTestDriverOptions } from '../../src/test-driver/topology-test-driver.ts'
import { type Input, parseTrace, printOutput, type Step } from './trace.ts'

export interface Scenario {
  readonly id: string
  readonly title: string
  readonly trace: string
  /** Times of the topology are multiples of `unitMs`. */
  build(builder: StreamsBuilder, unitMs: number): void
  /** How the text of an input's value becomes bytes. UTF-8 when absent. */
  readonly inputValue?: (text: string) => Uint8Array
  /** How keys and values of output topics are printed; by topic without the application's prefix. UTF-8 when absent. */
  readonly formats?: Readonly<Record<string, OutputFormat>>
  readonly builder?: StreamsBuilderOptions
  readonly driver?: TopologyTestDriverOptions
  /** Of 1 ms, and of a minute, where the effects of store segments show. */
  readonly unitsMs?: readonly number[]
  readonly storeTypes?: readonly StoreType[]
}

export interface OutputFormat {
  /** `unitMs` is the scale the scenario runs at. */
  readonly key?: (bytes: Buffer, unitMs: number) => string
  readonly value?: (bytes: Buffer) => string
}

const MINUTE_MS = 60_000
/** Inputs and outputs of scenarios that have one of each. */
const ONLY_INPUT = 'in'
const ONLY_OUTPUT = 'out'
const APPLICATION_ID = 'scenario'

export function runScenarios(name: string, scenarios: readonly Scenario[]): void {
  describe(name, () => {
    for (const scenario of scenarios) {
      for (const storeType of scenario.storeTypes ?? (['persistent', 'in-memory'] as const)) {
        for (const unitMs of scenario.unitsMs ?? [1, MINUTE_MS]) {
          test(`${scenario.id} ${scenario.title} (${storeType}, unit ${unitMs} ms)`, () =>
            runScenario(scenario, storeType, unitMs))
        }
      }
    }
  })
}

function runScenario(scenario: Scenario, storeType: StoreType, unitMs: number): void {
  const trace = parseTrace(scenario.trace, storeType === 'in-memory')
  const builder = new StreamsBuilder({
    defaultKeySerde: Serdes.string(),
    defaultValueSerde: Serdes.string(),
    defaultStoreType: storeType,
    ...scenario.builder,
  })
  scenario.build(builder, unitMs)
  using driver = new TopologyTestDriver(builder.build(), { applicationId: APPLICATION_ID, ...scenario.driver })
  const shown = new Set([
    ONLY_OUTPUT,
    ...trace.steps.flatMap(step => step.outputs.map(({ topic }) => topic ?? ONLY_OUTPUT)),
  ])
  for (const step of trace.steps) {
    if (step.throws === undefined) feed(driver, step.input, scenario, unitMs)
    else expect(() => feed(driver, step.input, scenario, unitMs), step.text).toThrow(step.throws)
    for (const topic of shown)
      expect(readAll(driver, topic, scenario, unitMs), `${topic}: ${step.text}`).toEqual(outputsOf(step, topic))
  }
  const dropped = new Map(
    [...driver.taskIds()]
      .map(taskId => [taskId, sum(driver.droppedRecords(taskId).values())] as const)
      .filter(([, count]) => count > 0),
  )
  expect(dropped).toEqual(trace.dropped)
}

function feed(driver: TopologyTestDriver, input: Input, scenario: Scenario, unitMs: number): void {
  if (input.kind === 'wall') return driver.advanceWallClockTime(input.durationMs * unitMs)
  const topic: TestInputTopic<string, Uint8Array> = driver.createInputTopic(
    input.topic ?? ONLY_INPUT,
    Serdes.string(),
    Serdes.bytes(),
  )
  const { inputValue = (text: string) => Buffer.from(text) } = scenario
  topic.pipeRecord({
    key: input.key,
    value: input.value === null ? null : inputValue(input.value),
    timestampMs: input.timestampMs * unitMs,
    headers: parseHeaders(input.headers),
  })
}

function readAll(driver: TopologyTestDriver, topic: string, scenario: Scenario, unitMs: number): string[] {
  const { key: printKey = printText, value: printValue = printText } = scenario.formats?.[topic] ?? {}
  const isInternal = driver.producedTopicNames().includes(`${APPLICATION_ID}-${topic}`)
  const name = isInternal ? `${APPLICATION_ID}-${topic}` : topic
  return driver
    .createOutputTopic(name, Serdes.bytes(), Serdes.bytes())
    .readRecordsToList()
    .map(({ key, value, timestampMs, headers }) =>
      printOutput({
        key: key === null ? null : printKey(Buffer.from(key), unitMs),
        value: value === null ? null : printValue(Buffer.from(value)),
        timestampMs: timestampMs / unitMs,
        headers: headers.map(header => `${header.key}=${header.value}`).join(' '),
      }),
    )
}

function outputsOf({ outputs }: Step, topic: string): string[] {
  return outputs.filter(output => (output.topic ?? ONLY_OUTPUT) === topic).map(printOutput)
}

function parseHeaders(text: string): RecordHeaders {
  if (text === '') return []
  return text.split(' ').map(header => {
    const [key = '', value = ''] = header.split('=')
    return { key, value: Buffer.from(value) }
  })
}

function sum(counts: Iterable<number>): number {
  let total = 0
  for (const count of counts) total += count
  return total
}

export function printText(bytes: Buffer): string {
  return bytes.toString()
}

export function printInt64(bytes: Buffer): string {
  return String(Serdes.int64().deserialize('', bytes))
}

export function printHex(bytes: Buffer): string {
  return `0x${bytes.toString('hex')}`
}

/** `key[start,end)`, in units. */
export function printTimeWindow(sizeUnits: number): (bytes: Buffer, unitMs: number) => string {
  return (bytes, unitMs) => {
    const start = Number(bytes.readBigInt64BE(bytes.length - 8)) / unitMs
    return `${bytes.subarray(0, -8)}[${start},${start + sizeUnits})`
  }
}
