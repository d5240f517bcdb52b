/**
 * The logs of a running broker of Apache Kafka, shown by Kafka's own `kafka-dump-log` and by ours: every line is the same.
 * Indexes of a running broker end in space that it has set aside, which only ours passes over. `npm run interop:kafka`
 * starts the broker.
 */
import { spawnSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { dumpedText, dumpFile, type RecordDecoder } from '@millrace/broker'
import { Consumer, Producer } from '@millrace/client'
import { realPlatform } from '@millrace/platform'
import { beforeAll, describe, expect, test } from 'vitest'

const {
  MILLRACE_RUN_KAFKA: runKafka,
  MILLRACE_KAFKA_SERVERS: bootstrapServers,
  MILLRACE_KAFKA_DATA: data,
} = process.env
if (runKafka === undefined || bootstrapServers === undefined || data === undefined)
  throw new Error('there is no Kafka: use npm run interop:kafka')

const platform = realPlatform()
const TOPIC = `dumped-${process.pid}`

beforeAll(async () => {
  for (const compressionType of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
    const producer = new Producer({ bootstrapServers, compressionType })
    for (let index = 0; index < 50; index++)
      await producer.send({
        topic: TOPIC,
        key: index % 7 === 0 ? null : `key ${index}`,
        value: index % 11 === 0 ? null : 'wert '.repeat(index),
        headers: [{ key: 'codec', value: compressionType }],
      })
    await producer.close()
  }
  for (const verdict of ['commit', 'abort'] as const) {
    const producer = new Producer({ bootstrapServers, transactionalId: `${TOPIC}-${verdict}` })
    await producer.initTransactions()
    producer.beginTransaction()
    await producer.send({ topic: TOPIC, value: verdict })
    if (verdict === 'commit') await producer.commitTransaction()
    else await producer.abortTransaction()
    await producer.close()
  }
  const consumer = new Consumer({ bootstrapServers, groupId: TOPIC, autoOffsetReset: 'earliest' })
  await consumer.subscribe([TOPIC])
  while ((await consumer.poll({ maxWaitMs: 1_000 })).length === 0);
  await consumer.commit()
  await consumer.close()
}, 60_000)

function logsOf(topic: string): string[] {
  return readdirSync(data!)
    .filter(name => name.startsWith(`${topic}-`))
    .flatMap(name => readdirSync(join(data!, name)).map(file => join(data!, name, file)))
    .filter(path => /\.(?:log|txnindex|snapshot)$/.test(path) && statSync(path).size > 0)
}

function dumpedByKafka(paths: readonly string[], option: string): string {
  const args = ['tool', 'dump-log', option, '--files', paths.join(',')]
  const { status, stdout, stderr } = spawnSync(runKafka!, args, { encoding: 'utf8', maxBuffer: 1 << 28 })
  expect(status, stderr).toBe(0)
  return stdout
}

async function dumpedByUs(paths: readonly string[], decoder: RecordDecoder): Promise<string> {
  let text = ''
  for (const path of paths)
    await dumpFile(platform, path, { decoder }, dumped => {
      text += `${dumpedText(dumped, { skipRecordMetadata: false })}\n`
    })
  return text
}

describe("our dump of Kafka's logs is Kafka's", () => {
  test.each([
    { topic: TOPIC, option: '--print-data-log', decoder: 'text' },
    { topic: '__consumer_offsets', option: '--offsets-decoder', decoder: 'offsets' },
    { topic: '__transaction_state', option: '--transaction-log-decoder', decoder: 'transaction-log' },
  ] as const)('$topic', async ({ topic, option, decoder }) => {
    const paths = logsOf(topic)
    expect(paths.length).toBeGreaterThan(0)
    expect(await dumpedByUs(paths, decoder)).toBe(dumpedByKafka(paths, option))
  })
})
