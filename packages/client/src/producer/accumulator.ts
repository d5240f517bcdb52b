/**
 * Where records wait until they are sent: in batches per partition, and before that, while their topic's metadata is not
 * known, in a list per topic. Pure: time and metadata come in as arguments. Records of one partition leave in the order
 * they came, whatever they wait for.
 */
import {
  BATCH_HEADER_BYTES,
  type BatchCodecs,
  type Compression,
  MillraceError,
  type NewRecord,
} from '@millrace/protocol'
import type { TopicMetadata } from '../cluster/metadata.ts'
import { TopicPartitionMap } from '../cluster/topic-partition.ts'
import { TimeoutError } from '../errors/client-errors.ts'
import { type Numbering, PartitionQueue } from './partition-queue.ts'
import type { DefaultPartitioner, Partitioner } from './partitioner.ts'
import { ProducerBatch } from './producer-batch.ts'
import { InvalidRecordError } from './producer-errors.ts'
import type { SendListener } from './producer-record.ts'

/** A new batch starts with this much memory unless `batch.size` is smaller; it grows as it fills. */
const INITIAL_BATCH_BYTES = 4096
/** Batch header, and what a request says about a partition besides the batch. */
export const BATCH_OVERHEAD_BYTES = BATCH_HEADER_BYTES + 32

export interface AccumulatorSettings {
  readonly batchSizeBytes: number
  readonly maxRequestBytes: number
  readonly compression: Compression
  readonly numbering: Numbering
  readonly maxBlockMs: number
}

/** A record on its way in, checked and encoded. */
export interface PreparedRecord extends NewRecord {
  readonly topic: string
  /** Null: the partitioner decides. */
  readonly partition: number | null
  /** An estimate for the budgets. */
  readonly sizeInBytes: number
}

interface UnplacedRecord {
  readonly record: PreparedRecord
  readonly listener: SendListener | undefined
  readonly staysTogether: boolean
  readonly sinceMs: number
}

export class Accumulator {
  /** Bytes of records whose outcome is not known yet. */
  bufferedBytes = 0
  /** Queues with batches, the one served longest ago first. */
  readonly active = new Set<PartitionQueue<ProducerBatch>>()
  private readonly queues = new TopicPartitionMap<PartitionQueue<ProducerBatch>>()
  private readonly unplaced = new Map<string, UnplacedRecord[]>()
  private readonly placedCallbacks = new Map<string, (() => void)[]>()

  constructor(
    private readonly settings: AccumulatorSettings,
    private readonly defaultPartitioner: DefaultPartitioner,
    private readonly partitioner: Partitioner | undefined,
    private readonly codecs: BatchCodecs,
    /** Hears of records that failed before they were in a batch. */
    private readonly onFailed: (error: MillraceError) => void,
  ) {}

  /** Topics that records wait for. */
  get unplacedTopics(): Iterable<string> {
    return this.unplaced.keys()
  }
  get isEmpty(): boolean {
    return this.active.size === 0 && this.unplaced.size === 0
  }

  /**
   * Takes a record in. `topic` is what is known of its topic; undefined makes it wait for {@link place}. With
   * `staysTogether` it joins the batch before it even beyond `batch.size`. True when there is news for the sender: a new
   * batch or topic, or a batch that got full.
   */
  append(
    record: PreparedRecord,
    listener: SendListener | undefined,
    topic: TopicMetadata | undefined,
    nowMs: number,
    staysTogether = false,
  ): boolean {
    this.bufferedBytes += record.sizeInBytes
    const waiting = this.unplaced.get(record.topic)
    if (waiting !== undefined) {
      waiting.push({ record, listener, staysTogether, sinceMs: nowMs })
      return false
    }
    if (topic === undefined) {
      this.unplaced.set(record.topic, [{ record, listener, staysTogether, sinceMs: nowMs }])
      return true
    }
    return this.put(record, listener, topic, nowMs, staysTogether)
  }

  /** The metadata of a topic is there: its records find their partitions, in order. */
  place(topic: TopicMetadata, nowMs: number): void {
    const waiting = this.unplaced.get(topic.name)
    if (waiting === undefined) return
    this.unplaced.delete(topic.name)
    for (const { record, listener, staysTogether } of waiting) this.put(record, listener, topic, nowMs, staysTogether)
    this.placed(topic.name)
  }

  /** A topic cannot be used: its waiting records fail. */
  refuseTopic(topic: string, error: MillraceError): void {
    const waiting = this.unplaced.get(topic)
    if (waiting === undefined) return
    this.unplaced.delete(topic)
    for (const { record, listener } of waiting) this.fail(record, listener, error)
    this.placed(topic)
  }

  /** Records that waited for their topic for longer than `max.block.ms` fail. Returns when the next one is due. */
  expireUnplaced(nowMs: number, causeOf: (topic: string) => Error | undefined): number {
    let nextMs = Number.POSITIVE_INFINITY
    for (const [topic, waiting] of this.unplaced) {
      const late = waiting.findIndex(({ sinceMs }) => sinceMs + this.settings.maxBlockMs > nowMs)
      const expired = waiting.splice(0, late < 0 ? waiting.length : late)
      if (expired.length > 0) {
        const error = new TimeoutError(`finding topic ${topic}`, this.settings.maxBlockMs, { cause: causeOf(topic) })
        for (const { record, listener } of expired) this.fail(record, listener, error)
      }
      const first = waiting[0]
      if (first !== undefined) nextMs = Math.min(nextMs, first.sinceMs + this.settings.maxBlockMs)
      else {
        this.unplaced.delete(topic)
        this.placed(topic)
      }
    }
    return nextMs
  }

