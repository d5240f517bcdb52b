/**
 * Question: how fast is a compacted log cleaned, and what do producers notice of it?
 * Fixed: one partition in a fresh temporary directory, segments of 8 MB, 50 000 keys that recur at random, batches of 16 KB.
 * Cases: a pass over small records, over 1 KB records, over compressed ones (MB of log read per second); the 99th percentile of
 * a durable append of 1 KB, one every 2 ms, without and with passes over another partition beside it.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type CompactionReport,
  LOG_CONFIG,
  LogCleaner,
  LogManager,
  type PartitionLog,
  resolveTopicConfig,
} from '@millrace/broker'
import { realPlatform } from '@millrace/platform'
import { type Compression, parseConfig, RecordBatch, RecordBatchBuilder } from '@millrace/protocol'
import type { Benchmark, BenchmarkContext } from './harness.ts'

const TOPIC_ID = 'YmVuY2hiZW5jaGJlbmNoYg'
const KEYS = 50_000
const BATCH_BYTES = 16 * 1024
const APPEND_EVERY_MS = 2

export const benchmark: Benchmark = {
  name: 'compaction',
  async run(context) {
    const directory = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
    try {
      await measurePass(context, join(directory, 'small'), { case: 'pass over 100 B records', valueBytes: 100 })
      await measurePass(context, join(directory, 'large'), { case: 'pass over 1 KB records', valueBytes: 1_000 })
      await measurePass(context, join(directory, 'lz4'), {
        case: 'pass over 100 B records, lz4',
        valueBytes: 100,
        compression: 'lz4',
      })
      await measureAppends(context, join(directory, 'beside'))
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  },
}

interface Contents {
  readonly valueBytes: number
  readonly compression?: Compression
}

const platform = realPlatform()

class CompactedLogs {
  private constructor(
    readonly logs: LogManager,
    private readonly cleaner: LogCleaner,
  ) {}

  static async open(
    directory: string,
    segmentBytes: number,
    onReport: (report: CompactionReport) => void,
  ): Promise<CompactedLogs> {
    const config = parseConfig(LOG_CONFIG, { 'log.dirs': directory, 'log.cleaner.backoff.ms': 1 })
    const settings = {
      'cleanup.policy': 'compact',
      'min.cleanable.dirty.ratio': '0.01',
      'segment.bytes': String(segmentBytes),
      'flush.messages': '1',
    }
    const logs = await LogManager.open(platform, config)
    const partitions = [0, 1].map(partition => ({
      topic: 'bench',
      topicId: TOPIC_ID,
      partition,
      config: resolveTopicConfig(new Map(Object.entries(settings)), config),
    }))
    await logs.openAll(partitions)
    return new CompactedLogs(logs, new LogCleaner(logs, onReport))
  }

  partition(partition: number): PartitionLog {
    return this.logs.get('bench', partition)!
  }

  startCleaner(): void {
    this.cleaner.start()
  }

  async close(): Promise<void> {
    await this.cleaner.stop()
    await this.logs.close()
  }
}

function segmentBytes(context: BenchmarkContext): number {
  return context.scaled(8, 1) * 1024 * 1024
}

/** Keys recur in an order that is the same in each run. */
async function fill(
  log: PartitionLog,
  megabytes: number,
  { valueBytes, compression = 'none' }: Contents,
): Promise<void> {
  let key = 1
  for (let written = 0; written < megabytes * 1e6; ) {
    const builder = new RecordBatchBuilder({ compression }, platform.codecs)
    while (builder.estimatedBytes < BATCH_BYTES) {
      key = (key * 48_271) % 2_147_483_647
      const value = Buffer.alloc(valueBytes, `${key} `)
      builder.append({ key: Buffer.from(`key-${key % KEYS}`), value, timestampMs: platform.clock.nowMs() })
    }
    const batch = new RecordBatch(builder.build())
    written += batch.sizeInBytes
    log.append(batch, platform.clock.nowMs())
  }
  await log.synced(log.logEndOffset)
}

async function measurePass(
  context: BenchmarkContext,
  directory: string,
  what: Contents & { case: string },
): Promise<void> {
  let onReport: (report: CompactionReport) => void = () => {}
  const reported = new Promise<CompactionReport>(resolve => {
    onReport = resolve
  })
  const logs = await CompactedLogs.open(directory, segmentBytes(context), report => onReport(report))
  await fill(logs.partition(0), context.scaled(128, 1.3), what)
  logs.startCleaner()
  const report = await reported
  await logs.close()
  assert.equal(report.kind, 'compacted')
  assert(report.keptBytes < report.readBytes)
  context.report({ case: what.case, value: report.readBytes / 1e3 / report.durationMs, unit: 'MB/s' })
}

async function measureAppends(context: BenchmarkContext, directory: string): Promise<void> {
  let passes = 0
  const logs = await CompactedLogs.open(directory, segmentBytes(context), () => passes++)
  await fill(logs.partition(0), context.scaled(256, 1.3), { valueBytes: 100 })
  const count = context.scaled(1_000, 20)
  const alone = await appendTimes(logs.partition(1), count)
  logs.startCleaner()
  const beside = await appendTimes(logs.partition(1), count)
  await logs.close()
  context.report({ case: 'append p99, alone', value: percentile99(alone), unit: 'ms' })
  context.report({ case: 'append p99, beside a pass', value: percentile99(beside), unit: 'ms' })
}

async function appendTimes(log: PartitionLog, count: number): Promise<number[]> {
  const times: number[] = []
  for (let index = 0; index < count; index++) {
    const builder = new RecordBatchBuilder({}, platform.codecs)
    builder.append({ key: Buffer.from('key'), value: Buffer.alloc(1_000), timestampMs: platform.clock.nowMs() })
    const batch = new RecordBatch(builder.build())
    // From when it was due: waiting for the event loop counts.
    const dueMs = platform.clock.monotonicMs() + APPEND_EVERY_MS
    await platform.timers.sleep(APPEND_EVERY_MS)
    log.append(batch, platform.clock.nowMs())
    await log.synced(log.logEndOffset)
    times.push(platform.clock.monotonicMs() - dueMs)
  }
  return times
}

function percentile99(times: number[]): number {
  return times.sort((a, b) => a - b)[Math.floor(times.length * 0.99)]!
}
