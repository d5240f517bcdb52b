import type { PartitionMetadata } from '../cluster/metadata.ts'
import type { CallOptions } from '../config/call-options.ts'
import { CLIENT_OPTIONS, type ClientOptions, clientSurroundings } from '../config/client-options.ts'
import type { TimeLimit } from '../connection/time-limit.ts'
import type { GroupIdentity, OffsetToCommit } from '../consumer/group/group-offsets.ts'
import type { ClientMetric, ClientTelemetry } from '../observability/client-telemetry.ts'
import type { Tracing } from '../observability/tracing.ts'
import type { Partitioner } from './partitioner.ts'
import { type ProducerConfigOptions, producerSettings } from './producer-config.ts'
import { ProducerEngine } from './producer-engine.ts'
import type { AppendedRange, ProducerRecord, RecordMetadata, SendListener } from './producer-record.ts'

export interface ProducerOptions extends ProducerConfigOptions, ClientOptions {
  readonly bootstrapServers: readonly string[] | string
  /** Asked for every record without a partition of its own. */
  readonly partitioner?: Partitioner | undefined
  /** Traces what `send` and `sendBatch` send; `enqueue` is for those who count nanoseconds. */
  readonly tracing?: Tracing | undefined
}

/**
 * Sends records to Kafka. One producer serves a whole application: sends share batches and connections.
 *
 * Records of one partition are written in the order of the calls. Idempotent by default: a retry writes nothing twice.
 * Close it, or declare it with `await using`: closing waits for what was sent.
 */
export class Producer implements AsyncDisposable {
  private readonly engine: ProducerEngine
  private readonly telemetry: ClientTelemetry
  private readonly tracing: Tracing | undefined
  private readonly maxBlockMs: number
  private closing: Promise<void> | undefined

  /** Connects on the first send. Throws for options that are wrong or contradict each other, code INVALID_CONFIG. */
  constructor(options: ProducerOptions) {
    const settings = producerSettings({ ...options }, [...CLIENT_OPTIONS, 'partitioner', 'tracing'])
    const surroundings = clientSurroundings('producer', settings, options)
    this.telemetry = surroundings.telemetry
    this.tracing = options.tracing
    this.maxBlockMs = settings.maxBlockMs
    this.engine = new ProducerEngine(settings, options.partitioner, surroundings)
  }

  /**
   * Resolves when the record is written as `acks` asks. The record is copied: its buffers are free once `send` returns.
   * Rejects with `InvalidRecordError`, `RecordTooLargeError`, `BufferExhaustedError`, `DeliveryTimeoutError`,
   * `ClosedError`, or the `KafkaError` of a broker that refused it.
   */
  send(record: ProducerRecord): Promise<RecordMetadata> {
    const { tracing } = this
    if (tracing === undefined) return this.engine.send(record)
    return traced(tracing, [record], ([withTrace]) => this.engine.send(withTrace!))
  }

  /**
   * Sends many records with one promise; those for one partition share a batch as long as it fits into a request. Tells
   * where they went, in no particular order. Rejects as `send` with the first failure, after all outcomes are known.
   */
  sendBatch(topic: string, records: readonly Omit<ProducerRecord, 'topic'>[]): Promise<readonly AppendedRange[]> {
    const { tracing } = this
    if (tracing === undefined) return this.engine.sendBatch(topic, records)
    const complete = records.map(record => ({ ...record, topic }))
    return traced(tracing, complete, withTraces => this.engine.sendBatch(topic, withTraces))
  }

  /**
   * Sends without a promise; `listener`, which may serve any number of records, hears the outcome. Always takes the
   * record (up to twice `buffer.memory`, then it throws `BufferExhaustedError`), and returns false when the caller should
   * wait for {@link room} before the next. Throws what `send` rejects with for a bad record.
   */
  enqueue(record: ProducerRecord, listener?: SendListener): boolean {
    return this.engine.enqueue(record, listener)
  }

