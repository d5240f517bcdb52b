/** What depends on time: timeouts, sessions, lingering, giving up. In virtual time, on a calm network. */
import { Broker } from '@millrace/broker'
import { createCodecs, Simulation } from '@millrace/platform'
import { beforeEach, describe, expect, test } from 'vitest'
import { Admin } from '../../src/admin/admin.ts'
import type { TopicPartition } from '../../src/cluster/topic-partition.ts'
import { Consumer, type ConsumerOptions } from '../../src/consumer/consumer.ts'
import { Producer, type ProducerOptions } from '../../src/producer/producer.ts'

const BOOTSTRAP = { bootstrapServers: 'broker:9092' }
const TOPIC = 'orders'
const codecs = createCodecs()
let simulation: Simulation
let broker: Broker

beforeEach(async () => {
  simulation = new Simulation({ seed: 1, codecs })
  await startBroker()
  const admin = new Admin({ ...BOOTSTRAP, platform: platformOf('admin') })
  await simulation.complete(admin.createTopics([{ name: TOPIC, partitions: 2 }]))
  await simulation.complete(admin.close())
})

async function startBroker(): Promise<void> {
  const config = {
    'log.dirs': '/data',
    listeners: 'PLAINTEXT://broker:9092',
    'advertised.listeners': 'PLAINTEXT://broker:9092',
    'offsets.topic.num.partitions': 1,
    'group.initial.rebalance.delay.ms': 0,
  }
  broker = await simulation.complete(Broker.start({ platform: platformOf('broker'), config }))
}
const platformOf = (name: string) => simulation.node(name).platform
const producer = (options: Partial<ProducerOptions> = {}) =>
  new Producer({ ...BOOTSTRAP, platform: platformOf('producer'), ...options })
const consumer = (name: string, options: Partial<ConsumerOptions> = {}) =>
  new Consumer({ ...BOOTSTRAP, platform: platformOf(name), groupId: 'group', autoOffsetReset: 'earliest', ...options })

/** Virtual time that something takes, ms. */
async function durationOf(promise: Promise<unknown>): Promise<number> {
  const beganMs = simulation.nowMs
  await simulation.complete(promise.catch(() => {}))
  return simulation.nowMs - beganMs
}
const partitionsOf = (reader: Consumer) => reader.assignment().map(({ partition }) => partition)

