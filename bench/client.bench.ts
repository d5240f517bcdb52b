/**
 * Question: how fast is the client beside the other clients written in JavaScript, and does its memory stay where it is?
 * Fixed: values of 100 B without a key, one partition, acks=all, no compression, clients as they come; the broker is a
 * process of its own that acknowledges from the page cache as Kafka does (in small runs it shares ours), or the cluster
 * that MILLRACE_KAFKA_SERVERS names. Clients take turns; the peer of a ratio is the best of the others.
 */
import assert from 'node:assert/strict'
import { startBrokerHere, startBrokerProcess } from './broker-process.ts'
import {
  type BenchProducer,
  type ClientUnderBench,
  kafkajs,
  millrace,
  millraceByRecord,
  platformatic,
} from './clients.ts'
import { type Benchmark, type BenchmarkContext, type Goal, median } from './harness.ts'
import { residentMegabytes } from './process-usage.ts'

const VALUE = Buffer.alloc(100, 'x')
const RECORDS_PER_SEND = 1_000
const SENDS_IN_FLIGHT = 4
const SINGLE_SENDS_IN_FLIGHT = 500
const ROUNDS = 5
const ROUND_MS = 300
/** Until caches, pools and the compiler have settled. */
const WARM_UP_MINUTES = 1
const SOAK_MINUTES = 5
const MINUTE_MS = 60_000

interface ProduceCase {
  readonly name: string
  readonly goal: Goal
  readonly recordsPerTurn: number
  turn(producer: BenchProducer): Promise<unknown>
}

const times = <T>(count: number, send: () => Promise<T>) => Promise.all(Array.from({ length: count }, send))
const PRODUCE_CASES: readonly ProduceCase[] = [
  {
    name: `produce, sends of ${RECORDS_PER_SEND}, ${SENDS_IN_FLIGHT} in flight`,
    goal: { atLeast: 2 },
    recordsPerTurn: RECORDS_PER_SEND * SENDS_IN_FLIGHT,
    turn: producer => times(SENDS_IN_FLIGHT, () => producer.sendMany()),
  },
  {
    name: `produce, single sends, ${SINGLE_SENDS_IN_FLIGHT} in flight`,
    goal: { atLeast: 10 },
    recordsPerTurn: SINGLE_SENDS_IN_FLIGHT,
    turn: producer => times(SINGLE_SENDS_IN_FLIGHT, () => producer.sendOne()),
  },
  {
    name: 'produce, single sends, awaited',
    goal: { atLeast: 1.5 },
    recordsPerTurn: 1,
    turn: producer => producer.sendOne(),
  },
]

export const benchmark: Benchmark = {
  name: 'client',
  async run(context) {
    const isFull = context.scaled(1, 0) === 1
    const cluster = await startCluster(isFull)
    try {
      const load = { bootstrapServers: cluster.bootstrapServers, value: VALUE, recordsPerSend: RECORDS_PER_SEND }
      const clients = [millrace(load), kafkajs(load), platformatic(load)]
      for (const produceCase of PRODUCE_CASES) await measureProduce(context, produceCase, clients)
      const recordCount = context.scaled(600_000, 1_000)
      const topic = await filledTopic(clients[0]!, recordCount)
      const expected = { recordCount, bytes: recordCount * VALUE.length }
      const rateOf = async (client: Pick<ClientUnderBench, 'consume'>) =>
        (recordCount * 1_000) / (await client.consume(topic, expected))
      const rounds = context.scaled(ROUNDS, 1)
      await compare(context, 'consume by batch', { atLeast: 2 }, clients, rounds, rateOf)
      const others = clients.slice(1)
      const ours = { ...millraceByRecord(load), name: 'Millrace' } as ClientUnderBench
      await compare(context, 'consume record by record', { atLeast: 1 }, [ours, ...others], rounds, rateOf)
      if (isFull) await measureMemory(context, clients[0]!)
    } finally {
      await cluster.stop()
    }
  },
}

