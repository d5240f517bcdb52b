/**
 * A handler over the records of topics, as a member of a group: retries, what to do with records that fail, when to
 * commit. Kafka's client has no such thing; the strategies are those of SmallRye's connector.
 */
import { type Platform, realPlatform } from '@millrace/platform'
import { type TopicPartition, TopicPartitionMap } from '../cluster/topic-partition.ts'
import { CLIENT_OPTIONS } from '../config/client-options.ts'
import { CONNECTION_CONFIG } from '../config/connection-config.ts'
import { type OptionsOf, optionsIn, type ParsedOptions, parseOptions } from '../config/options.ts'
import { Backoff } from '../connection/backoff.ts'
import { Consumer, type ConsumerOptions } from '../consumer/consumer.ts'
import { CommitFailedError } from '../consumer/consumer-errors.ts'
import type { ConsumerRecord, FetchedBatch } from '../consumer/consumer-record.ts'
import { ClosedError } from '../errors/client-errors.ts'
import type { Tracing } from '../observability/tracing.ts'
import { Producer, type ProducerOptions } from '../producer/producer.ts'
import { deadLetter } from './dead-letter.ts'
import { Lanes } from './lanes.ts'
import { OffsetTracker } from './offset-tracker.ts'
import { PROCESSING_CONFIG } from './processing-config.ts'
import { ProcessingFailedError } from './processing-errors.ts'

/** One turn of the loop. A failure or a stop does not wait for it. */
const POLL_MS = 1_000
/** A turn while nothing may be fetched: handlers free room meanwhile. */
const FULL_POLL_MS = 20

export interface ProcessingContext {
  /** 1 for the first. */
  readonly attempt: number
  /** Aborted when the outcome is of no more use: the partition is gone, or a stop has waited long enough. */
  readonly signal: AbortSignal
  /** Commits this record and all before it in its partition. For the manual strategy. */
  commit(): Promise<void>
}

/** Done when it returns or its promise resolves; failed when it throws or the promise rejects. */
export type RecordHandler = (record: ConsumerRecord, context: ProcessingContext) => unknown

export interface RecordProcessorOptions extends OptionsOf<typeof PROCESSING_CONFIG> {
  /** Of the consumer that reads. It needs a `groupId`; it does not commit by itself. */
  readonly consumer: ConsumerOptions & { readonly groupId: string }
  readonly topics: readonly string[]
  readonly handler: RecordHandler
  /** Takes dead letters; by default one with the connection options of the consumer. The caller closes it. */
  readonly producer?: Producer | undefined
  /** Runs handlers within the traces that records came in. */
  readonly tracing?: Tracing | undefined
  /** Hears of every record given up, whatever the strategy. */
  readonly onFailure?: ((record: ConsumerRecord, error: unknown) => void) | undefined
  /** Hears once of each record that is not done after `stalledAfterMs`. */
  readonly onStalled?: ((at: TopicPartition & { readonly offset: number }) => void) | undefined
}

/** A partition from the moment it is assigned to the moment it is given up. */
interface Claim {
  readonly at: TopicPartition
  readonly tracker: OffsetTracker
  readonly abort: AbortController
  /** Handlers at work. */
  readonly working: Set<Promise<void>>
  /** Given up: what has not begun is not begun. */
  isOver: boolean
  stalledOffset: number
}

type Settings = ParsedOptions<typeof PROCESSING_CONFIG>

export class RecordProcessor implements AsyncDisposable {
  private readonly settings: Settings
  private readonly platform: Platform
  private readonly consumer: Consumer
  private readonly lanes: Lanes<unknown>
  private readonly backoff: Backoff
  private readonly claims = new TopicPartitionMap<Claim>()
  private readonly stopping = new AbortController()
  private ownProducer: Producer | undefined
  private failure: Error | undefined
  private running: Promise<void> | undefined
  private committing: Promise<void> | undefined
  private committedMs: number
  private isFull = false

  /** Connects when it runs. Throws for options that are wrong, code INVALID_CONFIG. */
  constructor(private readonly options: RecordProcessorOptions) {
    const { consumer, topics, handler, producer, tracing, onFailure, onStalled, ...settings } = options
    this.settings = parseOptions(PROCESSING_CONFIG, settings).values
    this.platform = consumer.platform ?? realPlatform()
    this.consumer = new Consumer({ ...consumer, enableAutoCommit: false })
    this.lanes = new Lanes(this.settings.concurrency)
    this.backoff = new Backoff(this.settings.retryBackoffMs, this.settings.retryBackoffMaxMs, this.platform.random)
    this.committedMs = this.platform.clock.monotonicMs()
  }