describe('producer', () => {
  test('a batch does not wait while the broker is idle', async () => {
    const sender = producer()
    await simulation.complete(sender.send({ topic: TOPIC, value: 'first' }))
    expect(await durationOf(sender.send({ topic: TOPIC, value: 'v' }))).toBeLessThan(5)
  })
  test('linger.ms that is asked for is kept', async () => {
    const sender = producer({ lingerMs: 50 })
    await simulation.complete(sender.send({ topic: TOPIC, value: 'first' }))
    const durationMs = await durationOf(sender.send({ topic: TOPIC, value: 'v' }))
    expect(durationMs).toBeGreaterThanOrEqual(50)
    expect(durationMs).toBeLessThan(60)
  })
  test('a full batch does not linger', async () => {
    const sender = producer({ lingerMs: 60_000, batchSize: 100, deliveryTimeoutMs: 120_000 })
    await simulation.complete(sender.partitionsFor(TOPIC))
    expect(await durationOf(sender.send({ topic: TOPIC, value: 'v'.repeat(100) }))).toBeLessThan(50)
  })
  test('delivery.timeout.ms ends retries with what stood in the way', async () => {
    const sender = producer({ deliveryTimeoutMs: 10_000, requestTimeoutMs: 2_000 })
    await simulation.complete(sender.send({ topic: TOPIC, value: 'first' }))
    simulation.node('broker').crash('kill')
    const sent = sender.send({ topic: TOPIC, value: 'v' })
    expect(await durationOf(sent)).toBeCloseTo(10_000, -2)
    await expect(sent).rejects.toMatchObject({
      code: 'DELIVERY_TIMED_OUT',
      retriable: true,
      cause: { code: 'CONNECTION_FAILED' },
    })
  })
  test('it goes on after the broker comes back', async () => {
    const sender = producer()
    await simulation.complete(sender.send({ topic: TOPIC, value: 'first', partition: 0 }))
    simulation.node('broker').crash('kill')
    const sent = sender.send({ topic: TOPIC, value: 'v', partition: 0 })
    await simulation.runFor(5_000)
    simulation.node('broker').start()
    await startBroker()
    expect(await simulation.complete(sent)).toMatchObject({ offset: 1 })
  })
  test('a broker that says nothing any more is left after request.timeout.ms', async () => {
    const sender = producer({ requestTimeoutMs: 2_000, socketConnectionSetupTimeoutMs: 1_000 })
    await simulation.complete(sender.send({ topic: TOPIC, value: 'first' }))
    simulation.network.block('producer', 'broker')
    const sent = sender.send({ topic: TOPIC, value: 'v' })
    simulation.at(2_500, () => simulation.network.heal())
    expect(await durationOf(sent)).toBeLessThan(6_000)
    await sent
  })
  test('max.block.ms bounds the wait for room', async () => {
    const sender = producer({ bufferMemory: 500, maxBlockMs: 3_000, deliveryTimeoutMs: 100_000 })
    await simulation.complete(sender.send({ topic: TOPIC, value: 'first' }))
    simulation.node('broker').crash('kill')
    const taken = sender.send({ topic: TOPIC, value: 'x'.repeat(400) })
    taken.catch(() => {})
    const blocked = sender.send({ topic: TOPIC, value: 'x'.repeat(400) })
    expect(await durationOf(blocked)).toBeCloseTo(3_000, -2)
    await expect(blocked).rejects.toMatchObject({ code: 'BUFFER_EXHAUSTED' })
  })
  test('enqueue says when to hold back, and room when to go on', async () => {
    const sender = producer({ bufferMemory: 1_000, batchSize: 200 })
    let taken = 0
    while (sender.enqueue({ topic: TOPIC, value: 'x'.repeat(100) })) taken++
    expect(taken).toBeLessThan(10)
    await simulation.complete(sender.room())
    expect(sender.enqueue({ topic: TOPIC, value: 'v' })).toBe(true)
    for (let number = 0; number < 20 && taken > 0; number++)
      try {
        sender.enqueue({ topic: TOPIC, value: 'x'.repeat(200) })
      } catch (error) {
        expect(error).toMatchObject({ code: 'BUFFER_EXHAUSTED' })
        taken = 0
      }
    expect(taken).toBe(0)
    await simulation.complete(sender.close())
  })
  test('nobody to connect to: sends fail after max.block.ms and say why', async () => {
    const lonely = producer({ bootstrapServers: 'nowhere:9092', maxBlockMs: 2_000 })
    const sent = lonely.send({ topic: TOPIC, value: 'v' })
    expect(await durationOf(sent)).toBeCloseTo(2_000, -2)
    await expect(sent).rejects.toMatchObject({ code: 'TIMED_OUT', cause: { code: 'CONNECTION_FAILED' } })
    await simulation.complete(lonely.close())
  })
})

