import type { PartitionMetadata } from '../cluster/metadata.ts'
import type { OffsetSpec } from '../cluster/offset-lookup.ts'
import { type TopicPartition, TopicPartitionMap } from '../cluster/topic-partition.ts'
import type { CallOptions } from '../config/call-options.ts'
import { CLIENT_OPTIONS, type ClientOptions, clientSurroundings } from '../config/client-options.ts'
import type { TimeLimit } from '../connection/time-limit.ts'
import { ClosedError, ContradictingSettingsError } from '../errors/client-errors.ts'
import type { ClientMetric, ClientTelemetry } from '../observability/client-telemetry.ts'
import { type ConsumerConfigOptions, type ConsumerSettings, consumerSettings } from './consumer-config.ts'
import { ConsumerEngine, type PollOptions } from './consumer-engine.ts'
import { CONSUMER_EVENTS, type ConsumerEvents } from './consumer-events.ts'
import type { ConsumerRecord, FetchedBatch } from './consumer-record.ts'
import type { Assignor } from './group/assignors/assignor.ts'
import { cooperativeStickyAssignor } from './group/assignors/cooperative-sticky-assignor.ts'
import { rangeAssignor } from './group/assignors/range-assignor.ts'
import { roundRobinAssignor } from './group/assignors/round-robin-assignor.ts'
import type { CommittedOffset, GroupIdentity, OffsetToCommit } from './group/group-offsets.ts'
import type { RebalanceListener } from './rebalance-listener.ts'
import type { SubscriptionPattern } from './subscription-pattern.ts'

const DEFAULT_MAX_WAIT_MS = 1_000
const DEFAULT_CLOSE_TIMEOUT_MS = 30_000
/** Iterators wait without end; a poll of this length is one turn of their loop. */
const ITERATOR_MAX_WAIT_MS = 60_000

export interface ConsumerOptions extends ConsumerConfigOptions, ClientOptions, ConsumerEvents {
  readonly bootstrapServers: readonly string[] | string
  /** Assignors to offer to the group instead of `partitionAssignmentStrategy`, the favourite first. */
  readonly assignors?: readonly Assignor[] | undefined
}

/** Something that an iterator gives, and where it lies. */
interface HandedOut<T> {
  readonly item: T
  readonly offset: number
  readonly nextOffset: number
}

/**
 * Reads records from Kafka, as a member of a group (`subscribe`) or by itself (`assign`). One loop drives it: `poll`, or
 * one of the iterators. Heartbeats do not depend on the loop, but a loop that rests for longer than
 * `max.poll.interval.ms` loses its partitions to other members.
 *
 * Close it, or declare it with `await using`: closing commits (if that is automatic) and leaves the group.
 */
export class Consumer implements AsyncDisposable, AsyncIterable<ConsumerRecord> {
  private readonly engine: ConsumerEngine
  private readonly telemetry: ClientTelemetry
  private readonly settings: ConsumerSettings
  private closing: Promise<void> | undefined

  /** Connects on the first poll. Throws for options that are wrong or contradict each other, code INVALID_CONFIG. */
  constructor(options: ConsumerOptions) {
    const settings = consumerSettings({ ...options }, [...CLIENT_OPTIONS, ...CONSUMER_EVENTS, 'assignors'])
    this.settings = settings
    if (options.assignors !== undefined && settings.groupProtocol === 'consumer')
      throw new ContradictingSettingsError(['assignors', 'groupProtocol'], 'with consumer the coordinator assigns')
    const assignors = options.assignors ?? settings.partitionAssignmentStrategy.map(name => ASSIGNORS[name])
    const surroundings = clientSurroundings('consumer', settings, options)
    this.telemetry = surroundings.telemetry
    this.engine = new ConsumerEngine(settings, assignors, surroundings, options)
  }

  /**
   * Reads these topics as a member of the group, which divides their partitions. Topics whose names match a `RegExp` are
   * looked for here, those of a {@link SubscriptionPattern} by the coordinator; both see topics that appear later. A new
   * call replaces the topics. Takes effect in the next poll.
   */
  subscribe(topics: readonly string[] | RegExp | SubscriptionPattern, listener: RebalanceListener = {}): void {
    this.engine.subscribe(topics, listener)
  }

