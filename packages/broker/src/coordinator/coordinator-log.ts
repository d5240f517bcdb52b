/**
 * The log of a coordinator, `__consumer_offsets` or `__transaction_state`: append records of one group or transactional id,
 * read a partition from its start. Each id has its partition, which is told by the hash Kafka uses.
 */
import type { Clock, Codecs, Timers } from '@millrace/platform'
import {
  batchesOf,
  type CoordinatorRecord,
  type CoordinatorRecordInput,
  type CoordinatorRecordTypes,
  decodeCoordinatorRecord,
  ErrorCode,
  encodeCoordinatorRecord,
  KafkaError,
  RecordBatch,
  RecordBatchBuilder,
} from '@millrace/protocol'
import type { PartitionLog } from '../log/partition-log.ts'
import { endMarkerIn, type TransactionVerdict } from '../log/producers/end-marker.ts'
import { NO_PRODUCER_ID, type RecordPlace } from '../log/record-place.ts'
import type { TopicImage } from '../metadata/metadata-image.ts'
import type { NewTopic } from '../topics/create-topic.ts'
import type { Topics } from '../topics/topics.ts'
import { coordinatorPartition } from './coordinator-partition.ts'

/** How much is replayed before other work gets its turn. */
const LOAD_SLICE_BYTES = 1024 * 1024

export interface CoordinatorLogPlatform {
  readonly clock: Clock
  readonly codecs: Codecs
  readonly timers: Timers
}

export interface CoordinatorLogOptions<Types extends CoordinatorRecordTypes> {
  readonly recordTypes: Types
  /** What the topic is created as when it is missing. */
  readonly topic: NewTopic
  /** Bytes read at once while loading. */
  readonly loadBufferBytes: number
  /** The version to write a record's value in; default: that of its type. */
  valueVersionOf?(record: CoordinatorRecordInput<Types>): number | undefined
}

/** The transaction that records belong to: they count once its marker says so. */
export interface TransactionalProducer {
  readonly producerId: number
  readonly producerEpoch: number
}

export interface AppendedRecords {
  /** Of the first record; the others follow it. */
  readonly baseOffset: number
  /** Rejects when the records never will be durable. */
  readonly durable: Promise<void>
}

/** Takes what a partition holds, oldest first. */
export interface CoordinatorReplay<Types extends CoordinatorRecordTypes> {
  record(record: CoordinatorRecord<Types>, place: RecordPlace): void
  /** The transaction of a producer ends. */
  transactionEnded?(producerId: number, verdict: TransactionVerdict): void
}

export class CoordinatorLog<Types extends CoordinatorRecordTypes> {
  constructor(
    private readonly topics: Topics,
    private readonly options: CoordinatorLogOptions<Types>,
    private readonly platform: CoordinatorLogPlatform,
  ) {}

  get topicName(): string {
    return this.options.topic.name
  }
  /** Undefined while there is no such topic. */
  get topic(): TopicImage | undefined {
    return this.topics.get(this.topicName)
  }

  /** Creates the topic if it is missing. Throws {@link KafkaError} COORDINATOR_NOT_AVAILABLE when that fails. */
  async ensureTopic(): Promise<void> {
    if (this.topic !== undefined) return
    try {
      await this.topics.create(this.options.topic)
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      // Another request was faster.
      if (error.errorCode !== ErrorCode.TOPIC_ALREADY_EXISTS)
        throw new KafkaError(ErrorCode.COORDINATOR_NOT_AVAILABLE, error.message)
    }
  }

  /** Undefined while the topic is missing. */
  partitionOf(id: string): number | undefined {
    return this.topic === undefined ? undefined : coordinatorPartition(id, this.topic.partitionCount)
  }

  /** Increased whenever an unclean stop may have lost records of the partition. Throws as {@link append} does. */
  coordinatorEpochOf(id: string): number {
    return this.logOf(id).leaderEpoch
  }

