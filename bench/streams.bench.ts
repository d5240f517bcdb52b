/**
 * Question: how many records does an application take through a topology, from our broker and back?
 * Fixed: one thread, one partition, 100 B values, keys from 100 000 in a fixed pseudo-random order, 1 ms of event time per
 * record, default settings; the broker is a process of its own (in small runs it shares ours) and acknowledges from the
 * page cache, as Kafka does. The clock runs from the first record that the topology sees to its last result.
 * `restore` reads the changelog of the count into an empty directory.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Admin, Producer, type Serde, Serdes } from '@millrace/client'
import { type Platform, realPlatform } from '@millrace/platform'
import {
  Consumed,
  Grouped,
  KafkaStreams,
  type KafkaStreamsOptions,
  type KStream,
  Produced,
  StreamsBuilder,
  TimeWindows,
} from '@millrace/streams'
import { startBrokerHere, startBrokerProcess } from './broker-process.ts'
import type { Benchmark, BenchmarkContext } from './harness.ts'

const FIRST_TIMESTAMP_MS = 1_700_000_000_000
const VALUE = 'x'.repeat(92)
const FILL_BATCH_RECORDS = 5_000

/** Counts the results and writes them to a topic. */
type Finish = <V extends string | number>(results: KStream<string, V>, valueSerde: Serde<V>) => void
interface Shape {
  build(records: KStream<string, string>, finish: Finish): void
  /** True for keys that have results, one for each record. */
  readonly keeps: (key: string) => boolean
}
const SHAPES: Readonly<Record<string, Shape>> = {
  stateless: {
    build: (records, finish) =>
      finish(
        records.filter(key => !key.endsWith('7')).mapValues(value => `${value}y`),
        Serdes.string(),
      ),
    keeps: key => !key.endsWith('7'),
  },
  count: {
    build: (records, finish) => finish(records.groupByKey().count().toStream(), Serdes.int64()),
    keeps: () => true,
  },
  'windowed count': {
    build: (records, finish) =>
      finish(
        records
          .groupByKey()
          .windowedBy(TimeWindows.ofSizeAndGrace(10_000, 1_000))
          .count()
          .toStream()
          .selectKey(({ key, startMs }) => `${key}@${startMs}`),
        Serdes.int64(),
      ),
    keeps: () => true,
  },
  'count after repartition': {
    build: (records, finish) =>
      finish(
        records
          .selectKey(key => `${key}r`)
          .groupByKey(Grouped.with(Serdes.string(), Serdes.string()))
          .count()
          .toStream(),
        Serdes.int64(),
      ),
    keeps: () => true,
  },
}

export const benchmark: Benchmark = {
  name: 'streams',
  async run(context) {
    const start = context.scaled(1, 0) === 1 ? startBrokerProcess : startBrokerHere
    const broker = await start(['log.flush.interval.messages=1000000000', 'group.initial.rebalance.delay.ms=0'])
    const platform = realPlatform()
    try {
      const bench = new StreamsBench(context, platform, `127.0.0.1:${broker.port}`)
      await bench.fill()
      for (const name of Object.keys(SHAPES)) await bench.measure(name)
      await bench.measureRestore('count')
    } finally {
      await broker.stop()
    }
  },
}

class StreamsBench {
  private readonly records: number
  private readonly keys: number
  private readonly keysOfRecords: string[] = []
  private readonly stateDir = mkdtempSync(join(tmpdir(), 'millrace-bench-state-'))

  constructor(
    private readonly context: BenchmarkContext,
    private readonly platform: Platform,
    private readonly bootstrapServers: string,
  ) {
    this.records = context.scaled(1_000_000, 1_000)
    this.keys = context.scaled(100_000, 100)
  }

  async fill(): Promise<void> {
    const { bootstrapServers, platform } = this
    const admin = new Admin({ bootstrapServers, platform })
    await admin.createTopics([{ name: 'input', partitions: 1 }])
    await admin.close()
    await using producer = new Producer({ bootstrapServers, platform, batchSize: 131_072 })
    let random = 42
    for (let sent = 0; sent < this.records; sent += FILL_BATCH_RECORDS) {
      const count = Math.min(FILL_BATCH_RECORDS, this.records - sent)
      const batch = Array.from({ length: count }, (_, i) => {
        random = (Math.imul(random, 1_103_515_245) + 12_345) & 0x7fffffff
        const key = `k${random % this.keys}`
        this.keysOfRecords.push(key)
        return { key, value: VALUE + (sent + i), timestampMs: FIRST_TIMESTAMP_MS + sent + i }
      })
      await producer.sendBatch('input', batch)
    }
  }

  async measure(name: string): Promise<void> {
    const clock = new ResultClock(this.keysOfRecords.filter(SHAPES[name]!.keeps).length)
    const app = this.application(name, clock)
    await app.start()
    const seconds = await clock.seconds
    await app.close()
    assert.equal(app.failure, undefined)
    this.context.report({ case: name, value: this.records / seconds, unit: 'records/s' })
  }

  async measureRestore(name: string): Promise<void> {
    rmSync(join(this.stateDir, topicName(name)), { recursive: true })
    let startMs = 0
    let restored = 0
    let seconds = 0
    const app = this.application(name, new ResultClock(0), {
      stateRestoreListener: {
        onRestoreStart: () => {
          startMs = performance.now()
        },
        onRestoreEnd: (_changelog, _storeName, records) => {
          seconds = (performance.now() - startMs) / 1000
          restored = records
        },
      },
    })
    await app.start()
    await app.close()
    assert.equal(restored, this.records)
    this.context.report({ case: 'restore', value: restored / seconds, unit: 'records/s' })
    rmSync(this.stateDir, { recursive: true })
  }

  private application(name: string, clock: ResultClock, options: Partial<KafkaStreamsOptions> = {}): KafkaStreams {
    const builder = new StreamsBuilder()
    const records = builder.stream('input', Consumed.with(Serdes.string(), Serdes.string())).peek(() => clock.begin())
    SHAPES[name]!.build(records, (results, valueSerde) =>
      results.peek(() => clock.result()).to(`${topicName(name)}-output`, Produced.with(Serdes.string(), valueSerde)),
    )
    return new KafkaStreams(builder.build(), {
      applicationId: topicName(name),
      bootstrapServers: this.bootstrapServers,
      platform: this.platform,
      stateDir: this.stateDir,
      ...options,
    })
  }
}

/** From the first record in to the last result out. */
class ResultClock {
  readonly seconds: Promise<number>
  private finish: (seconds: number) => void = () => {}
  private startMs = 0
  private results = 0

  constructor(private readonly expectedResults: number) {
    this.seconds = new Promise(resolve => {
      this.finish = resolve
    })
  }

  begin(): void {
    if (this.startMs === 0) this.startMs = performance.now()
  }

  result(): void {
    if (++this.results === this.expectedResults) this.finish((performance.now() - this.startMs) / 1000)
  }
}

function topicName(name: string): string {
  return name.replaceAll(' ', '-')
}