  /**
   * Processes until {@link close}, which it waits for, until the signal is aborted (rejects with its reason) or until
   * something fails for good: {@link ProcessingFailedError}, or what polling rejects with. Whatever the end, handlers at
   * work are waited for, what is done is committed, and the group is left. Once.
   */
  run(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    this.running ??= this.runToTheEnd(options.signal)
    return this.running
  }

  /** Ends {@link run} in order. Idempotent. */
  async close(): Promise<void> {
    this.stopping.abort(new ClosedError('record processor'))
    if (this.running === undefined) await this.consumer.close()
    else await this.running.catch(() => {})
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  private async runToTheEnd(signal: AbortSignal | undefined): Promise<void> {
    const onAbort = () => this.stopping.abort(signal?.reason)
    if (signal?.aborted === true) onAbort()
    signal?.addEventListener('abort', onAbort, { once: true })
    try {
      this.consumer.subscribe(this.options.topics, {
        onPartitionsRevoked: partitions => this.giveUp(partitions),
        onPartitionsLost: partitions => this.drop(partitions),
      })
      while (!this.stopping.signal.aborted) await this.turn()
    } catch (error) {
      if (!this.stopping.signal.aborted) this.failure ??= error as Error
    } finally {
      signal?.removeEventListener('abort', onAbort)
      await this.finish()
    }
    if (this.failure !== undefined) throw this.failure
    if (signal?.aborted === true) throw signal.reason
  }

  private async turn(): Promise<void> {
    this.regulate()
    const maxWaitMs = this.isFull ? FULL_POLL_MS : POLL_MS
    for (const batch of await this.consumer.poll({ maxWaitMs, signal: this.stopping.signal })) this.accept(batch)
    this.reportStalls()
    const sinceMs = this.platform.clock.monotonicMs() - this.committedMs
    if (sinceMs >= this.settings.commitIntervalMs || this.settings.commitStrategy === 'latest') this.commitSoon()
  }

  /** Stops fetching above the bound, and goes on when half of it is gone. */
  private regulate(): void {
    const { waiting } = this.lanes
    const bound = this.settings.maxBufferedRecords
    if (waiting >= bound) {
      this.isFull = true
      // Every turn: a rebalance may have brought partitions.
      this.consumer.pause(this.consumer.assignment())
    } else if (this.isFull && waiting <= bound / 2) {
      this.isFull = false
      this.consumer.resume(this.consumer.paused())
    }
  }

  private accept({ topic, partition, records, nextOffset }: FetchedBatch): void {
    const claim = this.claimOf({ topic, partition })
    const nowMs = this.platform.clock.monotonicMs()
    const last = records.length - 1
    for (const [index, record] of records.entries()) {
      claim.tracker.add(record.offset, index === last ? nextOffset : record.offset + 1, nowMs)
      this.lanes.add(this.laneOf(record), () => this.work(claim, record))
    }
  }

  private claimOf(at: TopicPartition): Claim {
    const known = this.claims.get(at.topic, at.partition)
    if (known !== undefined) return known
    const abort = new AbortController()
    const claim = {
      at,
      tracker: new OffsetTracker(),
      abort,
      working: new Set<Promise<void>>(),
      isOver: false,
      stalledOffset: -1,
    }
    this.claims.set(at.topic, at.partition, claim)
    return claim
  }

  private laneOf({ topic, partition, key, offset }: ConsumerRecord): string {
    switch (this.settings.ordering) {
      case 'partition':
        return `${topic}-${partition}`
      case 'key':
        return key === null ? `${topic}-${partition}#${offset}` : `${topic}-${partition}/${key.toString('latin1')}`
      case 'none':
        return `${topic}-${partition}#${offset}`
    }
  }

  private work(claim: Claim, record: ConsumerRecord): Promise<void> {
    if (claim.isOver || this.stopping.signal.aborted) return Promise.resolve()
    const work = this.attempt(claim, record).then(
      () => {
        claim.tracker.done(record.offset)
        claim.working.delete(work)
      },
      (error: Error) => {
        claim.working.delete(work)
        // Of a partition that is gone, or after the end, nobody wants to know: the record comes again.
        if (!claim.abort.signal.aborted && !this.stopping.signal.aborted) this.stop(error)
      },
    )
    claim.working.add(work)
    return work
  }

  /** Resolves when the record is done with, one way or the other. */
  private async attempt(claim: Claim, record: ConsumerRecord): Promise<void> {
    const { signal } = claim.abort
    const untilOver = AbortSignal.any([signal, this.stopping.signal])
    const commit = () => this.consumer.commit([{ ...claim.at, offset: record.offset + 1 }])
    for (let attempt = 1; ; attempt++) {
      try {
        await this.handle(record, { attempt, signal, commit })
        return
      } catch (error) {
        signal.throwIfAborted()
        if (attempt > this.settings.retryAttempts) return this.failed(record, error, attempt)
        await this.platform.timers.sleep(this.backoff.delayMs(attempt), untilOver)
      }
    }
  }

  private handle(record: ConsumerRecord, processing: ProcessingContext): unknown {
    const { handler, tracing, consumer } = this.options
    if (tracing === undefined) return handler(record, processing)
    return tracing.handling(record, consumer.groupId, () => handler(record, processing))
  }

  private async failed(record: ConsumerRecord, cause: unknown, attempts: number): Promise<void> {
    this.options.onFailure?.(record, cause)
    switch (this.settings.failureStrategy) {
      case 'fail':
        throw new ProcessingFailedError(record, attempts, { cause })
      case 'ignore':
        return
      case 'dead-letter-queue':
        try {
          await this.producer.send(deadLetter(record, cause, this.settings.deadLetterQueueTopic))
        } catch (refusal) {
          throw new ProcessingFailedError(record, attempts, { cause: refusal, step: 'sending the dead letter' })
        }
    }
  }

  private get producer(): Producer {
    const { producer, consumer } = this.options
    if (producer !== undefined) return producer
    this.ownProducer ??= new Producer(optionsIn<ProducerOptions>(CONNECTION_CONFIG, consumer, CLIENT_OPTIONS))
    return this.ownProducer
  }

  /** Before others get the partitions: what is at work ends, what is done is committed. */
  private async giveUp(partitions: readonly TopicPartition[]): Promise<void> {
    const claims = partitions.map(({ topic, partition }) => this.claims.get(topic, partition)).filter(isThere)
    for (const claim of claims) claim.isOver = true
    await this.settle(claims)
    await this.commitNow(claims)
    this.drop(partitions)
  }

  private drop(partitions: readonly TopicPartition[]): void {
    for (const { topic, partition } of partitions) {
      const claim = this.claims.get(topic, partition)
      if (claim === undefined) continue
      claim.isOver = true
      claim.abort.abort(new ClosedError('partition'))
      this.claims.delete(topic, partition)
    }
  }

  /** Waits for handlers at work, as long as it may. */
  private async settle(claims: readonly Claim[]): Promise<void> {
    const all = Promise.all(claims.flatMap(({ working }) => [...working]))
    const patience = new AbortController()
    const timeOver = this.platform.timers.sleep(this.settings.revokeTimeoutMs, patience.signal).catch(() => {})
    await Promise.race([all, timeOver])
    patience.abort()
    for (const { abort, working } of claims) if (working.size > 0) abort.abort(new ClosedError('partition'))
  }

  private commitSoon(): void {
    if (this.committing !== undefined) return
    this.committedMs = this.platform.clock.monotonicMs()
    this.committing = this.commitNow([...this.claims.values()]).then(
      () => {
        this.committing = undefined
      },
      (error: Error) => this.stop(error),
    )
  }

  private async commitNow(claims: readonly Claim[]): Promise<void> {
    const { commitStrategy } = this.settings
    if (commitStrategy === 'manual') return
    const commits: { claim: Claim; offset: number }[] = []
    for (const claim of claims) {
      const offset = claim.tracker.toCommit(commitStrategy)
      if (offset !== undefined) commits.push({ claim, offset })
    }
    if (commits.length === 0) return
    try {
      await this.consumer.commit(commits.map(({ claim, offset }) => ({ ...claim.at, offset })))
      for (const { claim, offset } of commits) claim.tracker.committed(offset)
    } catch (error) {
      // The partitions are others' by now, and so is their progress.
      if (!(error instanceof CommitFailedError)) throw error
    }
  }

  private reportStalls(): void {
    const { onStalled } = this.options
    if (onStalled === undefined) return
    const nowMs = this.platform.clock.monotonicMs()
    for (const claim of this.claims.values()) {
      const oldest = claim.tracker.oldestPending
      if (oldest === undefined || nowMs - oldest.sinceMs < this.settings.stalledAfterMs) continue
      if (oldest.offset === claim.stalledOffset) continue
      claim.stalledOffset = oldest.offset
      onStalled({ ...claim.at, offset: oldest.offset })
    }
  }

  private stop(error: Error): void {
    this.failure ??= error
    this.stopping.abort(error)
  }

  private async finish(): Promise<void> {
    try {
      const claims = [...this.claims.values()]
      for (const claim of claims) claim.isOver = true
      await this.settle(claims)
      await this.committing
      await this.commitNow(claims)
    } catch (error) {
      this.failure ??= error as Error
    } finally {
      await this.consumer.close()
      await this.ownProducer?.close()
    }
  }
}

function isThere<T>(value: T | undefined): value is T {
  return value !== undefined
}
