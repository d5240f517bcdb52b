/**
 * Question: how does the broker compare with Apache Kafka, measured by Apache Kafka's own perf tools?
 * Fixed: one partition, one client, acks=all, uncompressed; both brokers are idle processes of their own until it is their
 * turn, tools and brokers share the machine. Topics called "page cache" are acknowledged without a forced sync, as is Kafka's
 * default (ours is told so by `flush.messages`); "synced" ones after it, as is our default (Kafka is told so).
 * Rounds alternate between the brokers; each figure is the median. Small runs have no peer and measure the start alone.
 */
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Producer } from '@millrace/client'
import { ApacheKafka, HOW_TO_GET_KAFKA } from './apache-kafka.ts'
import { startBrokerHere, startBrokerProcess } from './broker-process.ts'
import { type Benchmark, type BenchmarkContext, type Goal, median } from './harness.ts'
import { cpuSeconds, residentMegabytes } from './process-usage.ts'

const PEER = 'Apache Kafka'
const ROUNDS = 3
const SETTINGS = ['group.initial.rebalance.delay.ms=0']
const LONG_MAX = '9223372036854775807'
const CONNECT_RETRY_MS = 2
const MEBIBYTE = 1024 * 1024

interface Subject {
  readonly bootstrapServers: string
  readonly processId: number
  /** `flush.messages` of topics that are acknowledged from the page cache, and after a sync. */
  readonly flushMessages: { readonly pageCache: string; readonly synced: string }
  stop(): Promise<void>
}

interface ProduceCase {
  readonly name: string
  readonly topic: string
  readonly recordBytes: number
  readonly records: number
  readonly properties: readonly string[]
  readonly goal: Goal
  /** Of the broker's processor time. */
  readonly cpuGoal?: Goal
}

const PRODUCE_CASES: readonly ProduceCase[] = [
  {
    name: 'produce 100 B, page cache',
    topic: 'small',
    recordBytes: 100,
    records: 3_000_000,
    properties: [],
    goal: { atLeast: 1 },
  },
  {
    name: 'produce 1 KB, page cache',
    topic: 'default-batches',
    recordBytes: 1_000,
    records: 300_000,
    properties: [],
    goal: { atLeast: 1 },
    cpuGoal: { atMost: 0.6 },
  },
  {
    name: 'produce 1 KB, page cache, 64 KB batches',
    topic: 'large-batches',
    recordBytes: 1_000,
    records: 1_000_000,
    properties: ['batch.size=65536', 'linger.ms=10'],
    goal: { atLeast: 1 },
    cpuGoal: { atMost: 0.6 },
  },
  {
    name: 'produce 1 KB, synced',
    topic: 'synced',
    recordBytes: 1_000,
    records: 60_000,
    properties: [],
    goal: { atLeast: 3 },
  },
]
const SYNCED_TOPIC = 'synced'
/** What Kafka takes of this case is the load that {@link Comparison} halves. */
const FULL_LOAD_TOPIC = 'default-batches'

interface ConsumeCase {
  readonly name: string
  readonly topic: string
  readonly records: number
  readonly cpuGoal?: Goal
}
/** They read what the first round has written. */
const CONSUME_CASES: readonly ConsumeCase[] = [
  { name: 'consume 100 B', topic: 'small', records: 3_000_000 },
  { name: 'consume 1 KB', topic: 'large-batches', records: 1_000_000, cpuGoal: { atMost: 2 } },
]
/** Records of 1 KB for each half-load run, which takes some seconds. */
const HALF_LOAD_SECONDS = 6
const LATENCY_RECORDS = 3_000

export const benchmark: Benchmark = {
  name: 'broker',
  async run(context) {
    if (context.scaled(1, 0) === 0) return measureStartHere(context)
    const kafka = ApacheKafka.find()
    if (kafka === undefined) throw new Error(HOW_TO_GET_KAFKA)
    await measureStart(context, kafka)
    const comparison = new Comparison(context, kafka, await startBoth(kafka))
    try {
      for (let round = 1; round <= ROUNDS; round++) {
        process.stderr.write(`round ${round} of ${ROUNDS}\n`)
        await comparison.round()
      }
      comparison.report()
    } finally {
      await comparison.stop()
    }
  },
}

async function measureStartHere(context: BenchmarkContext): Promise<void> {
  const startMs = performance.now()
  const broker = await startBrokerHere()
  await firstAcknowledgement(`127.0.0.1:${broker.port}`)
  context.report({ case: START_CASE, value: performance.now() - startMs, unit: 'ms' })
  await broker.stop()
}

