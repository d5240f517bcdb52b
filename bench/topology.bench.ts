/**
 * Question: what does a record cost inside a topology, without a broker and without a disk?
 * Fixed: 20 000 records per call in the test driver, which commits after each; 1 000 keys; tables kept in memory. The
 * rates include writing the input as bytes. Peer: none in this process; Kafka Streams' own driver does 121–153 k
 * records/s for the first case on a machine of this kind.
 */
import assert from 'node:assert/strict'
import { Serdes } from '@millrace/client'
import {
  Consumed,
  Grouped,
  Materialized,
  StreamsBuilder,
  seconds,
  TimeWindows,
  TopologyTestDriver,
} from '@millrace/streams'
import type { Benchmark, BenchmarkContext } from './harness.ts'

const KEYS = 1_000
interface Order {
  readonly customer: string
  readonly amount: number
  readonly note: string
}

const TEXT = Consumed.with(Serdes.string(), Serdes.string())
const ORDERS = Consumed.with(Serdes.string(), Serdes.json<Order>())

interface TopologyCase<V> {
  readonly name: string
  build(builder: StreamsBuilder): void
  readonly input: { readonly serde: ReturnType<typeof Serdes.json<V>>; value(index: number): V }
  /** Records that come out of one call. */
  outputs(records: number): number
}

const text = { serde: Serdes.string(), value: (index: number) => `value ${index}` }
const orders = {
  serde: Serdes.json<Order>(),
  value: (index: number): Order => ({
    customer: `customer ${index % KEYS}`,
    amount: index % 100,
    note: 'x'.repeat(40),
  }),
}

async function measure<V>(context: BenchmarkContext, { name, build, input, outputs }: TopologyCase<V>): Promise<void> {
  const records = Array.from({ length: context.scaled(20_000, 100) }, (_, index) => ({
    key: `key-${(index * 7919) % KEYS}`,
    value: input.value(index),
    timestampMs: index,
  }))
  const builder = new StreamsBuilder()
  build(builder)
  using driver = new TopologyTestDriver(builder.build())
  const inputTopic = driver.createInputTopic('in', Serdes.string(), input.serde)
  inputTopic.pipeRecords(records)
  assert.equal(driver.createOutputTopic('out', Serdes.bytes(), Serdes.bytes()).queueSize, outputs(records.length))
  const run = (): void => {
    inputTopic.pipeRecords(records)
    driver.discardOutput()
  }
  await context.measureRate({ case: name, unit: 'records/s', unitsPerCall: records.length, run })
}

export const benchmark: Benchmark = {
  name: 'topology',
  async run(context) {
    await measure(context, {
      name: 'count by key',
      build: builder => builder.stream('in', TEXT).groupByKey().count().toStream().to('out'),
      input: text,
      outputs: records => records,
    })
    await measure(context, {
      name: 'count by key and tumbling window',
      build: builder =>
        builder
          .stream('in', TEXT)
          .groupByKey()
          .windowedBy(TimeWindows.ofSizeAndGrace(seconds(10), seconds(60)))
          .count(Materialized.as('counts'))
          .toStream()
          .to('out'),
      input: text,
      outputs: records => records,
    })
    await measure(context, {
      name: 'filter of JSON',
      build: builder =>
        builder
          .stream('in', ORDERS)
          .filter((_, order) => order.amount >= 50)
          .to('out'),
      input: orders,
      outputs: records => records / 2,
    })
    await measure(context, {
      name: 'count by another field of JSON, repartitioned',
      build: builder =>
        builder
          .stream('in', ORDERS)
          .groupBy((_, order) => order.customer, Grouped.with(Serdes.string(), Serdes.json<Order>()))
          .count()
          .toStream()
          .to('out'),
      input: orders,
      outputs: records => records,
    })
  },
}
