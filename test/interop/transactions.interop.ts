/**
 * Kafka's own programs in transactions against this broker: `kafka-producer-perf-test`, the system tests' transactional copier
 * with random aborts, `kafka-transactions`, and `kafka-dump-log` on `__transaction_state`. `npm run interop:kafka` says where
 * they are.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Broker } from '@millrace/broker'
import { Admin, Consumer, Producer } from '@millrace/client'
import { realPlatform } from '@millrace/platform'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kafkaTool } from './kafka-tool.ts'

const runKafka = process.env.MILLRACE_RUN_KAFKA
if (runKafka === undefined) throw new Error('MILLRACE_RUN_KAFKA names no script: use npm run interop:kafka')

const INPUT_RECORDS = 5_000

let directory: string
let broker: Broker
let bootstrapServers: string
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-interop-transactions-'))
  broker = await Broker.start({
    platform: realPlatform(),
    config: {
      'log.dirs': directory,
      listeners: 'PLAINTEXT://127.0.0.1:0',
      'transaction.state.log.num.partitions': 1,
      'offsets.topic.num.partitions': 1,
      'group.initial.rebalance.delay.ms': 0,
    },
  })
  bootstrapServers = broker.bootstrapServers
  await using admin = new Admin({ bootstrapServers })
  await admin.createTopics(['in', 'out', 'perf'].map(name => ({ name, numPartitions: 1 })))
})
afterAll(async () => {
  await broker.close()
  rmSync(directory, { recursive: true })
})

const transactions = (...options: string[]) =>
  kafkaTool('transactions', '--bootstrap-server', bootstrapServers, ...options)

async function committedValues(topic: string): Promise<string[]> {
  await using consumer = new Consumer({
    bootstrapServers,
    isolationLevel: 'read_committed',
    autoOffsetReset: 'earliest',
  })
  const at = { topic, partition: 0 }
  consumer.assign([at])
  consumer.seekToBeginning([at])
  const end = (await consumer.endOffsets([at])).get(topic, 0)!
  const values: string[] = []
  while ((await consumer.position(at)) < end)
    for (const { records } of await consumer.poll({ maxWaitMs: 500 }))
      for (const { value } of records) values.push(String(value))
  return values
}

test('the performance test of Kafka commits what it sends, each transaction under its own epoch', async () => {
  const printed = await kafkaTool(
    'producer-perf',
    ...['--bootstrap-server', bootstrapServers, '--topic', 'perf', '--num-records', '2000', '--record-size', '100'],
    ...['--throughput', '2000', '--transactional-id', 'perf', '--transaction-duration-ms', '100'],
    ...['--command-property', 'acks=all'],
  )
  expect(printed).toMatch(/2000 records sent/)
  expect(await committedValues('perf')).toHaveLength(2_000)
  const described = await transactions('describe', '--transactional-id', 'perf')
  const [, , , epoch, state] = described.trim().split('\n').at(-1)!.split(/\s+/)
  expect(state).toBe('CompleteCommit')
  expect(Number(epoch)).toBeGreaterThan(1)
})

test('the transactional copier copies everything once, whatever it aborts', async () => {
  await using producer = new Producer({ bootstrapServers })
  await producer.sendBatch(
    'in',
    Array.from({ length: INPUT_RECORDS }, (_, index) => ({ key: null, value: String(index), partition: 0 })),
  )
  await kafkaTool(
    'transactional-copier',
    ...['--broker-list', bootstrapServers, '--input-topic', 'in', '--input-partition', '0', '--output-topic', 'out'],
    ...['--max-messages', String(INPUT_RECORDS), '--transaction-size', '200', '--transactional-id', 'copier'],
    ...['--consumer-group', 'copiers', '--group-mode', '--use-group-metadata', '--enable-random-aborts'],
  )
  expect(await committedValues('out')).toEqual(Array.from({ length: INPUT_RECORDS }, (_, index) => String(index)))
  await using admin = new Admin({ bootstrapServers })
  const offsets = await admin.listConsumerGroupOffsets('copiers')
  expect([...offsets].map(([, { offset }]) => offset)).toEqual([INPUT_RECORDS])
})

describe('kafka-transactions', () => {
  test('ends a transaction that nobody ends', async () => {
    const producer = new Producer({ bootstrapServers, transactionalId: 'abandoned' })
    await producer.initTransactions()
    producer.beginTransaction()
    const { offset } = await producer.send({ topic: 'out', partition: 0, key: null, value: 'never' })
    expect(await transactions('list')).toMatch(/abandoned\s+1\s+\d+\s+Ongoing/)
    expect(await transactions('list', '--transactional-id-pattern', 'aban.*')).not.toMatch(/copier/)
    const where = ['--topic', 'out', '--partition', '0']
    expect(await transactions('describe-producers', ...where)).toMatch(new RegExp(`\\s${offset}\\s*\\n`))
    await transactions('abort', ...where, '--start-offset', String(offset))
    expect(await transactions('describe-producers', ...where)).not.toMatch(new RegExp(`\\s${offset}\\s*\\n`))
    expect(await committedValues('out')).toHaveLength(INPUT_RECORDS)
    await producer.close()
  })
})

test('kafka-dump-log reads the state of transactions', async () => {
  await broker.close()
  const log = join(directory, '__transaction_state-0', '00000000000000000000.log')
  const { stdout } = spawnSync(
    runKafka,
    ['tool', 'dump-log', '--files', log, '--transaction-log-decoder', '--deep-iteration'],
    { encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 },
  )
  expect(stdout).not.toMatch(/isvalid: false/)
  const states = [...stdout.matchAll(/"transactionalId":"perf"}} payload: .*?"transactionStatus":(\d)/g)].map(m => m[1])
  // Empty, then rounds of Ongoing, PrepareCommit, CompleteCommit.
  expect(states.slice(0, 4)).toEqual(['0', '1', '2', '4'])
  expect(states.length % 3).toBe(1)
})
