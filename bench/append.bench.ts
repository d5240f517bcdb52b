/**
 * Question: what does the log itself cost, without network and protocol?
 * Fixed: batches of 16 KB into one partition, in a fresh temporary directory, default settings but for the syncs.
 * Cases: append to the page cache, beside plain writes of the same bytes to a file; append with each batch durable, 64 at a time waiting; read from the end of the log, which
 * the page cache has, in pieces of 1 MB; start after a clean stop with 200 partitions; recovery after a kill.
 */
import assert from 'node:assert/strict'
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LOG_CONFIG, LogManager, type PartitionLog, resolveTopicConfig } from '@millrace/broker'
import { realPlatform } from '@millrace/platform'
import { parseConfig, RecordBatch, RecordBatchBuilder } from '@millrace/protocol'
import type { Benchmark, BenchmarkContext } from './harness.ts'

const BATCH_BYTES = 16 * 1024
const WAITING = 64
const READ_BYTES = 1 << 20
const TOPIC_ID = 'YmVuY2hiZW5jaGJlbmNoYg'

export const benchmark: Benchmark = {
  name: 'append',
  async run(context) {
    const directory = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
    try {
      await measureAppends(context, join(directory, 'append'))
      await measureStart(context, join(directory, 'start'))
      await measureRecovery(context, join(directory, 'recovery'))
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  },
}

const platform = realPlatform()

async function openLogs(directory: string, partitionCount: number, flushMessages: number): Promise<LogManager> {
  const config = parseConfig(LOG_CONFIG, { 'log.dirs': directory })
  const topicConfig = resolveTopicConfig(new Map([['flush.messages', String(flushMessages)]]), config)
  const logs = await LogManager.open(platform, config)
  const partitions = Array.from({ length: partitionCount }, (_, partition) => ({
    topic: 'bench',
    topicId: TOPIC_ID,
    partition,
    config: topicConfig,
  }))
  await logs.openAll(partitions)
  return logs
}

function sampleBatch(): RecordBatch {
  const builder = new RecordBatchBuilder({}, platform.codecs)
  const value = Buffer.alloc(1_000, 'x')
  while (builder.estimatedBytes + value.length < BATCH_BYTES)
    builder.append({ key: null, value, timestampMs: platform.clock.nowMs() })
  return new RecordBatch(builder.build())
}

async function measureAppends(context: BenchmarkContext, directory: string): Promise<void> {
  const batch = sampleBatch()
  const megabytes = batch.sizeInBytes / 1e6
  const appended = (log: PartitionLog, count: number) => {
    for (let index = 0; index < count; index++) log.append(batch, platform.clock.nowMs())
  }
  const cached = await openLogs(directory, 1, 2 ** 40)
  const log = cached.get('bench', 0)!
  const perCall = context.scaled(200, 10)
  const plain = openSync(`${directory}.plain`, 'w')
  await context.measureRate({
    case: 'append 16 KB batches, page cache',
    unit: 'MB/s',
    unitsPerCall: perCall * megabytes,
    run: () => appended(log, perCall),
    peer: {
      name: 'fs.writeSync',
      run: () => {
        for (let index = 0; index < perCall; index++) writeSync(plain, batch.buffer)
      },
    },
  })
  closeSync(plain)
  await measureReads(context, log)
  await cached.close()

  const durable = await openLogs(`${directory}-durable`, 1, 1)
  const durableLog = durable.get('bench', 0)!
  await context.measureRate({
    case: `append 16 KB batches, durable, ${WAITING} waiting`,
    unit: 'MB/s',
    unitsPerCall: WAITING * megabytes,
    run: () => {
      appended(durableLog, WAITING)
      return durableLog.synced(durableLog.logEndOffset)
    },
  })
  await durable.close()
}

async function measureReads(context: BenchmarkContext, log: PartitionLog): Promise<void> {
  const options = { isolation: 'read_uncommitted', minOneBatch: true } as const
  const first = await log.read(log.logEndOffset - 1, READ_BYTES, options)
  const recordsPerRead = Math.floor(READ_BYTES / first.sizeInBytes) * new RecordBatch(first.chunks[0]!).recordCount
  const reads = context.scaled(16, 1)
  const fromOffset = Math.max(0, log.logEndOffset - reads * recordsPerRead)
  const { sizeInBytes } = await log.read(fromOffset, READ_BYTES, options)
  await context.measureRate({
    case: 'read 1 MB, page cache',
    unit: 'MB/s',
    unitsPerCall: (reads * sizeInBytes) / 1e6,
    run: async () => {
      let bytes = 0
      for (let read = 0; read < reads; read++)
        bytes += (await log.read(fromOffset + read * recordsPerRead, READ_BYTES, options)).sizeInBytes
      assert.equal(bytes, reads * sizeInBytes)
    },
  })
}

async function measureStart(context: BenchmarkContext, directory: string): Promise<void> {
  const partitionCount = context.scaled(200, 2)
  const written = await openLogs(directory, partitionCount, 2 ** 40)
  for (const log of written.logs()) log.append(sampleBatch(), platform.clock.nowMs())
  await written.close()
  const startMs = performance.now()
  const logs = await openLogs(directory, partitionCount, 1)
  context.report({ case: 'start with 200 partitions', value: performance.now() - startMs, unit: 'ms' })
  await logs.close()
}

async function measureRecovery(context: BenchmarkContext, directory: string): Promise<void> {
  const written = await openLogs(directory, 1, 2 ** 40)
  const log = written.get('bench', 0)!
  for (let index = 0; index < context.scaled(16_000, 10); index++) log.append(sampleBatch(), platform.clock.nowMs())
  const { sizeInBytes, logEndOffset } = log
  written.halt()
  const startMs = performance.now()
  const logs = await openLogs(directory, 1, 1)
  const seconds = (performance.now() - startMs) / 1000
  assert.equal(logs.get('bench', 0)!.logEndOffset, logEndOffset)
  context.report({ case: 'recovery after a kill', value: sizeInBytes / 1e6 / seconds, unit: 'MB/s' })
  await logs.close()
}