describe('consumer group', () => {
  /** Polls one member until `done`, which may be never. */
  function polling(member: Consumer, options: { restMs: number }): { stop(): void; done: Promise<void> } {
    let isStopped = false
    const { timers } = platformOf('clock')
    const loop = async () => {
      while (!isStopped) {
        await member.poll({ maxWaitMs: 100 })
        await timers.sleep(options.restMs)
      }
    }
    return {
      stop: () => {
        isStopped = true
      },
      done: loop(),
    }
  }
  const listening = (events: string[]) => ({
    onPartitionsAssigned: (partitions: readonly TopicPartition[]) => void events.push(`assigned ${partitions.length}`),
    onPartitionsRevoked: (partitions: readonly TopicPartition[]) => void events.push(`revoked ${partitions.length}`),
    onPartitionsLost: (partitions: readonly TopicPartition[]) => void events.push(`lost ${partitions.length}`),
  })

  test('a handler that is slower than the session keeps its partitions', async () => {
    const events: string[] = []
    const member = consumer('c1', { sessionTimeoutMs: 6_000, heartbeatIntervalMs: 1_000 })
    member.subscribe([TOPIC], listening(events))
    const loop = polling(member, { restMs: 60_000 })
    await simulation.runFor(300_000)
    expect(events).toEqual(['assigned 2'])
    loop.stop()
    await simulation.complete(loop.done)
    await simulation.complete(member.close())
  })
  test('a handler that is slower than max.poll.interval.ms loses them, and its commit fails', async () => {
    const events: string[] = []
    const [slow, other] = [
      consumer('c1', { maxPollIntervalMs: 20_000, enableAutoCommit: false }),
      consumer('c2', { maxPollIntervalMs: 20_000 }),
    ]
    slow.subscribe([TOPIC], listening(events))
    await simulation.complete(slow.poll({ maxWaitMs: 5_000 }))
    expect(partitionsOf(slow)).toEqual([0, 1])
    other.subscribe([TOPIC])
    const loop = polling(other, { restMs: 100 })
    await simulation.run(() => partitionsOf(other).length === 2)
    const late = slow.commit([{ topic: TOPIC, partition: 0, offset: 0 }])
    await expect(simulation.complete(late)).rejects.toMatchObject({ code: 'COMMIT_FAILED' })
    expect(events).toEqual(['assigned 2'])
    await simulation.complete(slow.poll({ maxWaitMs: 10_000 }))
    expect(events).toEqual(['assigned 2', 'lost 2', 'assigned 1'])
    loop.stop()
    await simulation.complete(loop.done)
    await simulation.complete(Promise.all([slow.close(), other.close()]))
  })
  test('a member that dies is replaced after its session', async () => {
    const [dead, heir] = [consumer('c1', { sessionTimeoutMs: 6_000 }), consumer('c2', { sessionTimeoutMs: 6_000 })]
    dead.subscribe([TOPIC])
    await simulation.complete(dead.poll({ maxWaitMs: 5_000 }))
    heir.subscribe([TOPIC])
    simulation.node('c1').crash('kill')
    const loop = polling(heir, { restMs: 10 })
    const beganMs = simulation.nowMs
    await simulation.run(() => partitionsOf(heir).length === 2)
    expect(simulation.nowMs - beganMs).toBeLessThan(10_000)
    loop.stop()
    await simulation.complete(loop.done)
  })
  test('a member that leaves is replaced at once', async () => {
    const [leaving, heir] = [consumer('c1'), consumer('c2', { heartbeatIntervalMs: 500 })]
    leaving.subscribe([TOPIC])
    heir.subscribe([TOPIC])
    const loops = [polling(leaving, { restMs: 10 }), polling(heir, { restMs: 10 })]
    await simulation.run(() => partitionsOf(leaving).length === 1 && partitionsOf(heir).length === 1)
    loops[0]!.stop()
    await simulation.complete(loops[0]!.done)
    await simulation.complete(leaving.close())
    const beganMs = simulation.nowMs
    await simulation.run(() => partitionsOf(heir).length === 2)
    expect(simulation.nowMs - beganMs).toBeLessThan(1_000)
    loops[1]!.stop()
    await simulation.complete(loops[1]!.done)
  })
  test('a coordinator that restarts finds its members again', async () => {
    const events: string[] = []
    const member = consumer('c1')
    member.subscribe([TOPIC], listening(events))
    const loop = polling(member, { restMs: 10 })
    await simulation.run(() => partitionsOf(member).length === 2)
    simulation.node('broker').crash('power')
    await simulation.runFor(3_000)
    simulation.node('broker').start()
    await startBroker()
    const sender = producer()
    await simulation.complete(sender.send({ topic: TOPIC, value: 'v', partition: 1 }))
    const consumed = () => member.assignment().length === 2 && member.lag({ topic: TOPIC, partition: 1 }) === 0
    await simulation.run(consumed, 20_000)
    loop.stop()
    await simulation.complete(loop.done)
    await simulation.complete(member.commit())
    expect(events.filter(event => event.startsWith('assigned')).length).toBeLessThanOrEqual(2)
  })
  test('a static member comes back to its partitions without a rebalance', async () => {
    const events: string[] = []
    const make = () => consumer('c1', { groupInstanceId: 'one', sessionTimeoutMs: 30_000 })
    const [first, other] = [make(), consumer('c2', { heartbeatIntervalMs: 500 })]
    first.subscribe([TOPIC])
    other.subscribe([TOPIC], listening(events))
    const loops = [polling(first, { restMs: 10 }), polling(other, { restMs: 10 })]
    await simulation.run(() => partitionsOf(first).length === 1 && partitionsOf(other).length === 1)
    const before = partitionsOf(first)
    const heard = events.length
    loops[0]!.stop()
    await simulation.complete(loops[0]!.done)
    await simulation.complete(first.close())
    await simulation.runFor(5_000)
    const again = make()
    again.subscribe([TOPIC])
    await simulation.complete(again.poll({ maxWaitMs: 10_000 }))
    expect(partitionsOf(again)).toEqual(before)
    expect(events).toHaveLength(heard)
    loops[1]!.stop()
    await simulation.complete(loops[1]!.done)
  })
  test('close is bounded even when nobody answers', async () => {
    const member = consumer('c1')
    member.subscribe([TOPIC])
    await simulation.complete(member.poll({ maxWaitMs: 5_000 }))
    simulation.network.block('c1', 'broker')
    const closing = member.close({ timeoutMs: 2_000 })
    expect(await durationOf(closing)).toBeLessThanOrEqual(2_100)
  })
})

