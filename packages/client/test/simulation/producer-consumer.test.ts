/**
 * Producers, a group of consumers and a broker on one simulated network that delays, cuts, resets and half-opens, while
 * the broker is killed and consumers come and go. Whatever happens: what was acknowledged is in the log exactly once and
 * in order, and the group reads all of it.
 */
import { Broker } from '@millrace/broker'
import {
  CALM_NETWORK,
  createCodecs,
  type Platform,
  type SeededRandom,
  Simulation,
  troubledNetwork,
} from '@millrace/platform'
import { expect, test } from 'vitest'
import { Admin } from '../../src/admin/admin.ts'
import { Consumer } from '../../src/consumer/consumer.ts'
import { Producer } from '../../src/producer/producer.ts'

const SEEDS = 24
const PARTITIONS = 3
const PRODUCERS = 2
const RECORDS_PER_PRODUCER = 60
const TOPIC = 'numbers'
/** Of virtual time; then the network is calm and the broker stays up. */
const TROUBLE_MS = 20_000
const codecs = createCodecs()

function startBroker(platform: Platform): Promise<Broker> {
  return Broker.start({
    platform,
    config: {
      'log.dirs': '/data',
      listeners: 'PLAINTEXT://broker:9092',
      'advertised.listeners': 'PLAINTEXT://broker:9092',
      'offsets.topic.num.partitions': 2,
      'group.initial.rebalance.delay.ms': 100,
      'group.min.session.timeout.ms': 1000,
    },
  })
}

async function produce(
  platform: Platform,
  name: string,
  pauses: SeededRandom,
  acknowledged: Set<string>,
): Promise<void> {
  const producer = new Producer({
    bootstrapServers: 'broker:9092',
    clientId: name,
    platform,
    requestTimeoutMs: 2_000,
    socketConnectionSetupTimeoutMs: 1_000,
    batchSize: 200,
    lingerMs: 3,
  })
  const sends: Promise<void>[] = []
  for (let number = 0; number < RECORDS_PER_PRODUCER; number++) {
    const value = `${name}/${number}`
    const sent = producer.send({ topic: TOPIC, partition: number % PARTITIONS, value })
    sends.push(
      sent.then(
        () => void acknowledged.add(value),
        () => {},
      ),
    )
    if (pauses.chance(0.3)) await platform.timers.sleep(pauses.between(1, 500))
  }
  await Promise.all(sends)
  await producer.close()
}

/** Reads as a member of the group until told to stop; commits behind what it has read. */
async function consume(platform: Platform, name: string, read: Set<string>, isDone: () => boolean): Promise<void> {
  const consumer = new Consumer({
    bootstrapServers: 'broker:9092',
    groupId: 'readers',
    clientId: name,
    platform,
    autoOffsetReset: 'earliest',
    enableAutoCommit: false,
    requestTimeoutMs: 2_000,
    socketConnectionSetupTimeoutMs: 1_000,
    sessionTimeoutMs: 3_000,
    heartbeatIntervalMs: 300,
    maxPollIntervalMs: 10_000,
    metadataMaxAgeMs: 5_000,
  })
  consumer.subscribe([TOPIC])
  while (!isDone()) {
    const batches = await consumer.poll({ maxWaitMs: 200 })
    for (const { records } of batches) for (const { value } of records) read.add(String(value))
    // A commit that fails leaves the records to another member, which reads them again.
    await consumer.commit().catch(() => {})
  }
  await consumer.close({ timeoutMs: 5_000 })
}

async function readLog(platform: Platform): Promise<string[][]> {
  const consumer = new Consumer({ bootstrapServers: 'broker:9092', platform, autoOffsetReset: 'earliest' })
  const partitions = Array.from({ length: PARTITIONS }, (_, partition) => ({ topic: TOPIC, partition }))
  consumer.assign(partitions)
  const ends = await consumer.endOffsets(partitions)
  const values: string[][] = partitions.map(() => [])
  const positionOf = (partition: number) => values[partition]!.length
  while (partitions.some(({ partition }) => positionOf(partition) < ends.get(TOPIC, partition)!))
    for (const { partition, records } of await consumer.poll())
      values[partition]!.push(...records.map(({ value }) => String(value)))
  await consumer.close()
  return values
}

async function run(seed: number): Promise<string> {
  const simulation = new Simulation({ seed, codecs })
  const choices = simulation.random.split('workload')
  const node = simulation.node('broker')
  let broker = await simulation.complete(startBroker(node.platform))
  const admin = new Admin({ bootstrapServers: 'broker:9092', platform: simulation.node('admin').platform })
  await simulation.complete(admin.createTopics([{ name: TOPIC, partitions: PARTITIONS }]))

  simulation.network.conditions = troubledNetwork(choices.split('network'))
  const crashes = choices.between(0, 3)
  for (let crash = 0; crash < crashes; crash++)
    simulation.at(choices.between(100, 12_000), () => {
      if (!node.isUp) return
      node.crash(choices.chance(0.5) ? 'kill' : 'power')
      simulation.at(choices.between(10, 2_000), () => {
        void startBroker(node.start()).then(started => {
          broker = started
        })
      })
    })
  simulation.at(TROUBLE_MS, () => {
    simulation.network.conditions = CALM_NETWORK
    simulation.network.heal()
  })

  const acknowledged = new Set<string>()
  const read = new Set<string>()
  let producing = PRODUCERS
  const producers = Array.from({ length: PRODUCERS }, (_, index) =>
    produce(simulation.node(`p${index}`).platform, `p${index}`, choices.split(`pauses ${index}`), acknowledged).then(
      () => {
        producing--
      },
    ),
  )
  const stops = [choices.between(2_000, 15_000), Infinity, Infinity]
  const consumers = stops.map(async (stopMs, index) => {
    const { platform } = simulation.node(`c${index}`)
    await platform.timers.sleep(choices.between(1, 8_000))
    const isDone = () =>
      simulation.nowMs > stopMs || (producing === 0 && [...acknowledged].every(value => read.has(value)))
    await consume(platform, `c${index}`, read, isDone)
  })
  await simulation.complete(Promise.all([...producers, ...consumers]), 600_000)
  await simulation.run(() => simulation.nowMs > TROUBLE_MS + 1_000)
  const log = await simulation.complete(readLog(simulation.node('reader').platform))
  await simulation.complete(admin.close())
  await simulation.complete(broker.close())

  const written = log.flat()
  expect(new Set(written).size, 'each value is in the log once').toBe(written.length)
  for (const value of acknowledged) expect(written, 'acknowledged').toContain(value)
  for (const values of log)
    for (let index = 0; index < PRODUCERS; index++) {
      const numbers = values.filter(value => value.startsWith(`p${index}/`)).map(value => Number(value.slice(3)))
      expect(numbers, 'order of the sends').toEqual(numbers.toSorted((a, b) => a - b))
    }
  for (const value of acknowledged) expect(read, 'read by the group').toContain(value)
  return simulation.trace
}

test.each(Array.from({ length: SEEDS }, (_, seed) => seed))('seed %i', async seed => {
  await run(seed)
})

test('a seed replays', async () => {
  expect(await run(7)).toBe(await run(7))
})