async function startCluster(isFull: boolean): Promise<{ bootstrapServers: string; stop(): Promise<void> }> {
  const { MILLRACE_KAFKA_SERVERS: servers } = process.env
  if (isFull && servers !== undefined) return { bootstrapServers: servers, stop: async () => {} }
  const start = isFull ? startBrokerProcess : startBrokerHere
  const broker = await start(['log.flush.interval.messages=1000000000', 'group.initial.rebalance.delay.ms=0'])
  return { bootstrapServers: `127.0.0.1:${broker.port}`, stop: () => broker.stop() }
}

async function measureProduce(
  context: BenchmarkContext,
  { name, goal, recordsPerTurn, turn }: ProduceCase,
  clients: readonly ClientUnderBench[],
): Promise<void> {
  const producers = new Map<ClientUnderBench, BenchProducer>()
  for (const client of clients) producers.set(client, await client.produceTo(freshTopic()))
  const roundMs = context.scaled(ROUND_MS, 0)
  await compare(context, name, goal, clients, context.scaled(ROUNDS, 1), async client => {
    const producer = producers.get(client)!
    const startMs = performance.now()
    let turns = 0
    do {
      await turn(producer)
      turns++
    } while (performance.now() - startMs < roundMs)
    return (turns * recordsPerTurn * 1_000) / (performance.now() - startMs)
  })
  for (const producer of producers.values()) await producer.close()
}

/** The first client against the best of the others, in turns. */
async function compare(
  context: BenchmarkContext,
  name: string,
  goal: Goal,
  clients: readonly ClientUnderBench[],
  rounds: number,
  rateOf: (client: ClientUnderBench) => Promise<number>,
): Promise<void> {
  const rates = new Map<ClientUnderBench, number[]>(clients.map(client => [client, []]))
  for (let round = 0; round < rounds; round++)
    for (const client of clients) rates.get(client)!.push(await rateOf(client))
  const [ours, ...others] = clients.map(client => ({ name: client.name, rate: median(rates.get(client)!) }))
  const best = others.reduce((a, b) => (b.rate > a.rate ? b : a))
  for (const { name: peer, rate } of others)
    context.report({ case: `${name}: ${peer}`, value: rate, unit: 'records/s' })
  context.report({ case: name, value: ours!.rate, unit: 'records/s', peer: best.name, peerValue: best.rate, goal })
}

async function filledTopic(client: ClientUnderBench, recordCount: number): Promise<string> {
  const topic = freshTopic()
  const producer = await client.produceTo(topic)
  // Finding the topic took a record.
  let sent = 1
  for (; sent + RECORDS_PER_SEND <= recordCount; sent += RECORDS_PER_SEND) await producer.sendMany()
  for (; sent < recordCount; sent++) await producer.sendOne()
  await producer.close()
  return topic
}

/** Resident memory of this process after minutes of producing and consuming, in multiples of that after the first. */
async function measureMemory(context: BenchmarkContext, client: ClientUnderBench): Promise<void> {
  const recordCount = 200_000
  const topic = await filledTopic(client, recordCount)
  const producer = await client.produceTo(freshTopic())
  const endMs = performance.now() + SOAK_MINUTES * MINUTE_MS
  const warmMs = performance.now() + WARM_UP_MINUTES * MINUTE_MS
  let warmMb = 0
  let mostMb = 0
  while (performance.now() < endMs) {
    await times(SENDS_IN_FLIGHT, () => producer.sendMany())
    await client.consume(topic, { recordCount, bytes: recordCount * VALUE.length })
    const megabytes = residentMegabytes(process.pid)
    if (performance.now() < warmMs) warmMb = Math.max(warmMb, megabytes)
    else mostMb = Math.max(mostMb, megabytes)
  }
  await producer.close()
  assert.ok(warmMb > 0)
  context.report({
    case: `resident memory over ${SOAK_MINUTES} minutes, most / after the first`,
    value: mostMb,
    unit: 'MB',
    peer: 'after the first minute',
    peerValue: warmMb,
    goal: { atMost: 1.1 },
  })
}

let topics = 0
function freshTopic(): string {
  return `bench-client-${process.pid}-${topics++}`
}
