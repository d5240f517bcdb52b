/**
 * Copies from one topic to another in transactions, on a network in trouble, while the broker is killed and copiers crash
 * and come back as other members or as zombies of themselves. Whatever happens: each record is in the copy exactly once
 * for those who read what is committed, in the order of its partition, and the group's offsets are at the end.
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
import { Consumer, type ConsumerOptions } from '../../src/consumer/consumer.ts'
import { Producer } from '../../src/producer/producer.ts'

const SEEDS = 6
const PARTITIONS = 3
const RECORDS = 120
const SOURCE = 'source'
const COPY = 'copy'
const COPIERS = 3
/** Of virtual time; then the network is calm, and brokers and copiers stay up. */
const TROUBLE_MS = 30_000
const codecs = createCodecs()
const BOOTSTRAP = { bootstrapServers: 'broker:9092' }
const IMPATIENT = { requestTimeoutMs: 2_000, socketConnectionSetupTimeoutMs: 1_000 }

function startBroker(platform: Platform): Promise<Broker> {
  return Broker.start({
    platform,
    config: {
      'log.dirs': '/data',
      listeners: 'PLAINTEXT://broker:9092',
      'advertised.listeners': 'PLAINTEXT://broker:9092',
      'offsets.topic.num.partitions': 2,
      'transaction.state.log.num.partitions': 2,
      'group.initial.rebalance.delay.ms': 0,
      'group.min.session.timeout.ms': 1_000,
      'group.consumer.min.session.timeout.ms': 1_000,
      'group.consumer.session.timeout.ms': 3_000,
      'group.consumer.min.heartbeat.interval.ms': 100,
      'group.consumer.heartbeat.interval.ms': 300,
      'transaction.abort.timed.out.transaction.cleanup.interval.ms': 1_000,
    },
  })
}

const GROUPS: readonly Partial<ConsumerOptions>[] = [
  { partitionAssignmentStrategy: ['range'], sessionTimeoutMs: 3_000, heartbeatIntervalMs: 300 },
  { partitionAssignmentStrategy: ['cooperative-sticky'], sessionTimeoutMs: 3_000, heartbeatIntervalMs: 300 },
  { groupProtocol: 'consumer' },
]

/** Copies until done. Whatever fails: abort if that is possible, otherwise begin as a new producer and member. */
async function copy(
  platform: Platform,
  name: string,
  group: Partial<ConsumerOptions>,
  pauses: SeededRandom,
  isDone: () => boolean,
): Promise<void> {
  while (!isDone()) {
    const consumer = new Consumer({
      ...BOOTSTRAP,
      ...IMPATIENT,
      ...group,
      platform,
      clientId: name,
      groupId: 'copiers',
      autoOffsetReset: 'earliest',
      enableAutoCommit: false,
      isolationLevel: 'read_committed',
      maxPollRecords: 7,
      maxPollIntervalMs: 10_000,
    })
    const producer = new Producer({
      ...BOOTSTRAP,
      ...IMPATIENT,
      platform,
      clientId: name,
      transactionalId: `copier-${name}`,
      transactionTimeoutMs: 8_000,
      deliveryTimeoutMs: 6_000,
      maxBlockMs: 6_000,
      lingerMs: 1,
    })
    try {
      await producer.initTransactions()
      consumer.subscribe([SOURCE])
      while (!isDone()) await copySome(consumer, producer, platform, pauses)
    } catch {
      await platform.timers.sleep(pauses.between(10, 300))
    } finally {
      await producer.close({ timeoutMs: 1_000 })
      await consumer.close({ timeoutMs: 1_000 })
    }
  }
}

async function copySome(
  consumer: Consumer,
  producer: Producer,
  platform: Platform,
  pauses: SeededRandom,
): Promise<void> {
  const batches = await consumer.poll({ maxWaitMs: 200 })
  if (batches.length === 0) return
  producer.beginTransaction()
  try {
    for (const { partition, records } of batches)
      for (const { value } of records) producer.enqueue({ topic: COPY, partition, value })
    if (pauses.chance(0.2)) await platform.timers.sleep(pauses.between(1, 2_000))
    const offsets = batches.map(({ topic, partition, nextOffset }) => ({ topic, partition, offset: nextOffset }))
    await producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata())
    if (pauses.chance(0.1)) throw new Error('changed its mind')
    await commitForSure(producer)
  } catch (error) {
    await producer.abortTransaction()
    // What was polled is read again from the committed offsets, by a new member.
    throw error
  }
}

/** A commit that timed out may have happened: only repeating it tells. */
async function commitForSure(producer: Producer): Promise<void> {
  for (;;) {
    try {
      return await producer.commitTransaction()
    } catch (error) {
      if ((error as { code?: string }).code !== 'TIMED_OUT') throw error
    }
  }
}

