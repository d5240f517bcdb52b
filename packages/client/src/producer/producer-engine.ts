/** What `Producer` stands in front of: admission to the buffer, then accumulator and sender. */
import type { Platform, Timer } from '@millrace/platform'
import { MillraceError } from '@millrace/protocol'
import { Cluster } from '../cluster/cluster.ts'
import type { PartitionMetadata } from '../cluster/metadata.ts'
import type { ClientSurroundings } from '../config/client-options.ts'
import { withTimeLimit } from '../connection/time-limit.ts'
import { ClosedError, TimeoutError } from '../errors/client-errors.ts'
import { Accumulator, type PreparedRecord } from './accumulator.ts'
import { BlockedSends } from './blocked-sends.ts'
import type { Numbering } from './partition-queue.ts'
import { DefaultPartitioner, type Partitioner } from './partitioner.ts'
import { prepareRecord } from './prepare-record.ts'
import type { ProducerSettings } from './producer-config.ts'
import { BufferExhaustedError } from './producer-errors.ts'
import type { AppendedRange, ProducerRecord, RecordMetadata, SendListener } from './producer-record.ts'
import { BatchSend, SingleSend } from './send-results.ts'
import { Sender } from './sender.ts'
import { IdempotentSession } from './session/idempotent-session.ts'
import { ANONYMOUS_SESSION, type ProducerSession } from './session/producer-session.ts'
import { InvalidProducerStateError } from './session/transaction-errors.ts'
import { TransactionalSession } from './session/transactional-session.ts'

/** `enqueue` may overshoot `buffer.memory` up to this multiple of it. */
const HARD_LIMIT_FACTOR = 2
/** Of records of `send` and `sendBatch` that wait for room in `buffer.memory`; more are refused at once. */
const BLOCKED_SENDS_BYTES = 256 * 1024 * 1024

export class ProducerEngine {
  private readonly platform: Platform
  private readonly cluster: Cluster
  private readonly accumulator: Accumulator
  private readonly session: ProducerSession
  private readonly sender: Sender
  /** Ends everything; see {@link isClosing}. */
  private readonly closed = new AbortController()
  private readonly blocked = new BlockedSends()
  private blockedTimer: Timer | undefined
  private roomCallbacks: (() => void)[] = []
  private isClosing = false

  constructor(
    private readonly settings: ProducerSettings,
    partitioner: Partitioner | undefined,
    surroundings: ClientSurroundings,
  ) {
    const { platform } = surroundings
    this.platform = platform
    this.cluster = new Cluster(settings, true, surroundings)
    this.accumulator = new Accumulator(
      {
        batchSizeBytes: settings.batchSize,
        maxRequestBytes: settings.maxRequestSize,
        compression: settings.compressionType,
        numbering: numberingOf(settings),
        maxBlockMs: settings.maxBlockMs,
      },
      new DefaultPartitioner(settings.batchSize, platform.random),
      partitioner,
      platform.codecs,
      error => this.session.gaveUp(error, false),
    )
    this.session = this.sessionFor(settings)
    const { signal } = this.closed
    this.sender = new Sender(this.cluster, this.accumulator, settings, this.session, signal, () => this.roomMade())
  }

  private sessionFor(settings: ProducerSettings): ProducerSession {
    const { signal } = this.closed
    if (settings.transactionalId !== '') {
      const host = {
        settle: () => this.settleAll(),
        drop: (error: MillraceError) => {
          this.abandonBlocked(error)
          this.accumulator.drop(error)
          this.roomMade()
        },
        abandon: (error: MillraceError) => {
          this.abandonBlocked(error)
          this.accumulator.abandon(error)
          this.roomMade()
        },
        onNews: () => this.sender.wake(),
      }
      return new TransactionalSession(this.cluster, settings, host, signal)
    }
    if (!settings.enableIdempotence) return ANONYMOUS_SESSION
    const { deliveryTimeoutMs } = settings
    return new IdempotentSession(this.cluster, deliveryTimeoutMs, signal, failure =>
      this.sender.sessionChanged(failure),
    )
  }

