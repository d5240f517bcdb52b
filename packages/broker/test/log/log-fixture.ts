import { createCodecs, type Platform } from '@millrace/platform'
import { batchesOf, parseConfig, RecordBatch, RecordBatchBuilder } from '@millrace/protocol'
import { LOG_CONFIG, type LogConfig } from '../../src/config/log-config.ts'
import { resolveTopicConfig, type TopicConfig } from '../../src/config/topic-config.ts'
import type { PartitionLog } from '../../src/log/partition-log.ts'

export const codecs = await createCodecs()

export function logConfig(overrides: Readonly<Record<string, unknown>> = {}): LogConfig {
  return parseConfig(LOG_CONFIG, overrides)
}

/** Settings of a topic. Values that Kafka would refuse are fine: small segments make short tests. */
export function topicConfig(overrides: Partial<TopicConfig> = {}): TopicConfig {
  return { ...resolveTopicConfig(new Map(), logConfig()), ...overrides }
}

export interface BatchSpec {
  readonly values: readonly string[]
  readonly timestampMs?: number
  readonly producerId?: number
  readonly producerEpoch?: number
  readonly baseSequence?: number
  readonly transactional?: boolean
  readonly compression?: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
}

export function batchOf({ values, timestampMs = 1_000, ...options }: BatchSpec): RecordBatch {
  const builder = new RecordBatchBuilder(options, codecs)
  for (const value of values) builder.append({ key: null, value: Buffer.from(value), timestampMs })
  return new RecordBatch(builder.build())
}

export interface StoredRecord {
  readonly offset: number
  readonly value: string
}

/** Everything a reader may see from `offset` on, read `maxBytes` at a time; checksums are checked. */
export async function recordsIn(
  log: PartitionLog,
  offset = log.logStartOffset,
  maxBytes = 1 << 20,
): Promise<StoredRecord[]> {
  const records: StoredRecord[] = []
  for (let next = offset; next < log.highWatermark; ) {
    const { chunks } = await log.read(next, maxBytes, { isolation: 'read_uncommitted', minOneBatch: true })
    for (const chunk of chunks)
      for (const batch of batchesOf(chunk)) {
        if (!batch.hasValidChecksum(codecs)) throw new Error(`bad checksum at ${batch.baseOffset}`)
        for (const record of batch.records(codecs))
          if (record.offset >= next) records.push({ offset: record.offset, value: String(record.value) })
        next = batch.nextOffset
      }
  }
  return records
}

export type LogPlatform = Pick<Platform, 'clock' | 'timers' | 'random' | 'files' | 'codecs'>
