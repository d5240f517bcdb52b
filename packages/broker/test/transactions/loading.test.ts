import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { realPlatform } from '@millrace/platform'
import {
  ErrorCode,
  encodeCoordinatorRecord,
  RecordBatch,
  RecordBatchBuilder,
  TRANSACTION_RECORDS,
} from '@millrace/protocol'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parseBrokerConfig } from '../../src/config/broker-config.ts'
import { GroupCoordinator } from '../../src/coordinator/group-coordinator.ts'
import { GroupLog } from '../../src/coordinator/group-log.ts'
import { LogManager } from '../../src/log/directory/log-manager.ts'
import { MetadataLog } from '../../src/metadata/metadata-log.ts'
import { ProducerIds } from '../../src/metadata/producer-ids.ts'
import { TRANSACTIONS_TOPIC } from '../../src/metadata/topic-name.ts'
import { Topics } from '../../src/topics/topics.ts'
import { MarkerWriter } from '../../src/transactions/coordinator/marker-writer.ts'
import { TransactionCoordinator } from '../../src/transactions/coordinator/transaction-coordinator.ts'
import { TransactionLog } from '../../src/transactions/coordinator/transaction-log.ts'
import { NO_PARTITIONS } from '../../src/transactions/topic-partitions.ts'
import type { Transaction } from '../../src/transactions/transaction.ts'
import { transactionRecord } from '../../src/transactions/transaction-record.ts'
import { sampleTransaction } from './sample-transaction.ts'

const platform = realPlatform()

let directory: string
let bugs: unknown[]
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-transactions-'))
  bugs = []
})
afterEach(() => rmSync(directory, { recursive: true }))

async function open() {
  const config = parseBrokerConfig({ 'log.dirs': directory, 'transaction.state.log.num.partitions': 1 })
  const logs = await LogManager.open(platform, config)
  const metadata = await MetadataLog.open(logs)
  const topics = new Topics(metadata, logs, config, platform.random)
  await logs.openAll(topics.partitions())
  const onBug = (error: unknown) => bugs.push(error)
  const groups = new GroupCoordinator(
    new GroupLog(topics, config, platform),
    config,
    () => metadata.image,
    platform,
    onBug,
  )
  const log = new TransactionLog(topics, config, platform)
  const markers = new MarkerWriter(topics, groups, platform)
  const producerIds = new ProducerIds(metadata, config['node.id'])
  const transactions = new TransactionCoordinator({ log, markers, producerIds }, config, platform, onBug)
  const close = async () => {
    transactions.close()
    groups.close()
    await logs.close()
  }
  return { transactions, topics, log, close }
}

const init = { transactionalId: 'x', timeoutMs: 1_000, expected: undefined }

/** A broker that starts with these in its log. */
async function openWith(...past: Transaction[]) {
  const before = await open()
  await before.transactions.ensureAvailable()
  await before.log.append('x', past.map(transactionRecord)).durable
  await before.close()
  const opened = await open()
  await opened.transactions.load()
  return opened
}

test('without the topic there is no coordinator', async () => {
  const { transactions, close } = await open()
  await transactions.load()
  expect(await transactions.initProducerId(init)).toBe(ErrorCode.NOT_COORDINATOR)
  expect(transactions.describe('x').errorCode).toBe(ErrorCode.NOT_COORDINATOR)
  await close()
})

test('while a partition is replayed, requests for its ids are put off as Kafka does', async () => {
  const first = await open()
  await first.transactions.ensureAvailable()
  await first.transactions.load()
  expect(await first.transactions.initProducerId(init)).toEqual({ producerId: 0, producerEpoch: 0 })
  await first.close()

  const { transactions, close } = await open()
  const loaded = transactions.load()
  const writer = { producerId: 0, producerEpoch: 0 }
  expect(transactions.isLoading).toBe(true)
  expect(await transactions.initProducerId(init)).toBe(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)
  await loaded
  expect(transactions.isLoading).toBe(false)
  expect(transactions.describe('x').transaction).toMatchObject({ state: 'Empty', producerEpoch: 0 })
  expect(await transactions.addPartitions('x', writer, NO_PARTITIONS, 0)).toBe(ErrorCode.NONE)
  await close()
  expect(bugs).toEqual([])
  expect(transactions.describe('x').errorCode).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE)
})

test('a producer whose epochs are used up gets another id', async () => {
  const used = sampleTransaction('Empty', { producerEpoch: 32_766 })
  const { transactions, close } = await openWith(used)
  expect(await transactions.initProducerId(init)).toEqual({ producerId: 0, producerEpoch: 0 })
  const expected = { producerId: used.producerId, producerEpoch: 32_766 }
  // The request named no producer, so that the one before is fenced.
  expect(await transactions.initProducerId({ ...init, expected })).toBe(ErrorCode.PRODUCER_FENCED)
  await close()
})

test('the last transaction of a producer id ends with another one', async () => {
  const last = sampleTransaction('Ongoing', { producerEpoch: 32_766, partitions: NO_PARTITIONS })
  const { transactions, topics, close } = await openWith(last)
  const writer = { producerId: last.producerId, producerEpoch: 32_766 }
  const end = { ...writer, verdict: 'commit', clientTransactionVersion: 2 } as const
  const next = { producerId: 0, producerEpoch: 0 }
  expect(await transactions.endTransaction('x', end)).toEqual(next)
  // With the new id the producer goes on at once.
  await topics.create({ name: 't', partitionCount: 1, replicationFactor: 1, assignments: [], configs: [] })
  expect(await transactions.addAndVerify('x', next, new Map([['t', new Set([0])]]))).toBe(ErrorCode.NONE)
  expect(transactions.describe('x').transaction).toMatchObject({
    state: 'Ongoing',
    previousProducerId: last.producerId,
  })
  await close()
  expect(bugs).toEqual([])
})

test.each(['PrepareCommit', 'PrepareAbort'] as const)('a start completes what is %s', async state => {
  const { transactions, close } = await openWith(sampleTransaction(state))
  const completed = () => transactions.describe('x').transaction!.state
  while (completed() === state) await platform.timers.sleep(1)
  expect(completed()).toBe(state === 'PrepareCommit' ? 'CompleteCommit' : 'CompleteAbort')
  await close()
  expect(bugs).toEqual([])
})

test('a partition that cannot be read has no coordinator', async () => {
  const first = await open()
  await first.transactions.ensureAvailable()
  const { key } = encodeCoordinatorRecord(TRANSACTION_RECORDS, transactionRecord(sampleTransaction('Empty')))
  const builder = new RecordBatchBuilder({}, platform.codecs)
  builder.append({ key, value: Buffer.from([0, 9]), timestampMs: 0 })
  const log = first.topics.log(TRANSACTIONS_TOPIC, 0)!
  await log.synced(log.append(new RecordBatch(builder.build()), 0).lastOffset + 1)
  await first.close()
  const { transactions, close } = await open()
  await transactions.load()
  expect(await transactions.initProducerId(init)).toBe(ErrorCode.NOT_COORDINATOR)
  expect(bugs).toHaveLength(1)
  await close()
})