  /**
   * Appends the records at once, in as few batches as they fit in, as part of a transaction if a `producer` is given. Throws
   * {@link KafkaError} when not all were appended: MESSAGE_TOO_LARGE for a record that fits in no batch.
   */
  append(
    id: string,
    records: readonly CoordinatorRecordInput<Types>[],
    producer?: TransactionalProducer,
  ): AppendedRecords {
    const log = this.logOf(id)
    const nowMs = this.platform.clock.nowMs()
    const batches = this.batchesOf(records, nowMs, log.config['max.message.bytes'], producer)
    const baseOffset = log.logEndOffset
    let endOffset = baseOffset
    for (const batch of batches) endOffset = log.append(batch, nowMs).lastOffset + 1
    return { baseOffset, durable: log.synced(endOffset) }
  }

  private batchesOf(
    records: readonly CoordinatorRecordInput<Types>[],
    timestampMs: number,
    maxBytes: number,
    producer: TransactionalProducer | undefined,
  ): RecordBatch[] {
    const { codecs } = this.platform
    const options = producer === undefined ? {} : { ...producer, transactional: true }
    const batches: RecordBatch[] = []
    let builder = new RecordBatchBuilder(options, codecs)
    for (const record of records) {
      const { recordTypes, valueVersionOf } = this.options
      const row = { ...encodeCoordinatorRecord(recordTypes, record, valueVersionOf?.(record)), timestampMs }
      if (!builder.isEmpty && builder.estimatedBytesWith(row) > maxBytes) {
        batches.push(new RecordBatch(builder.build()))
        builder = new RecordBatchBuilder(options, codecs)
      }
      builder.append(row)
      if (builder.estimatedBytes > maxBytes) throw new KafkaError(ErrorCode.MESSAGE_TOO_LARGE)
    }
    batches.push(new RecordBatch(builder.build()))
    return batches
  }

  /** Hands out each record of the partition, oldest first, in slices. Throws what reading throws. */
  async load(partition: number, replay: CoordinatorReplay<Types>): Promise<void> {
    const log = this.topics.log(this.topicName, partition)
    if (log === undefined) return
    let sliceBytes = 0
    for (let offset = log.logStartOffset; offset < log.highWatermark; ) {
      const chunks = await this.readFrom(log, offset)
      for (const chunk of chunks)
        for (const batch of batchesOf(chunk)) {
          offset = batch.nextOffset
          this.replay(batch, replay)
          sliceBytes += batch.sizeInBytes
          if (sliceBytes < LOAD_SLICE_BYTES) continue
          sliceBytes = 0
          await new Promise<void>(resolve => this.platform.timers.soon(resolve))
        }
    }
  }

  private replay(batch: RecordBatch, replay: CoordinatorReplay<Types>): void {
    const { codecs } = this.platform
    if (batch.isControl) {
      const marker = endMarkerIn(batch, codecs)
      if (marker !== undefined) replay.transactionEnded?.(marker.producerId, marker.verdict)
      return
    }
    const producerId = batch.isTransactional ? batch.producerId : NO_PRODUCER_ID
    for (const { key, value, offset } of batch.records(codecs)) {
      const record = key === null ? undefined : decodeCoordinatorRecord(this.options.recordTypes, key, value)
      if (record !== undefined) replay.record(record, { recordOffset: offset, producerId })
    }
  }

  private async readFrom(log: PartitionLog, offset: number): Promise<readonly Buffer[]> {
    const maxBytes = this.options.loadBufferBytes
    const { chunks } = await log.read(offset, maxBytes, { isolation: 'read_uncommitted', minOneBatch: true })
    if (chunks.length === 0) throw new KafkaError(ErrorCode.CORRUPT_MESSAGE, `${log.name} ends at ${offset}`)
    return chunks
  }

  private logOf(id: string): PartitionLog {
    const log = this.topics.log(this.topicName, this.partitionOf(id) ?? -1)
    if (log === undefined) throw new KafkaError(ErrorCode.COORDINATOR_NOT_AVAILABLE)
    return log
  }
}

/** The disk is to blame, not the log that is on it. */
export function isStorageFailure(error: unknown): boolean {
  return error instanceof KafkaError && error.errorCode === ErrorCode.KAFKA_STORAGE_ERROR
}