  /** Throws unless there is a `transactional.id`. */
  get transactions(): TransactionalSession {
    this.requireOpen()
    if (this.session instanceof TransactionalSession) return this.session
    throw new InvalidProducerStateError('the producer is not transactional: set transactionalId')
  }

  send(record: ProducerRecord): Promise<RecordMetadata> {
    return new Promise((resolve, reject) => {
      const prepared = this.prepare(record.topic, record)
      this.admit(prepared, new SingleSend(prepared.timestampMs, resolve, reject), false)
    })
  }

  sendBatch(topic: string, records: readonly Omit<ProducerRecord, 'topic'>[]): Promise<readonly AppendedRange[]> {
    return new Promise((resolve, reject) => {
      // All are checked before the first is taken, so that a bad record does not leave half a call behind.
      const prepared = records.map(record => this.prepare(topic, record))
      if (prepared.length === 0) return resolve([])
      const listener = new BatchSend(prepared.length, resolve, reject)
      for (const record of prepared) this.admit(record, listener, true)
    })
  }

  enqueue(record: ProducerRecord, listener: SendListener | undefined): boolean {
    if (this.accumulator.bufferedBytes > this.settings.bufferMemory * HARD_LIMIT_FACTOR)
      throw new BufferExhaustedError(this.settings.bufferMemory)
    const prepared = this.prepare(record.topic, record)
    if (this.blocked.isEmpty) this.append(prepared, listener, false)
    else this.admit(prepared, listener, false)
    return this.hasRoom
  }

  get hasRoom(): boolean {
    return this.blocked.isEmpty && this.accumulator.bufferedBytes < this.settings.bufferMemory
  }

  room(signal: AbortSignal | undefined): Promise<void> {
    if (this.hasRoom) return Promise.resolve()
    const room = new Promise<void>(resolve => this.roomCallbacks.push(resolve))
    const { deliveryTimeoutMs } = this.settings
    const limit = { timeoutMs: deliveryTimeoutMs, signal }
    return withTimeLimit(
      this.platform.timers,
      room,
      limit,
      () => new TimeoutError('waiting for room in the buffer', deliveryTimeoutMs),
    )
  }

  flush(signal: AbortSignal | undefined): Promise<void> {
    const { maxBlockMs, deliveryTimeoutMs } = this.settings
    // Everything has an outcome by then; a signal may end the waiting earlier.
    const timeoutMs = 2 * maxBlockMs + deliveryTimeoutMs
    const limit = { timeoutMs, signal }
    return withTimeLimit(this.platform.timers, this.settleAll(), limit, () => new TimeoutError('flushing', timeoutMs))
  }

  private async settleAll(): Promise<void> {
    await this.blocked.whenPassed()
    await this.accumulator.whenPlaced()
    const batches = this.accumulator.closeBatches()
    this.sender.wake()
    await Promise.all(batches.map(batch => new Promise<void>(resolve => batch.onDone(resolve))))
  }

  async partitionsFor(topic: string, signal: AbortSignal | undefined): Promise<readonly PartitionMetadata[]> {
    this.requireOpen()
    const found = await this.cluster.topic(topic, { timeoutMs: this.settings.maxBlockMs, signal })
    return found.partitions
  }

  /** Takes no more records, waits for those there are, at most `timeoutMs`; what is left then fails. */
  async close(timeoutMs: number | undefined): Promise<void> {
    this.isClosing = true
    const closed = new ClosedError('producer')
    try {
      if (this.session instanceof TransactionalSession)
        await this.session.finish({ timeoutMs: timeoutMs ?? this.settings.maxBlockMs })
      if (timeoutMs === undefined) await this.flush(undefined)
      else await withTimeLimit(this.platform.timers, this.settleAll(), { timeoutMs }, () => closed)
    } catch (error) {
      if (error !== closed) throw error
    } finally {
      this.closed.abort(closed)
      this.cluster.close()
      this.blockedTimer?.cancel()
      this.abandonBlocked(closed)
      this.accumulator.abandon(closed)
      this.roomMade()
    }
  }

