/** Clients of three nodes of Apache Kafka while the nodes are killed one after the other. */
import { spawn } from 'node:child_process'
import { Admin, Consumer, Producer } from '@millrace/client'
import { expect, test } from 'vitest'

const RECORDS = 30_000
const TEST_TIMEOUT_MS = 240_000
/** How long a node stays away, and how long the cluster then has before the next one goes. */
const AWAY_MS = 4_000
const BACK_MS = 6_000

function variable(name: string): string {
  const value = process.env[name]
  if (value === undefined) throw new Error(`${name} is not set: use npm run interop:kafka -- --nodes 3`)
  return value
}
const bootstrapServers = variable('MILLRACE_KAFKA_SERVERS')
const runKafka = variable('MILLRACE_RUN_KAFKA')

/** Beside the clients of this process, which go on meanwhile. */
function kafka(...args: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(runKafka, args, { stdio: ['ignore', 'ignore', 'inherit'] })
    child.once('error', reject)
    child.once('exit', code => (code === 0 ? resolve() : reject(new Error(`${args.join(' ')} ended with ${code}`))))
  })
}
const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

/** Lets `work` run while each node is killed and comes back. */
async function killingNodes(work: Promise<unknown>): Promise<void> {
  let isDone = false
  const finished = work.finally(() => {
    isDone = true
  })
  for (const node of ['1', '2', '3']) {
    if (isDone) break
    await kafka('kill-node', node)
    await pause(AWAY_MS)
    await kafka('start-node', node)
    await pause(BACK_MS)
  }
  await finished
}

async function newTopic(): Promise<string> {
  const name = `loss-${Date.now()}`
  await using admin = new Admin({ bootstrapServers })
  await admin.createTopics([{ name, partitions: 6, replicationFactor: 3 }])
  return name
}

/** Everything in a topic, by partition. */
async function valuesOf(topic: string, count: number): Promise<Map<number, number[]>> {
  await using consumer = new Consumer({
    bootstrapServers,
    autoOffsetReset: 'earliest',
    isolationLevel: 'read_committed',
  })
  consumer.assign((await consumer.partitionsFor(topic)).map(({ partition }) => ({ topic, partition })))
  const values = new Map<number, number[]>()
  for (let seen = 0, idle = 0; seen < count || idle < 3; ) {
    const batches = await consumer.poll()
    idle = batches.length === 0 ? idle + 1 : 0
    if (idle > 30) break
    for (const { partition, records } of batches) {
      seen += records.length
      const list = values.get(partition) ?? []
      values.set(partition, list)
      for (const { value } of records) list.push(Number(value))
    }
  }
  return values
}

test(
  'an idempotent producer loses nothing, repeats nothing and keeps the order',
  async () => {
    const topic = await newTopic()
    await using producer = new Producer({ bootstrapServers, deliveryTimeoutMs: 120_000 })
    const produce = async () => {
      for (let number = 0; number < RECORDS; number += 100) {
        const sends = Array.from({ length: 100 }, (_, index) =>
          producer.send({ topic, partition: (number + index) % 6, value: String(number + index) }),
        )
        await Promise.all(sends)
        await pause(80)
      }
    }
    await killingNodes(produce())
    const values = await valuesOf(topic, RECORDS)
    for (let partition = 0; partition < 6; partition++)
      expect(values.get(partition)).toEqual(Array.from({ length: RECORDS / 6 }, (_, index) => index * 6 + partition))
  },
  TEST_TIMEOUT_MS,
)

test(
  'a transactional copy has every record once',
  async () => {
    const [source, target] = [await newTopic(), await newTopic()]
    await using filler = new Producer({ bootstrapServers })
    await filler.sendBatch(
      source,
      Array.from({ length: RECORDS }, (_, number) => ({ value: String(number), partition: number % 6 })),
    )
    const copy = async () => {
      await using consumer = new Consumer({
        bootstrapServers,
        groupId: source,
        autoOffsetReset: 'earliest',
        enableAutoCommit: false,
        maxPollRecords: 200,
      })
      await using producer = new Producer({ bootstrapServers, transactionalId: source })
      consumer.subscribe([source])
      await producer.initTransactions()
      for (let copied = 0; copied < RECORDS; ) {
        const batches = await consumer.poll()
        if (batches.length === 0) continue
        producer.beginTransaction()
        try {
          const sends = batches.flatMap(({ partition, records }) =>
            records.map(({ value }) => producer.send({ topic: target, partition, value })),
          )
          await Promise.all(sends)
          const offsets = batches.map(({ topic, partition, nextOffset }) => ({ topic, partition, offset: nextOffset }))
          await producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata())
          await producer.commitTransaction()
          for (const { records } of batches) copied += records.length
        } catch {
          await producer.abortTransaction()
          for (const { topic, partition, records } of batches) consumer.seek({ topic, partition }, records[0]!.offset)
        }
        await pause(100)
      }
    }
    await killingNodes(copy())
    const values = await valuesOf(target, RECORDS)
    for (let partition = 0; partition < 6; partition++)
      expect(values.get(partition)).toEqual(Array.from({ length: RECORDS / 6 }, (_, index) => index * 6 + partition))
  },
  TEST_TIMEOUT_MS,
)
