/**
 * Groups of 1 to 12 members on a simulated network in trouble, whichever way they divide their partitions. Members come,
 * go, crash, pause. Whatever happens: every record is read; once there is
 * calm every partition has one owner soon.
 */
import { Broker } from '@millrace/broker'
import { CALM_NETWORK, createCodecs, type Platform, Simulation, troubledNetwork } from '@millrace/platform'
import { describe, expect, test } from 'vitest'
import { Admin } from '../../src/admin/admin.ts'
import { Consumer, type ConsumerOptions } from '../../src/consumer/consumer.ts'
import { Producer } from '../../src/producer/producer.ts'

const SEEDS = 2
const TOPIC = 'numbers'
const PARTITIONS = 12
const RECORDS = 240
const MOST_MEMBERS = 12
/** Of virtual time; then the network is calm and members stay. */
const TROUBLE_MS = 30_000
/** From calm until every partition has its owner: a session, a rebalance, and what retries take. */
const SETTLED_WITHIN_MS = 20_000
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

interface Member {
  readonly consumer: Consumer
  isGone: boolean
}

function startBroker(platform: Platform): Promise<Broker> {
  return Broker.start({
    platform,
    config: {
      'log.dirs': '/data',
      listeners: 'PLAINTEXT://broker:9092',
      'advertised.listeners': 'PLAINTEXT://broker:9092',
      'offsets.topic.num.partitions': 2,
      'group.initial.rebalance.delay.ms': 0,
      'group.min.session.timeout.ms': 1_000,
      'group.consumer.min.session.timeout.ms': 1_000,
      'group.consumer.session.timeout.ms': 3_000,
      'group.consumer.min.heartbeat.interval.ms': 100,
      'group.consumer.heartbeat.interval.ms': 300,
      'group.consumer.min.assignment.interval.ms': 0,
      'group.consumer.assignment.interval.ms': 0,
    },
  })
}

async function run(seed: number, kind: Partial<ConsumerOptions>): Promise<void> {
  const simulation = new Simulation({ seed, codecs })
  const choices = simulation.random.split('workload')
  const broker = await simulation.complete(startBroker(simulation.node('broker').platform))
  const admin = new Admin({ ...BOOTSTRAP, platform: simulation.node('admin').platform })
  await simulation.complete(admin.createTopics([{ name: TOPIC, partitions: PARTITIONS }]))
  simulation.network.conditions = troubledNetwork(choices.split('network'))
  simulation.at(TROUBLE_MS, () => {
    simulation.network.conditions = CALM_NETWORK
    simulation.network.heal()
  })

  const read = new Set<string>()
  const members: Member[] = []
  const working: Promise<void>[] = []
  let isOver = false
  const work = async (name: string, isCrashing: boolean, untilMs: number): Promise<void> => {
    const { platform } = simulation.node(name)
    const consumer = new Consumer({
      ...BOOTSTRAP,
      platform,
      groupId: 'group',
      clientId: name,
      autoOffsetReset: 'earliest',
      enableAutoCommit: false,
      requestTimeoutMs: 2_000,
      socketConnectionSetupTimeoutMs: 1_000,
      maxPollIntervalMs: 10_000,
      ...kind,
    })
    const member = { consumer, isGone: false }
    members.push(member)
    consumer.subscribe([TOPIC])
    while (!isOver && simulation.nowMs < untilMs) {
      for (const { records } of await consumer.poll({ maxWaitMs: 200 }))
        for (const { value } of records) read.add(String(value))
      await consumer.commit().catch(() => {})
    }
    member.isGone = !isOver
    if (isCrashing && !isOver) simulation.node(name).crash('kill')
    else await consumer.close({ timeoutMs: 5_000 })
  }
  const memberCount = choices.between(1, MOST_MEMBERS + 1)
  for (let index = 0; index < memberCount; index++) {
    const leavesMs = index === 0 || choices.chance(0.5) ? Number.POSITIVE_INFINITY : choices.between(5_000, TROUBLE_MS)
    const isCrashing = choices.chance(0.5)
    simulation.at(choices.between(1, 20_000), () => {
      working.push(work(`m${index}`, isCrashing, leavesMs))
    })
  }

  const producer = new Producer({
    ...BOOTSTRAP,
    platform: simulation.node('producer').platform,
    requestTimeoutMs: 2_000,
  })
  const producing = (async () => {
    const { timers } = simulation.node('producer').platform
    for (let number = 0; number < RECORDS; number++) {
      await producer.send({ topic: TOPIC, partition: number % PARTITIONS, value: `${number}` })
      await timers.sleep(choices.between(1, 200))
    }
  })()

  const isDivided = () => {
    const owned = members.filter(({ isGone }) => !isGone).flatMap(({ consumer }) => consumer.assignment())
    return owned.length === PARTITIONS && new Set(owned.map(({ partition }) => partition)).size === PARTITIONS
  }
  await simulation.run(() => simulation.nowMs > TROUBLE_MS)
  await simulation.run(() => isDivided() || simulation.nowMs > TROUBLE_MS + SETTLED_WITHIN_MS)
  const owners = members.map(({ consumer, isGone }) => `${isGone ? 'gone' : consumer.assignment().length}`)
  expect(isDivided(), `partitions of the members: ${owners}`).toBe(true)
  await simulation.complete(producing, 600_000)
  const deadlineMs = simulation.nowMs + SETTLED_WITHIN_MS
  await simulation.run(() => read.size === RECORDS || simulation.nowMs > deadlineMs)
  expect(read.size, 'records that were read').toBe(RECORDS)
  isOver = true
  await simulation.complete(Promise.all(working.map(one => one.catch(() => {}))), 600_000)
  await simulation.complete(producer.close())
  await simulation.complete(admin.close())
  await simulation.complete(broker.close())
}

describe.each(Object.entries(KINDS))('%s', (_name, kind) => {
  test.each(Array.from({ length: SEEDS }, (_, seed) => seed))('seed %i', async seed => {
    await run(seed, kind)
  })
})