  /** Reads these partitions, whoever else does. A new call replaces them; those that stay keep their position. */
  assign(partitions: readonly TopicPartition[]): void {
    this.engine.assign(partitions)
  }

  /** Gives up all partitions and leaves the group. */
  unsubscribe(options: CallOptions = {}): Promise<void> {
    return this.engine.unsubscribe(this.limit(options))
  }

  assignment(): TopicPartition[] {
    return this.engine.assignment
  }

  /**
   * Waits up to `maxWaitMs` for records and returns up to `max.poll.records` of them; none if there are none. What a
   * poll returned counts as read when the next one begins. Joins the group, runs the rebalance listener and commits
   * automatically along the way. One at a time. Rejects with what no retry mends, `ClosedError`, or the signal's reason.
   */
  poll(options: Partial<PollOptions> = {}): Promise<FetchedBatch[]> {
    return this.engine.poll({ maxWaitMs: options.maxWaitMs ?? DEFAULT_MAX_WAIT_MS, signal: options.signal })
  }

  /**
   * Polls without end; `close` ends the iteration, the signal ends it with its reason. A batch counts as read when the
   * loop asks for the next one, or by a `commit()` in the loop; one that the loop was left in comes again.
   */
  batches(options: { signal?: AbortSignal } = {}): AsyncGenerator<FetchedBatch, void, undefined> {
    return this.handOut(options.signal, function* (batch) {
      yield { item: batch, offset: batch.records[0]!.offset, nextOffset: batch.nextOffset }
    })
  }

  /** As {@link batches}, record by record. */
  records(options: { signal?: AbortSignal } = {}): AsyncGenerator<ConsumerRecord, void, undefined> {
    return this.handOut(options.signal, function* (batch) {
      const { records } = batch
      const last = records.length - 1
      for (let index = 0; index < last; index++) {
        const record = records[index]!
        yield { item: record, offset: record.offset, nextOffset: record.offset + 1 }
      }
      yield { item: records[last]!, offset: records[last]!.offset, nextOffset: batch.nextOffset }
    })
  }

  [Symbol.asyncIterator](): AsyncGenerator<ConsumerRecord, void, undefined> {
    return this.records()
  }

  /** Hands out the parts of what polls bring, and keeps the positions where the loop is. */
  private async *handOut<T>(
    signal: AbortSignal | undefined,
    partsOf: (batch: FetchedBatch) => Iterable<HandedOut<T>>,
  ): AsyncGenerator<T, void, undefined> {
    const { engine } = this
    for (;;) {
      const batches = await this.nextBatches(signal)
      if (batches === undefined) return
      let finished = 0
      try {
        for (const batch of batches) {
          const epoch = engine.epochOf(batch)
          for (const { item, offset, nextOffset } of partsOf(batch)) {
            // After a seek the rest of the batch is not what comes next.
            if (!engine.consumed(batch, nextOffset, epoch)) break
            let isDone = false
            try {
              yield item
              isDone = true
            } finally {
              if (!isDone) engine.unread(batch, offset, epoch)
            }
          }
          finished++
        }
      } finally {
        for (const batch of batches.slice(finished)) engine.giveBack(batch)
      }
    }
  }

  /** Undefined once the consumer is closed. */
  private async nextBatches(signal: AbortSignal | undefined): Promise<FetchedBatch[] | undefined> {
    try {
      return await this.engine.poll({ maxWaitMs: ITERATOR_MAX_WAIT_MS, signal }, true)
    } catch (error) {
      if (error instanceof ClosedError) return undefined
      throw error
    }
  }

  /**
   * Commits these offsets, or where the consumer stands in all of its partitions. Commits take effect in the order of
   * the calls. Rejects with `CommitFailedError` if the group has given the partitions to others.
   */
  commit(offsets?: readonly OffsetToCommit[], options: CallOptions = {}): Promise<void> {
    return this.engine.commit(offsets, this.limit(options))
  }

  /** Partitions without a committed offset are not in the result. */
  committed(
    partitions: readonly TopicPartition[],
    options: CallOptions = {},
  ): Promise<TopicPartitionMap<CommittedOffset>> {
    return this.engine.committed(partitions, this.limit(options))
  }