const START_CASE = 'start to first acknowledged record'

async function measureStart(context: BenchmarkContext, kafka: ApacheKafka): Promise<void> {
  const ours: number[] = []
  const theirs: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const ourStartMs = performance.now()
    const broker = await startBrokerProcess(SETTINGS)
    await firstAcknowledgement(`127.0.0.1:${broker.port}`)
    ours.push(performance.now() - ourStartMs)
    await broker.stop()
    const node = await kafka.prepareNode(SETTINGS)
    const theirStartMs = performance.now()
    const process = node.start()
    await firstAcknowledgement(node.bootstrapServers)
    theirs.push(performance.now() - theirStartMs)
    await process.stop()
  }
  const [value, peerValue] = [median(ours), median(theirs)]
  context.report({ case: START_CASE, value, unit: 'ms', peer: PEER, peerValue, goal: { atMost: 0.15 } })
}

/** Resolves once a record sent to a new topic was acknowledged. */
async function firstAcknowledgement(bootstrapServers: string): Promise<void> {
  await listening(bootstrapServers)
  const producer = new Producer({ bootstrapServers, retryBackoffMs: 10 })
  await producer.send({ topic: 'first', value: 'x' })
  await producer.close()
}

async function listening(address: string): Promise<void> {
  const [host, port] = address.split(':')
  const isOpen = () =>
    new Promise<boolean>(resolve => {
      const socket = connect(Number(port), host, () => resolve(true))
      socket.once('error', () => resolve(false))
      socket.once('connect', () => socket.destroy())
    })
  while (!(await isOpen())) await sleep(CONNECT_RETRY_MS)
}

async function startBoth(kafka: ApacheKafka): Promise<Record<Side, Subject>> {
  const broker = await startBrokerProcess(SETTINGS)
  const node = await kafka.prepareNode(SETTINGS)
  const process = node.start()
  await firstAcknowledgement(node.bootstrapServers)
  return {
    ours: {
      bootstrapServers: `127.0.0.1:${broker.port}`,
      processId: broker.processId!,
      flushMessages: { pageCache: LONG_MAX, synced: '1' },
      stop: broker.stop,
    },
    theirs: {
      bootstrapServers: node.bootstrapServers,
      processId: process.processId,
      flushMessages: { pageCache: LONG_MAX, synced: '1' },
      stop: process.stop,
    },
  }
}

type Side = 'ours' | 'theirs'
const SIDES: readonly Side[] = ['theirs', 'ours']

interface ProduceResult {
  readonly megabytesPerSecond: number
  readonly recordsPerSecond: number
  readonly p99Ms: number
}

class Comparison {
  private readonly figures = new Map<string, { unit: string; goal: Goal | undefined } & Record<Side, number[]>>()
  /** Records/s, a figure for each round. */
  private readonly kafkasLoad: number[] = []

  constructor(
    private readonly context: BenchmarkContext,
    private readonly kafka: ApacheKafka,
    private readonly subjects: Record<Side, Subject>,
  ) {}

  async round(): Promise<void> {
    if (this.figures.size === 0) for (const side of SIDES) await this.createTopics(side)
    for (const each of PRODUCE_CASES) for (const side of SIDES) await this.produce(side, each)
    for (const each of CONSUME_CASES) for (const side of SIDES) await this.consume(side, each)
    for (const side of SIDES) await this.halfLoad(side, median(this.kafkasLoad) / 2)
    for (const side of SIDES) await this.latency(side)
    for (const side of SIDES) this.noteMemory(side)
  }

  report(): void {
    for (const [name, { unit, goal, ours, theirs }] of this.figures)
      this.context.report({
        case: name,
        value: median(ours),
        unit,
        peer: PEER,
        peerValue: median(theirs),
        ...(goal === undefined ? {} : { goal }),
      })
  }

  async stop(): Promise<void> {
    for (const side of SIDES) await this.subjects[side].stop()
  }

  private noteMemory(side: Side): void {
    const megabytes = residentMegabytes(this.subjects[side].processId)
    this.note('resident memory after gigabytes of traffic', 'MB', side, megabytes, { atMost: 0.4 })
  }

  private async createTopics(side: Side): Promise<void> {
    const { bootstrapServers, flushMessages } = this.subjects[side]
    for (const topic of [...PRODUCE_CASES.map(each => each.topic), 'half-load', 'latency']) {
      const messages = topic === SYNCED_TOPIC ? flushMessages.synced : flushMessages.pageCache
      const args = ['--create', '--topic', topic, '--partitions', '1', '--config', `flush.messages=${messages}`]
      await this.kafka.runTool('topics', ['--bootstrap-server', bootstrapServers, ...args])
    }
  }

