/** `__consumer_offsets` as the group coordinator uses it: append records of a group, read a partition from its start. */
import type { Clock, Codecs, Timers } from '@millrace/platform'
import {
  batchesOf,
  decodeCoordinatorRecord,
  ErrorCode,
  encodeCoordinatorRecord,
  GROUP_RECORDS,
  type GroupRecord,
  KafkaError,
  RecordBatch,
  RecordBatchBuilder,
} from '@millrace/protocol'
import type { BrokerConfig } from '../config/broker-config.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import type { TopicImage } from '../metadata/metadata-image.ts'
import { OFFSETS_TOPIC } from '../metadata/topic-name.ts'
import type { Topics } from '../topics/topics.ts'
import { offsetsTopic, partitionOfGroup } from './offsets-topic.ts'

/** Offsets with an expiry of their own need the one version of the value that has a field for it. */
const VERSION_WITH_EXPIRY = 1
/** How much is replayed before other work gets its turn. */
const LOAD_SLICE_BYTES = 1024 * 1024

export interface GroupLogPlatform {
  readonly clock: Clock
  readonly codecs: Codecs
  readonly timers: Timers
}

export class GroupLog {
  constructor(
    private readonly topics: Topics,
    private readonly config: BrokerConfig,
    private readonly platform: GroupLogPlatform,
  ) {}

  /** Undefined while there is no `__consumer_offsets`. */
  get topic(): TopicImage | undefined {
    return this.topics.get(OFFSETS_TOPIC)
  }

  /** Creates the topic if it is missing. Throws {@link KafkaError} COORDINATOR_NOT_AVAILABLE when that fails. */
  async ensureTopic(): Promise<void> {
    if (this.topic !== undefined) return
    try {
      await this.topics.create(offsetsTopic(this.config))
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      // Another request was faster.
      if (error.errorCode !== ErrorCode.TOPIC_ALREADY_EXISTS)
        throw new KafkaError(ErrorCode.COORDINATOR_NOT_AVAILABLE, error.message)
    }
  }

  /** Undefined while the topic is missing. */
  partitionOf(groupId: string): number | undefined {
    return this.topic === undefined ? undefined : partitionOfGroup(groupId, this.topic.partitionCount)
  }

  /**
   * Appends the records at once, in as few batches as they fit in. The promise resolves when they are durable and rejects
   * when they never will be. Throws {@link KafkaError} when not all were appended: MESSAGE_TOO_LARGE for a record
   * that fits in no batch.
   */
  append(groupId: string, records: readonly GroupRecord[]): Promise<void> {
    const log = this.topics.log(OFFSETS_TOPIC, this.partitionOf(groupId) ?? -1)
    if (log === undefined) throw new KafkaError(ErrorCode.COORDINATOR_NOT_AVAILABLE)
    const nowMs = this.platform.clock.nowMs()
    const maxBytes = log.config['max.message.bytes']
    let builder = new RecordBatchBuilder({}, this.platform.codecs)
    const batches: RecordBatch[] = []
    for (const record of records) {
      const row = { ...encodeGroupRecord(record), timestampMs: nowMs }
      if (!builder.isEmpty && builder.estimatedBytesWith(row) > maxBytes) {
        batches.push(new RecordBatch(builder.build()))
        builder = new RecordBatchBuilder({}, this.platform.codecs)
      }
      builder.append(row)
      if (builder.estimatedBytes > maxBytes) throw new KafkaError(ErrorCode.MESSAGE_TOO_LARGE)
    }
    batches.push(new RecordBatch(builder.build()))
    let endOffset = 0
    for (const batch of batches) endOffset = log.append(batch, nowMs).lastOffset + 1
    return log.synced(endOffset)
  }

  /** Calls `replay` with each record of the partition, oldest first, in slices. Throws what reading throws. */
  async load(partition: number, replay: (record: GroupRecord) => void): Promise<void> {
    const log = this.topics.log(OFFSETS_TOPIC, partition)
    if (log === undefined) return
    const { codecs } = this.platform
    let sliceBytes = 0
    for (let offset = log.logStartOffset; offset < log.highWatermark; ) {
      const chunks = await this.readFrom(log, offset)
      for (const chunk of chunks)
        for (const batch of batchesOf(chunk)) {
          offset = batch.nextOffset
          if (batch.isControl) continue
          for (const { key, value } of batch.records(codecs)) {
            const record = key === null ? undefined : decodeCoordinatorRecord(GROUP_RECORDS, key, value)
            if (record !== undefined) replay(record)
          }
          sliceBytes += batch.sizeInBytes
          if (sliceBytes < LOAD_SLICE_BYTES) continue
          sliceBytes = 0
          await new Promise<void>(resolve => this.platform.timers.soon(resolve))
        }
    }
  }

  private async readFrom(log: PartitionLog, offset: number): Promise<readonly Buffer[]> {
    const maxBytes = this.config['offsets.load.buffer.size']
    const { chunks } = await log.read(offset, maxBytes, { isolation: 'read_uncommitted', minOneBatch: true })
    if (chunks.length === 0) throw new KafkaError(ErrorCode.CORRUPT_MESSAGE, `${OFFSETS_TOPIC} ends at ${offset}`)
    return chunks
  }
}

function encodeGroupRecord(record: GroupRecord): { key: Buffer; value: Buffer | null } {
  const hasExpiry = record.kind === 'OffsetCommit' && (record.value?.expireTimestamp ?? -1) >= 0
  return encodeCoordinatorRecord(GROUP_RECORDS, record, hasExpiry ? VERSION_WITH_EXPIRY : undefined)
}
