import {
  batchesOf,
  decodeMetadataRecord,
  ErrorCode,
  encodeMetadataRecord,
  KafkaError,
  type MetadataRecord,
  type MetadataRecordInput,
  RecordBatch,
  RecordBatchBuilder,
} from '@millrace/protocol'
import { resolveTopicConfig } from '../config/topic-config.ts'
import type { LogManager, LogPlatform } from '../log/directory/log-manager.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import { MetadataImage } from './metadata-image.ts'
import { METADATA_TOPIC } from './topic-name.ts'

/** The id Kafka gives the metadata topic. */
const METADATA_TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ'
/** Changes that wait for the one under way. */
const MAX_WAITING_CHANGES = 10_000
const REPLAY_BYTES = 1024 * 1024

/** What a change decided: nothing has happened until the records are durable and replayed. */
export interface MetadataDecision<Result> {
  readonly records: readonly MetadataRecordInput[]
  readonly result: Result
}

/** `__cluster_metadata-0`: the database of topics, their ids and settings, and producer ids. Memory is a replay of it. */
export class MetadataLog {
  readonly image = new MetadataImage()
  private readonly listeners = new Set<(record: MetadataRecordInput) => void>()
  private lastChange: Promise<unknown> = Promise.resolve()
  private waitingChanges = 0

  private constructor(
    private readonly log: PartitionLog,
    private readonly platform: LogPlatform,
  ) {}

  /** Opens or creates the log in the first data directory and replays it. */
  static async open(logs: LogManager): Promise<MetadataLog> {
    // Whatever topics are told, the metadata are durable before anyone hears of a change.
    const overrides = new Map([
      ['flush.messages', '1'],
      ['retention.ms', '-1'],
      ['retention.bytes', '-1'],
      ['cleanup.policy', 'delete'],
    ])
    const config = resolveTopicConfig(overrides, logs.config)
    const log = await logs.openPartition({ topic: METADATA_TOPIC, topicId: METADATA_TOPIC_ID, partition: 0, config })
    const metadata = new MetadataLog(log, logs.platform)
    const removedTopicIds = new Set<string>()
    for await (const record of metadata.storedRecords()) {
      if (record.kind === 'RemoveTopicRecord') removedTopicIds.add(record.value.topicId)
      metadata.image.replay(record)
    }
    logs.retireTopics(removedTopicIds)
    return metadata
  }

  /** Grows with every change. */
  get highWatermark(): number {
    return this.log.highWatermark
  }
  get leaderEpoch(): number {
    return this.log.leaderEpoch
  }

  /**
   * Changes run one at a time: `decide` sees the image with all earlier changes in it, its records are appended, synced and
   * replayed, listeners called, then the promise resolves. Rejects with what `decide` throws, with KAFKA_STORAGE_ERROR, and with
   * THROTTLING_QUOTA_EXCEEDED when too many changes wait.
   */
  async change<Result>(decide: (image: MetadataImage) => MetadataDecision<Result>): Promise<Result> {
    if (this.waitingChanges >= MAX_WAITING_CHANGES)
      throw new KafkaError(ErrorCode.THROTTLING_QUOTA_EXCEEDED, `${this.waitingChanges} changes of metadata wait`)
    this.waitingChanges++
    const change = this.lastChange.then(() => this.perform(decide))
    this.lastChange = change.catch(() => {})
    try {
      return await change
    } finally {
      this.waitingChanges--
    }
  }

  /** Called after each replayed record of a change made by {@link change}. */
  onChange(listener: (record: MetadataRecordInput) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  private async perform<Result>(decide: (image: MetadataImage) => MetadataDecision<Result>): Promise<Result> {
    const { records, result } = decide(this.image)
    if (records.length === 0) return result
    const nowMs = this.platform.clock.nowMs()
    // One batch: after a crash all of its records are there, or none.
    const builder = new RecordBatchBuilder({}, this.platform.codecs)
    for (const record of records) builder.append({ key: null, value: encodeMetadataRecord(record), timestampMs: nowMs })
    const { lastOffset } = this.log.append(new RecordBatch(builder.build()), nowMs)
    await this.log.synced(lastOffset + 1)
    for (const record of records) {
      this.image.replay(record)
      for (const listener of this.listeners) listener(record)
    }
    return result
  }

  private async *storedRecords(): AsyncGenerator<MetadataRecord, void, undefined> {
    const { log } = this
    for (let offset = log.logStartOffset; offset < log.highWatermark; ) {
      const { chunks } = await log.read(offset, REPLAY_BYTES, { isolation: 'read_uncommitted', minOneBatch: true })
      for (const chunk of chunks)
        for (const batch of batchesOf(chunk)) {
          offset = batch.nextOffset
          if (batch.isControl) continue
          for (const { value } of batch.records(this.platform.codecs)) {
            const record = value === null ? undefined : decodeMetadataRecord(value)
            if (record !== undefined) yield record
          }
        }
    }
  }
}