  /** Resolves when the buffer has room again. Rejects with the signal's reason. */
  room(signal?: AbortSignal): Promise<void> {
    return this.engine.room(signal)
  }

  /**
   * Sends at once what waits for more, and resolves when the outcome of everything sent before is known. Rejects with
   * the signal's reason; the records are on their way nevertheless.
   */
  flush(options: { signal?: AbortSignal } = {}): Promise<void> {
    return this.engine.flush(options.signal)
  }

  /**
   * Once, before the first transaction: fences earlier producers with the same `transactionalId` and ends what they left
   * open. Like all calls about transactions it takes at most `max.block.ms` unless told otherwise; after a
   * `TimeoutError` the same call goes on where it stopped. Rejects with the `KafkaError` of a coordinator that refused.
   */
  async initTransactions(options: CallOptions = {}): Promise<void> {
    await this.engine.transactions.initialize(this.limit(options))
  }

  /** From now on what is sent belongs to one transaction. Throws `ProducerFencedError`, `InvalidProducerStateError`. */
  beginTransaction(): void {
    this.engine.transactions.begin()
  }

  /**
   * Makes offsets of a consumer group part of the transaction: they count once it is committed. `group` comes from
   * `Consumer.groupMetadata()`, so a member that the group has put out is refused (KIP-447): then this rejects with
   * `CommitFailedError`, and the transaction must be aborted, as after every error that is not retriable.
   */
  async sendOffsetsToTransaction(
    offsets: readonly OffsetToCommit[],
    group: GroupIdentity,
    options: CallOptions = {},
  ): Promise<void> {
    await this.engine.transactions.sendOffsets(offsets, group, this.limit(options))
  }

  /**
   * Waits for all records and ends the transaction: they and the offsets become visible together. Rejects with
   * `TransactionMustAbortError` if a record or offset could not be written, and with `ProducerFencedError` if the
   * transaction was taken away. After a `TimeoutError` the outcome is not known: repeat the call.
   */
  async commitTransaction(options: CallOptions = {}): Promise<void> {
    await this.engine.transactions.commit(this.limit(options))
  }

  /** Ends the transaction without effect. Records that were not sent yet fail with `TransactionAbortedError`. */
  async abortTransaction(options: CallOptions = {}): Promise<void> {
    await this.engine.transactions.abort(this.limit(options))
  }

  /** Waits for a topic that does not exist yet for up to `max.block.ms`; asking may create it. */
  partitionsFor(topic: string, options: { signal?: AbortSignal } = {}): Promise<readonly PartitionMetadata[]> {
    return this.engine.partitionsFor(topic, options.signal)
  }

  /** A snapshot of what the client measures, under the names of KIP-714. */
  metrics(): readonly ClientMetric[] {
    return this.telemetry.metrics()
  }

  /**
   * Waits for the outcome of everything sent, at most `timeoutMs` if given; what is left then fails with `ClosedError`.
   * An open transaction is aborted. Idempotent.
   */
  close(options: { timeoutMs?: number } = {}): Promise<void> {
    this.closing ??= this.engine.close(options.timeoutMs)
    return this.closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  private limit(options: CallOptions): TimeLimit {
    return { timeoutMs: options.timeoutMs ?? this.maxBlockMs, signal: options.signal }
  }
}

/** Sends records with their traces in their headers; each trace hears of the outcome. */
async function traced<T>(
  tracing: Tracing,
  records: readonly ProducerRecord[],
  send: (withTraces: readonly ProducerRecord[]) => Promise<T>,
): Promise<T> {
  const traces = records.map(record => tracing.sending(record))
  const withTraces = records.map((record, index) => {
    const { headers = [] } = record
    return { ...record, headers: [...headers, ...traces[index]!.headers] }
  })
  try {
    const result = await send(withTraces)
    for (const trace of traces) trace.end(undefined)
    return result
  } catch (error) {
    for (const trace of traces) trace.end(error as Error)
    throw error
  }
}