  private requireOpen(): void {
    if (this.isClosing) throw new ClosedError('producer')
  }

  private prepare(topic: string, record: Omit<ProducerRecord, 'topic'>): PreparedRecord {
    this.requireOpen()
    this.session.requireOpenForRecords()
    try {
      return prepareRecord(topic, record, this.platform.clock.nowMs(), this.settings.maxRequestSize)
    } catch (error) {
      // A transaction without one of its records must not be committed.
      if (error instanceof MillraceError) this.session.gaveUp(error, false)
      throw error
    }
  }

  private admit(record: PreparedRecord, listener: SendListener | undefined, staysTogether: boolean): void {
    if (this.blocked.isEmpty && this.fits(record)) {
      this.append(record, listener, staysTogether)
      return
    }
    if (this.blocked.bytes >= BLOCKED_SENDS_BYTES) {
      this.refuse(record, listener, new BufferExhaustedError(this.settings.bufferMemory))
      return
    }
    const sinceMs = this.platform.clock.monotonicMs()
    this.blocked.push({ record, listener, staysTogether, sinceMs })
    this.watchBlocked(sinceMs)
    this.sender.wake()
  }

  /** A record larger than the whole buffer is taken when there is nothing else. */
  private fits(record: PreparedRecord): boolean {
    const { bufferedBytes } = this.accumulator
    return bufferedBytes + record.sizeInBytes <= this.settings.bufferMemory || bufferedBytes === 0
  }

  private append(record: PreparedRecord, listener: SendListener | undefined, staysTogether: boolean): void {
    const topic = this.cluster.metadata.topic(record.topic)
    const nowMs = this.platform.clock.monotonicMs()
    if (this.accumulator.append(record, listener, topic, nowMs, staysTogether)) {
      if (topic !== undefined) this.cluster.useTopics([record.topic])
      this.sender.wake()
    }
  }

  private roomMade(): void {
    while (this.blocked.first !== undefined && this.fits(this.blocked.first.record)) {
      const { record, listener, staysTogether } = this.blocked.shift()!
      this.append(record, listener, staysTogether)
    }
    if (!this.hasRoom || this.roomCallbacks.length === 0) return
    const callbacks = this.roomCallbacks
    this.roomCallbacks = []
    for (const callback of callbacks) callback()
  }

  /** Fails sends that have waited for `max.block.ms`; the oldest is always the first. */
  private watchBlocked(nowMs: number): void {
    if (this.blockedTimer !== undefined || this.blocked.first === undefined) return
    const delayMs = this.blocked.first.sinceMs + this.settings.maxBlockMs - nowMs
    this.blockedTimer = this.platform.timers.after(delayMs, () => {
      this.blockedTimer = undefined
      const lateMs = this.platform.clock.monotonicMs() - this.settings.maxBlockMs
      while (this.blocked.first !== undefined && this.blocked.first.sinceMs <= lateMs)
        this.failBlocked(new BufferExhaustedError(this.settings.bufferMemory))
      this.watchBlocked(this.platform.clock.monotonicMs())
    })
  }

  private failBlocked(error: MillraceError): void {
    const { record, listener } = this.blocked.shift()!
    this.refuse(record, listener, error)
  }

  private refuse(record: PreparedRecord, listener: SendListener | undefined, error: MillraceError): void {
    this.session.gaveUp(error, false)
    listener?.failed(error, { topic: record.topic, partition: record.partition ?? -1, recordCount: 1 })
  }

  private abandonBlocked(error: MillraceError): void {
    while (!this.blocked.isEmpty) this.failBlocked(error)
  }
}

function numberingOf({ transactionalId, enableIdempotence }: ProducerSettings): Numbering {
  if (transactionalId !== '') return 'perTransaction'
  return enableIdempotence ? 'perPartition' : 'none'
}