  /** Resolves when no record that waits for its topic's metadata now does so any more. */
  async whenPlaced(): Promise<void> {
    await Promise.all(
      [...this.unplaced.keys()].map(
        topic =>
          new Promise<void>(resolve => {
            const callbacks = this.placedCallbacks.get(topic)
            if (callbacks === undefined) this.placedCallbacks.set(topic, [resolve])
            else callbacks.push(resolve)
          }),
      ),
    )
  }

  /** Closes the open batches and returns all that are on their way. */
  closeBatches(): ProducerBatch[] {
    const batches: ProducerBatch[] = []
    for (const queue of this.active) {
      for (const batch of queue.all) {
        batch.isOpen = false
        batches.push(batch)
      }
    }
    return batches
  }

  /** The outcome of a batch is known and it has left its queue. */
  release(queue: PartitionQueue<ProducerBatch>, batch: ProducerBatch): void {
    this.bufferedBytes -= batch.bufferedBytes
    if (queue.isEmpty) this.active.delete(queue)
  }

  /** Gives up what was never sent, and what never will be. */
  drop(error: MillraceError): void {
    for (const topic of [...this.unplaced.keys()]) this.refuseTopic(topic, error)
    for (const queue of [...this.active]) {
      for (const batch of queue.drop()) {
        this.release(queue, batch)
        batch.failed(error)
      }
    }
  }

  /** Gives up everything. */
  abandon(error: MillraceError): void {
    for (const topic of [...this.unplaced.keys()]) this.refuseTopic(topic, error)
    for (const queue of [...this.active]) {
      for (const batch of queue.abandon()) {
        this.release(queue, batch)
        batch.failed(error)
      }
    }
  }

  /** Puts a queue behind the others: it has had its turn. */
  rotate(queue: PartitionQueue<ProducerBatch>): void {
    if (this.active.delete(queue)) this.active.add(queue)
  }

  private put(
    record: PreparedRecord,
    listener: SendListener | undefined,
    topic: TopicMetadata,
    nowMs: number,
    staysTogether: boolean,
  ): boolean {
    let queue: PartitionQueue<ProducerBatch>
    try {
      queue = this.queueOf(record, topic)
    } catch (error) {
      this.fail(record, listener, error instanceof MillraceError ? error : invalid(record, error))
      return false
    }
    const newest = queue.newest
    if (newest?.isOpen === true) {
      const limit = staysTogether ? this.settings.maxRequestBytes - BATCH_OVERHEAD_BYTES : this.settings.batchSizeBytes
      if (newest.sizeWith(record) <= limit) {
        newest.append(record, listener)
        newest.bufferedBytes += record.sizeInBytes
        return false
      }
      newest.isOpen = false
    }
    const initialBytes = Math.max(Math.min(INITIAL_BATCH_BYTES, this.settings.batchSizeBytes), record.sizeInBytes + 128)
    const batch = new ProducerBatch(
      queue.topic,
      queue.partition,
      nowMs,
      { compression: this.settings.compression, transactional: this.settings.numbering === 'perTransaction' },
      this.codecs,
      initialBytes,
    )
    batch.append(record, listener)
    batch.bufferedBytes = record.sizeInBytes
    queue.push(batch)
    this.active.add(queue)
    return true
  }

  private queueOf(record: PreparedRecord, topic: TopicMetadata): PartitionQueue<ProducerBatch> {
    const { partitions } = topic
    const partition =
      record.partition ??
      this.partitioner?.(record, partitions) ??
      this.defaultPartitioner.partition(record, record.sizeInBytes, partitions)
    if (!Number.isInteger(partition) || partition < 0 || partition >= partitions.length)
      throw new InvalidRecordError(
        topic.name,
        `partition ${partition} does not exist, there are ${partitions.length} partitions`,
      )
    let queue = this.queues.get(topic.name, partition)
    if (queue === undefined) {
      queue = new PartitionQueue(topic.name, partition, this.settings.numbering)
      this.queues.set(topic.name, partition, queue)
    }
    return queue
  }

  private fail(record: PreparedRecord, listener: SendListener | undefined, error: MillraceError): void {
    this.bufferedBytes -= record.sizeInBytes
    this.onFailed(error)
    listener?.failed(error, { topic: record.topic, partition: record.partition ?? -1, recordCount: 1 })
  }

  private placed(topic: string): void {
    const callbacks = this.placedCallbacks.get(topic)
    this.placedCallbacks.delete(topic)
    for (const callback of callbacks ?? []) callback()
  }
}

function invalid(record: PreparedRecord, cause: unknown): InvalidRecordError {
  return new InvalidRecordError(record.topic, `the partitioner failed: ${String(cause)}`)
}
