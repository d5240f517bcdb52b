/**
 * Question: how many records does the producer get acknowledged, in large sends, in many small ones, one at a time?
 * Fixed: values of 100 B without a key, one partition, acks=all, no compression; the broker is a process of its own that
 * acknowledges from the page cache as Kafka does (in small runs it shares ours). The peer produces to the same broker.
 */
import { Producer } from '@millrace/client'
import { Kafka, logLevel, Partitioners } from 'kafkajs'
import { startBrokerHere, startBrokerProcess } from './broker-process.ts'
import type { Benchmark, RateCase } from './harness.ts'

const TOPIC = 'bench'
const PEER = 'kafkajs 2.2.4'
const VALUE = Buffer.alloc(100, 'x')
const RECORDS_PER_SEND = 1_000
const SENDS_IN_FLIGHT = 4
const SINGLE_SENDS_IN_FLIGHT = 500

export const benchmark: Benchmark = {
  name: 'client-produce',
  async run(context) {
    const start = context.scaled(1, 0) === 1 ? startBrokerProcess : startBrokerHere
    const broker = await start(['log.flush.interval.messages=1000000000'])
    const bootstrapServers = `127.0.0.1:${broker.port}`
    const ours = new Producer({ bootstrapServers, batchSize: 16_384 })
    const theirs = new Kafka({ brokers: [bootstrapServers], logLevel: logLevel.NOTHING }).producer({
      createPartitioner: Partitioners.DefaultPartitioner,
    })
    await theirs.connect()
    await ours.send({ topic: TOPIC, value: VALUE })

    const many = Array.from({ length: RECORDS_PER_SEND }, () => ({ value: VALUE }))
    const one = [{ value: VALUE }]
    const times = <T>(count: number, send: () => Promise<T>) => Promise.all(Array.from({ length: count }, send))
    const cases: RateCase[] = [
      {
        case: `sends of ${RECORDS_PER_SEND}, ${SENDS_IN_FLIGHT} in flight`,
        unit: 'records/s',
        unitsPerCall: RECORDS_PER_SEND * SENDS_IN_FLIGHT,
        run: () => times(SENDS_IN_FLIGHT, () => ours.sendBatch(TOPIC, many)),
        peer: { name: PEER, run: () => times(SENDS_IN_FLIGHT, () => theirs.send({ topic: TOPIC, messages: many })) },
      },
      {
        case: `sends of ${RECORDS_PER_SEND}, awaited`,
        unit: 'records/s',
        unitsPerCall: RECORDS_PER_SEND,
        run: () => ours.sendBatch(TOPIC, many),
        peer: { name: PEER, run: () => theirs.send({ topic: TOPIC, messages: many }) },
      },
      {
        case: `single sends, ${SINGLE_SENDS_IN_FLIGHT} in flight`,
        unit: 'records/s',
        unitsPerCall: SINGLE_SENDS_IN_FLIGHT,
        run: () => times(SINGLE_SENDS_IN_FLIGHT, () => ours.send({ topic: TOPIC, value: VALUE })),
        peer: {
          name: PEER,
          run: () => times(SINGLE_SENDS_IN_FLIGHT, () => theirs.send({ topic: TOPIC, messages: one })),
        },
      },
      {
        case: 'single sends, awaited',
        unit: 'records/s',
        unitsPerCall: 1,
        run: () => ours.send({ topic: TOPIC, value: VALUE }),
        peer: { name: PEER, run: () => theirs.send({ topic: TOPIC, messages: one }) },
      },
    ]
    for (const rate of cases) await context.measureRate(rate)
    await ours.close()
    await theirs.disconnect()
    await broker.stop()
  },
}