  /** Goes on from this offset with the next poll. */
  seek(at: TopicPartition, offset: number): void {
    this.engine.seek(at, offset)
  }
  /** Goes to the first record; of all assigned partitions by default. */
  seekToBeginning(partitions?: readonly TopicPartition[]): void {
    this.engine.reset(partitions, 'earliest')
  }
  seekToEnd(partitions?: readonly TopicPartition[]): void {
    this.engine.reset(partitions, 'latest')
  }

  /** Offset of the next record; looked up if it is not known yet. */
  position(at: TopicPartition, options: CallOptions = {}): Promise<number> {
    return this.engine.position(at, this.limit(options))
  }
  /** Records between the position and the end of the log as of the last fetch; null before the first. */
  lag(at: TopicPartition): number | null {
    return this.engine.lag(at)
  }

  /** Polls return nothing of these partitions until {@link resume}. A rebalance forgets it. */
  pause(partitions: readonly TopicPartition[]): void {
    this.engine.setPaused(partitions, true)
  }
  resume(partitions: readonly TopicPartition[]): void {
    this.engine.setPaused(partitions, false)
  }
  paused(): TopicPartition[] {
    return this.engine.paused
  }

  /** First offset that each log still has. */
  async beginningOffsets(
    partitions: readonly TopicPartition[],
    options: CallOptions = {},
  ): Promise<TopicPartitionMap<number>> {
    return this.places(partitions, 'earliest', options)
  }
  /** Where each log ends for this consumer: the last stable offset with read_committed, else the high watermark. */
  async endOffsets(
    partitions: readonly TopicPartition[],
    options: CallOptions = {},
  ): Promise<TopicPartitionMap<number>> {
    return this.places(partitions, 'latest', options)
  }
  /** First record at or after each time. Partitions that have none are not in the result. */
  async offsetsForTimes(
    times: readonly (TopicPartition & { readonly timestampMs: number })[],
    options: CallOptions = {},
  ): Promise<TopicPartitionMap<{ readonly offset: number; readonly timestampMs: number }>> {
    const specs = TopicPartitionMap.from<OffsetSpec>(times.map(time => [time, time.timestampMs]))
    const result = new TopicPartitionMap<{ offset: number; timestampMs: number }>()
    for (const [{ topic, partition }, { offset, timestampMs }] of await this.engine.lookUp(specs, this.limit(options)))
      if (offset !== null && timestampMs !== null) result.set(topic, partition, { offset, timestampMs })
    return result
  }
  private async places(
    partitions: readonly TopicPartition[],
    place: 'earliest' | 'latest',
    options: CallOptions,
  ): Promise<TopicPartitionMap<number>> {
    const specs = TopicPartitionMap.from<OffsetSpec>(partitions.map(at => [at, place]))
    const result = new TopicPartitionMap<number>()
    for (const [{ topic, partition }, { offset }] of await this.engine.lookUp(specs, this.limit(options)))
      result.set(topic, partition, offset ?? 0)
    return result
  }

  async partitionsFor(topic: string, options: CallOptions = {}): Promise<readonly PartitionMetadata[]> {
    const found = await this.engine.cluster.topic(topic, this.limit(options))
    return found.partitions
  }

  /** For `sendOffsetsToTransaction` (KIP-447). */
  groupMetadata(): GroupIdentity {
    return this.engine.groupIdentity
  }
  /** Makes the group divide its partitions anew. */
  enforceRebalance(): void {
    this.engine.requestRebalance()
  }

  /** A snapshot of what the client measures, under the names of KIP-714. */
  metrics(): readonly ClientMetric[] {
    return this.telemetry.metrics()
  }

  /**
   * Ends a waiting poll, commits if that is automatic, lets the listener give up the partitions, leaves the group. At
   * most `timeoutMs`, 30 s by default; the consumer is closed in any case. Idempotent.
   */
  close(options: { timeoutMs?: number } = {}): Promise<void> {
    const timeoutMs = options.timeoutMs ?? DEFAULT_CLOSE_TIMEOUT_MS
    this.closing ??= this.engine.close({ timeoutMs })
    return this.closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  private limit(options: CallOptions): TimeLimit {
    return { timeoutMs: options.timeoutMs ?? this.settings.defaultApiTimeoutMs, signal: options.signal }
  }
}

const ASSIGNORS = {
  range: rangeAssignor,
  roundrobin: roundRobinAssignor,
  'cooperative-sticky': cooperativeStickyAssignor,
} as const
