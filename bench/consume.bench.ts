/**
 * Question: how fast does the consumer read a log, batch by batch and record by record?
 * Fixed: values of 100 B in batches of 16 KB, uncompressed, one partition, every value is looked at; checksums are
 * verified. The broker is a process of its own (in small runs it shares ours). The peer reads the same log.
 */
import assert from 'node:assert/strict'
import { Consumer, Producer } from '@millrace/client'
import { type EachBatchPayload, Kafka, logLevel } from 'kafkajs'
import { startBrokerHere, startBrokerProcess } from './broker-process.ts'
import { type Benchmark, median } from './harness.ts'

const TOPIC = 'bench'
const AT = { topic: TOPIC, partition: 0 }
const PEER = 'kafkajs 2.2.4'
const VALUE = Buffer.alloc(100, 'x')
const ROUNDS = 5

export const benchmark: Benchmark = {
  name: 'consume',
  async run(context) {
    const start = context.scaled(1, 0) === 1 ? startBrokerProcess : startBrokerHere
    const recordCount = context.scaled(600_000, 1_000)
    const broker = await start(['log.flush.interval.messages=1000000000', 'group.initial.rebalance.delay.ms=0'])
    const bootstrapServers = `127.0.0.1:${broker.port}`
    await fill(bootstrapServers, recordCount)

    const consumer = new Consumer({ bootstrapServers, autoOffsetReset: 'earliest', maxPollRecords: 5_000 })
    consumer.assign([AT])
    const peer = await startPeer(bootstrapServers, recordCount)
    const batches = { ours: [] as number[], theirs: [] as number[] }
    const records: number[] = []
    for (let round = 0; round < context.scaled(ROUNDS, 1); round++) {
      batches.ours.push(await rateOf(recordCount, () => readBatches(consumer, recordCount)))
      batches.theirs.push((recordCount * 1000) / (await peer.read()))
      records.push(await rateOf(recordCount, () => readRecords(consumer, recordCount)))
    }
    const unit = 'records/s'
    const peerValue = median(batches.theirs)
    context.report({ case: 'by batch', value: median(batches.ours), unit, peer: PEER, peerValue })
    context.report({ case: 'for await, by record', value: median(records), unit })
    await peer.stop()
    await consumer.close()
    await broker.stop()
  },
}

async function fill(bootstrapServers: string, recordCount: number): Promise<void> {
  const producer = new Producer({ bootstrapServers })
  const sent = Array.from({ length: recordCount }, () => producer.send({ topic: TOPIC, partition: 0, value: VALUE }))
  await Promise.all(sent)
  await producer.close()
}

async function readBatches(consumer: Consumer, recordCount: number): Promise<void> {
  consumer.seek(AT, 0)
  let count = 0
  let bytes = 0
  while (count < recordCount) {
    for (const { records } of await consumer.poll()) {
      for (const record of records) bytes += record.value!.length
      count += records.length
    }
  }
  assert.equal(bytes, recordCount * VALUE.length)
}

async function readRecords(consumer: Consumer, recordCount: number): Promise<void> {
  consumer.seek(AT, 0)
  let bytes = 0
  for await (const { offset, value } of consumer) {
    bytes += value!.length
    if (offset === recordCount - 1) break
  }
  assert.equal(bytes, recordCount * VALUE.length)
}

/** A consumer that is running all the time; `read` takes it back to the start and tells how long the log took, in ms. */
async function startPeer(bootstrapServers: string, recordCount: number) {
  const kafka = new Kafka({ brokers: [bootstrapServers], logLevel: logLevel.NOTHING })
  const consumer = kafka.consumer({ groupId: 'peer', maxWaitTimeInMs: 50 })
  let bytes = 0
  let startMs = 0
  let done: () => void = () => {}
  const eachBatch = async ({ batch }: EachBatchPayload) => {
    // From its first batch on: a seek waits for the fetch that is under way.
    if (bytes === 0) startMs = performance.now()
    for (const { value } of batch.messages) bytes += value!.length
    if (batch.lastOffset() === `${recordCount - 1}`) done()
  }
  const read = () =>
    new Promise<number>(resolve => {
      bytes = 0
      done = () => {
        assert.equal(bytes, recordCount * VALUE.length)
        resolve(performance.now() - startMs)
      }
    })
  await consumer.connect()
  await consumer.subscribe({ topic: TOPIC, fromBeginning: true })
  const first = read()
  await consumer.run({ eachBatch, autoCommit: false })
  await first
  return {
    read: () => {
      const reading = read()
      consumer.seek({ ...AT, offset: '0' })
      return reading
    },
    stop: () => consumer.disconnect(),
  }
}

async function rateOf(recordCount: number, read: () => Promise<void>): Promise<number> {
  const startMs = performance.now()
  await read()
  return (recordCount * 1000) / (performance.now() - startMs)
}