async function readAll(platform: Platform): Promise<string[][]> {
  const consumer = new Consumer({
    ...BOOTSTRAP,
    platform,
    autoOffsetReset: 'earliest',
    isolationLevel: 'read_committed',
  })
  const partitions = Array.from({ length: PARTITIONS }, (_, partition) => ({ topic: COPY, partition }))
  consumer.assign(partitions)
  const ends = await consumer.endOffsets(partitions)
  const values: string[][] = partitions.map(() => [])
  for (;;) {
    for (const { partition, records } of await consumer.poll({ maxWaitMs: 100 }))
      values[partition]!.push(...records.map(({ value }) => String(value)))
    let isAtEnd = true
    for (const at of partitions) if ((await consumer.position(at)) < ends.get(COPY, at.partition)!) isAtEnd = false
    if (isAtEnd) break
  }
  await consumer.close()
  return values
}

async function run(seed: number): Promise<void> {
  const simulation = new Simulation({ seed, codecs })
  const choices = simulation.random.split('workload')
  const node = simulation.node('broker')
  let broker = await simulation.complete(startBroker(node.platform))
  const admin = new Admin({ ...BOOTSTRAP, platform: simulation.node('admin').platform })
  await simulation.complete(admin.createTopics([SOURCE, COPY].map(name => ({ name, partitions: PARTITIONS }))))
  // Seeds take turns: each transaction with an epoch of its own, or all with one, or first this, then that.
  const version = (seed >> 1) % 3
  const setVersion = (level: number, change: 'upgrade' | 'safeDowngrade') =>
    admin.updateFeatures([{ feature: 'transaction.version', maxVersionLevel: level, upgradeType: change }])
  if (version > 0) await simulation.complete(setVersion(1, 'safeDowngrade'))
  if (version > 1) simulation.at(choices.between(2_000, 15_000), () => void setVersion(2, 'upgrade').catch(() => {}))
  const filler = new Producer({ ...BOOTSTRAP, platform: simulation.node('filler').platform })
  const records = Array.from({ length: RECORDS }, (_, number) => ({
    value: `${number}`,
    partition: number % PARTITIONS,
  }))
  await simulation.complete(filler.sendBatch(SOURCE, records))
  await simulation.complete(filler.close())

  simulation.network.conditions = troubledNetwork(choices.split('network'))
  simulation.at(TROUBLE_MS, () => {
    simulation.network.conditions = CALM_NETWORK
    simulation.network.heal()
  })
  for (let crash = choices.between(0, 3); crash > 0; crash--)
    simulation.at(choices.between(100, 20_000), () => {
      if (!node.isUp) return
      node.crash(choices.chance(0.5) ? 'kill' : 'power')
      simulation.at(choices.between(10, 2_000), () => {
        void startBroker(node.start()).then(started => {
          broker = started
        })
      })
    })

  let isOver = false
  const group = GROUPS[seed % GROUPS.length]!
  const working: Promise<void>[] = []
  for (let index = 0; index < COPIERS; index++) {
    const name = `c${index}`
    const begin = () => {
      const { platform } = simulation.node(name)
      working.push(copy(platform, name, group, choices.split(`${name} at ${simulation.nowMs}`), () => isOver))
    }
    simulation.at(choices.between(1, 3_000), begin)
    // A process that is killed in the middle; the one that follows has the same transactional id.
    if (choices.chance(0.6))
      simulation.at(choices.between(3_000, 20_000), () => {
        simulation.node(name).crash('kill')
        simulation.node(name).start()
        begin()
      })
  }

  const committed = async () => {
    const offsets = await admin.listConsumerGroupOffsets('copiers')
    return records.every((_, number) => (offsets.get(SOURCE, number % PARTITIONS)?.offset ?? 0) >= RECORDS / PARTITIONS)
  }
  await simulation.run(() => simulation.nowMs > TROUBLE_MS)
  const deadlineMs = simulation.nowMs + 120_000
  let isCopied = false
  while (!isCopied && simulation.nowMs < deadlineMs) {
    await simulation.runFor(1_000)
    isCopied = await simulation.complete(committed().catch(() => false))
  }
  expect(isCopied, 'the copy comes to its end').toBe(true)
  isOver = true
  const log = await simulation.complete(readAll(simulation.node('reader').platform), 120_000)
  await simulation.runFor(20_000)
  await simulation.complete(admin.close())
  await simulation.complete(broker.close())

  for (let partition = 0; partition < PARTITIONS; partition++) {
    const expected = records.filter(record => record.partition === partition).map(({ value }) => value)
    expect(log[partition], `partition ${partition}`).toEqual(expected)
  }
}

test.each(Array.from({ length: SEEDS }, (_, seed) => seed))('seed %i', async seed => {
  await run(seed)
})