  private async produce(side: Side, each: ProduceCase): Promise<void> {
    const before = cpuSeconds(this.subjects[side].processId)
    const result = await this.runProducer(side, each, -1)
    const gigabytes = (each.records * each.recordBytes) / 1e9
    this.note(each.name, 'MB/s', side, result.megabytesPerSecond, each.goal)
    if (side === 'theirs' && each.topic === FULL_LOAD_TOPIC) this.kafkasLoad.push(result.recordsPerSecond)
    if (each.cpuGoal === undefined) return
    const seconds = cpuSeconds(this.subjects[side].processId) - before
    this.note(`broker CPU, ${each.name}`, 's/GB', side, seconds / gigabytes, each.cpuGoal)
  }

  private async consume(side: Side, { name, topic, records, cpuGoal }: ConsumeCase): Promise<void> {
    const { bootstrapServers, processId } = this.subjects[side]
    const before = cpuSeconds(processId)
    const args = ['--bootstrap-server', bootstrapServers, '--topic', topic, '--num-records', String(records)]
    const output = await this.kafka.runTool('consumerPerformance', args)
    // start, end, MB, MB/s, records, records/s, ms of joining the group, ms of fetching, MB/s of fetching, …
    const columns = output.trim().split('\n').at(-1)!.split(',').map(Number)
    const [megabytes, megabytesPerSecond] = [columns[2]!, columns[8]!]
    assert.ok(megabytes > 0 && megabytesPerSecond > 0, `no figures in ${output}`)
    this.note(name, 'MB/s', side, megabytesPerSecond, { atLeast: 1 })
    if (cpuGoal === undefined) return
    const gigabytes = (megabytes * MEBIBYTE) / 1e9
    this.note(`broker CPU, ${name}`, 's/GB', side, (cpuSeconds(processId) - before) / gigabytes, cpuGoal)
  }

  private async halfLoad(side: Side, recordsPerSecond: number): Promise<void> {
    const records = Math.round(recordsPerSecond * HALF_LOAD_SECONDS)
    const each = { topic: 'half-load', recordBytes: 1_000, records, properties: [] }
    const { p99Ms } = await this.runProducer(side, each, Math.round(recordsPerSecond))
    this.note('p99 latency at half of Kafka’s load', 'ms', side, p99Ms, { atMost: 1 })
  }

  private async latency(side: Side): Promise<void> {
    const { bootstrapServers } = this.subjects[side]
    const size = ['--num-records', String(LATENCY_RECORDS), '--record-size', '100', '--producer-acks', 'all']
    const args = ['--bootstrap-server', bootstrapServers, '--topic', 'latency', ...size]
    const output = await this.kafka.runTool('endToEndLatency', args)
    const match = /Avg latency: ([\d.]+) ms/.exec(output)
    assert.ok(match, `no latency in ${output}`)
    this.note('end-to-end latency, one record at a time, mean', 'ms', side, Number(match[1]))
  }

  private async runProducer(
    side: Side,
    { topic, records, recordBytes, properties }: Pick<ProduceCase, 'topic' | 'records' | 'recordBytes' | 'properties'>,
    throughput: number,
  ): Promise<ProduceResult> {
    const size = ['--num-records', String(records), '--record-size', String(recordBytes)]
    const args = ['--bootstrap-server', this.subjects[side].bootstrapServers, '--topic', topic, ...size]
    const tuning = ['acks=all', ...properties].flatMap(property => ['--command-property', property])
    const all = [...args, '--throughput', String(throughput), ...tuning]
    const output = await this.kafka.runTool('producerPerformance', all)
    const summary = output.trim().split('\n').at(-1)!
    const match = /([\d.]+) records\/sec \(([\d.]+) MB\/sec\).* ([\d.]+) ms 99th/.exec(summary)
    assert.ok(match, `no figures in ${output}`)
    return {
      recordsPerSecond: Number(match[1]),
      megabytesPerSecond: Number(match[2]),
      p99Ms: Number(match[3]),
    }
  }

  private note(name: string, unit: string, side: Side, value: number, goal?: Goal): void {
    let figure = this.figures.get(name)
    if (figure === undefined) {
      figure = { unit, goal, ours: [], theirs: [] }
      this.figures.set(name, figure)
    }
    figure[side].push(value)
  }
}
