/**
 * Offsets that an application keeps with its results, not in the group: it seeks when it gets a partition. Members are
 * killed, cut off and come back. Whatever happens: no record is missing from the results and none is in them twice.
 */
import { Broker } from '@millrace/broker'
import { CALM_NETWORK, createCodecs, Simulation, troubledNetwork } from '@millrace/platform'
import { describe, expect, test } from 'vitest'
import { Admin } from '../../src/admin/admin.ts'
import { Consumer, type ConsumerOptions } from '../../src/consumer/consumer.ts'
import { Producer } from '../../src/producer/producer.ts'

const SEEDS = 2
const TOPIC = 'numbers'
const PARTITIONS = 4
const RECORDS = 200
const MEMBERS = 3
const TROUBLE_MS = 25_000
const codecs = createCodecs()
const BOOTSTRAP = { bootstrapServers: 'broker:9092' }

const KINDS: Readonly<Record<string, Partial<ConsumerOptions>>> = {
  eager: { partitionAssignmentStrategy: ['range'], sessionTimeoutMs: 3_000, heartbeatIntervalMs: 300 },
  cooperative: {
    partitionAssignmentStrategy: ['cooperative-sticky'],
    sessionTimeoutMs: 3_000,
    heartbeatIntervalMs: 300,
  },
  'consumer protocol': { groupProtocol: 'consumer' },
}

/** A database: what it keeps of a partition changes in one step, and only from the state that the writer has seen. */
class Results {
  private readonly partitions = Array.from({ length: PARTITIONS }, () => ({ nextOffset: 0, values: [] as string[] }))

  nextOffset(partition: number): number {
    return this.partitions[partition]!.nextOffset
  }
  /** False if somebody else has written meanwhile. */
  add(partition: number, values: readonly string[], fromOffset: number, nextOffset: number): boolean {
    const kept = this.partitions[partition]!
    if (kept.nextOffset !== fromOffset) return false
    kept.values.push(...values)
    kept.nextOffset = nextOffset
    return true
  }
  get values(): string[] {
    return this.partitions.flatMap(({ values }) => values)
  }
}

async function run(seed: number, kind: Partial<ConsumerOptions>): Promise<void> {
  const simulation = new Simulation({ seed, codecs })
  const choices = simulation.random.split('workload')
  const config = {
    'log.dirs': '/data',
    listeners: 'PLAINTEXT://broker:9092',
    'advertised.listeners': 'PLAINTEXT://broker:9092',
    'offsets.topic.num.partitions': 1,
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 1_000,
    'group.consumer.min.session.timeout.ms': 1_000,
    'group.consumer.session.timeout.ms': 3_000,
    'group.consumer.min.heartbeat.interval.ms': 100,
    'group.consumer.heartbeat.interval.ms': 300,
  }
  const broker = await simulation.complete(Broker.start({ platform: simulation.node('broker').platform, config }))
  const admin = new Admin({ ...BOOTSTRAP, platform: simulation.node('admin').platform })
  await simulation.complete(admin.createTopics([{ name: TOPIC, partitions: PARTITIONS }]))
  const producer = new Producer({ ...BOOTSTRAP, platform: simulation.node('producer').platform, batchSize: 100 })
  const records = Array.from({ length: RECORDS }, (_, number) => ({
    value: `${number}`,
    partition: number % PARTITIONS,
  }))
  await simulation.complete(producer.sendBatch(TOPIC, records))

  simulation.network.conditions = troubledNetwork(choices.split('network'))
  simulation.at(TROUBLE_MS, () => {
    simulation.network.conditions = CALM_NETWORK
    simulation.network.heal()
  })
  const results = new Results()
  let isOver = false
  const work = async (name: string): Promise<void> => {
    const { platform } = simulation.node(name)
    const consumer = new Consumer({
      ...BOOTSTRAP,
      ...kind,
      platform,
      groupId: 'group',
      autoOffsetReset: 'none',
      enableAutoCommit: false,
      requestTimeoutMs: 2_000,
      socketConnectionSetupTimeoutMs: 1_000,
      maxPollIntervalMs: 10_000,
      maxPollRecords: 5,
    })
    const expected = new Map<number, number>()
    consumer.subscribe([TOPIC], {
      async onPartitionsAssigned(partitions) {
        await platform.timers.sleep(choices.between(1, 100))
        for (const at of partitions) {
          expected.set(at.partition, results.nextOffset(at.partition))
          consumer.seek(at, results.nextOffset(at.partition))
        }
      },
    })
    while (!isOver) {
      for (const { topic, partition, records: read, nextOffset } of await consumer.poll({ maxWaitMs: 200 })) {
        expect(read[0]!.offset, 'polls go on where the seek was').toBe(expected.get(partition))
        const values = read.map(({ value }) => String(value))
        const isAdded = results.add(partition, values, read[0]!.offset, nextOffset)
        // Somebody else has the partition now, or had it in between.
        if (!isAdded) consumer.seek({ topic, partition }, results.nextOffset(partition))
        expected.set(partition, isAdded ? nextOffset : results.nextOffset(partition))
        await platform.timers.sleep(choices.between(1, 300))
      }
    }
    await consumer.close({ timeoutMs: 2_000 })
  }
  const working: Promise<void>[] = []
  for (let index = 0; index < MEMBERS; index++) {
    const name = `m${index}`
    simulation.at(choices.between(1, 3_000), () => working.push(work(name)))
    for (let crash = choices.between(0, 3); crash > 0; crash--)
      simulation.at(choices.between(3_000, 20_000), () => {
        simulation.node(name).crash('kill')
        simulation.node(name).start()
        working.push(work(name))
      })
  }
  await simulation.run(() => results.values.length >= RECORDS || simulation.nowMs > TROUBLE_MS + 60_000)
  isOver = true
  await simulation.runFor(20_000)
  await simulation.complete(producer.close())
  await simulation.complete(admin.close())
  await simulation.complete(broker.close())
  for (let partition = 0; partition < PARTITIONS; partition++)
    expect(results.values.filter(value => Number(value) % PARTITIONS === partition)).toEqual(
      records.filter(record => record.partition === partition).map(({ value }) => value),
    )
}

describe.each(Object.entries(KINDS))('%s', (_name, kind) => {
  test.each(Array.from({ length: SEEDS }, (_, seed) => seed))('seed %i', async seed => {
    await run(seed, kind)
  })
})