describe('a log that was truncated', () => {
  /** Reads ten records that are then lost, and fifteen others come in their place. */
  async function readWhatIsLost(options: Partial<ConsumerOptions>): Promise<Consumer> {
    const send = async (count: number, what: string) => {
      const sender = producer()
      const records = Array.from({ length: count }, (_, number) => ({ value: `${what} ${number}`, partition: 0 }))
      await simulation.complete(sender.sendBatch(TOPIC, records))
      await simulation.complete(sender.close())
    }
    await send(10, 'lost')
    const reader = consumer('c1', options)
    reader.assign([{ topic: TOPIC, partition: 0 }])
    reader.seekToBeginning()
    const lost = await simulation.complete(reader.poll({ maxWaitMs: 5_000 }))
    expect(lost.flatMap(({ records }) => records)).toHaveLength(10)
    await simulation.complete(broker.close())
    const { files } = platformOf('broker')
    // As a replica that lacks them and becomes the leader: the next epoch begins in front of them.
    const write = (name: string, bytes: Buffer) => {
      const file = files.open(`/data/${TOPIC}-0/${name}`, 'write')
      file.truncate(0)
      file.write(bytes, 0)
      file.close()
    }
    write('00000000000000000000.log', Buffer.alloc(0))
    write('leader-epoch-checkpoint', Buffer.from('0\n1\n1 0\n'))
    await startBroker()
    await send(15, 'kept')
    return reader
  }
  test('is read from where it differs, not from where the reader was', async () => {
    const reader = await readWhatIsLost({ autoOffsetReset: 'earliest' })
    const values: string[] = []
    while (values.length < 15)
      for (const { records } of await simulation.complete(reader.poll({ maxWaitMs: 5_000 }), 60_000))
        values.push(...records.map(({ value }) => String(value)))
    expect(values).toEqual(Array.from({ length: 15 }, (_, number) => `kept ${number}`))
  })
  test('is an error without auto.offset.reset', async () => {
    const reader = await readWhatIsLost({ autoOffsetReset: 'none' })
    const poll = simulation.complete(reader.poll({ maxWaitMs: 30_000 }), 60_000)
    await expect(poll).rejects.toMatchObject({ code: 'LOG_TRUNCATION', position: 10, endOffset: 0 })
  })
})

test('idle connections are closed and opened again when needed', async () => {
  const sender = producer({ connectionsMaxIdleMs: 5_000 })
  await simulation.complete(sender.send({ topic: TOPIC, value: 'v' }))
  await simulation.runFor(20_000)
  await simulation.complete(sender.send({ topic: TOPIC, value: 'v' }))
  await simulation.complete(sender.close())
  await simulation.complete(broker.close())
})
