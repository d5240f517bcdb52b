/**
 * What clients ask of transactions: each request meets the pure core here, and its decision is carried out. Error codes
 * stand for everything a client can be told; a rejection is a bug.
 */
import type { Clock, Codecs, Timer, Timers } from '@millrace/platform'
import { ErrorCode, KafkaError } from '@millrace/protocol'
import type { BrokerConfig } from '../../config/broker-config.ts'
import type { ProducerIds } from '../../metadata/producer-ids.ts'
import { addPartitions, type TransactionalWriter, verifyPartitions } from '../add-partitions.ts'
import type { ProducerAnswer, TransactionDecision } from '../decision.ts'
import { complete, type EndTransaction, endTransaction, fence } from '../end-transaction.ts'
import { isExpired } from '../expiration.ts'
import { type InitProducerId, initProducerId } from '../init-producer-id.ts'
import type { TopicPartitions } from '../topic-partitions.ts'
import { EPOCH_PER_TRANSACTION, isPrepared, type Transaction, type TransactionVersion } from '../transaction.ts'
import { coordinatorError, type LiveTransaction, LiveTransactions } from './live-transactions.ts'
import type { MarkerWriter } from './marker-writer.ts'
import type { TransactionLog } from './transaction-log.ts'

/** When the log cannot take the end of a transaction (a full disk), it is tried again after this. */
const COMPLETION_RETRY_MS = 1_000

export interface TransactionPlatform {
  readonly clock: Clock
  readonly codecs: Codecs
  readonly timers: Timers
}

export interface TransactionCoordinatorParts {
  readonly log: TransactionLog
  readonly markers: MarkerWriter
  readonly producerIds: ProducerIds
}

export class TransactionCoordinator {
  private readonly live: LiveTransactions
  private readonly timers = new Map<string, Timer>()
  private isClosed = false

  constructor(
    private readonly parts: TransactionCoordinatorParts,
    private readonly config: BrokerConfig,
    private readonly platform: TransactionPlatform,
    private readonly onBug: (error: unknown) => void,
  ) {
    this.live = new LiveTransactions(parts.log, platform.clock, onBug)
  }

  /**
   * Replays the log and completes what was decided; requests for ids of a partition get COORDINATOR_LOAD_IN_PROGRESS until
   * it is replayed. From now on transactions time out and ids expire.
   */
  load(): Promise<void> {
    this.every('transaction.abort.timed.out.transaction.cleanup.interval.ms', () => this.abortTimedOut())
    this.every('transaction.remove.expired.transaction.cleanup.interval.ms', () => this.removeExpired())
    return this.live.load(transactions => {
      for (const live of transactions) if (isPrepared(live.transaction)) this.complete(live)
    })
  }
  get isLoading(): boolean {
    return this.live.isLoading
  }

  /** Makes sure that transactions have a place to live. Throws {@link KafkaError} COORDINATOR_NOT_AVAILABLE. */
  ensureAvailable(): Promise<void> {
    return this.parts.log.ensureTopic()
  }

  /** Stops all timers. Transactions that are being completed are so after the next start. */
  close(): void {
    this.isClosed = true
    for (const timer of this.timers.values()) timer.cancel()
    this.live.close()
    this.parts.markers.close()
  }

  /** For a producer without transactions. */
  async newProducer(): Promise<ProducerAnswer> {
    const producerId = await this.freshProducerId()
    return producerId === undefined ? ErrorCode.COORDINATOR_NOT_AVAILABLE : { producerId, producerEpoch: 0 }
  }

  initProducerId(request: Omit<InitProducerId, 'freshProducerId'>): Promise<ProducerAnswer> {
    const { transactionalId, timeoutMs } = request
    if (transactionalId === '') return Promise.resolve(ErrorCode.INVALID_REQUEST)
    if (timeoutMs <= 0 || timeoutMs > this.config['transaction.max.timeout.ms'])
      return Promise.resolve(ErrorCode.INVALID_TRANSACTION_TIMEOUT)
    return this.decide(transactionalId, (current, freshProducerId) =>
      initProducerId(current, { ...request, freshProducerId }, this.nowMs()),
    )
  }

  /**
   * Waits for the transaction before to be completed, which takes only moments and clients would come again for, up to
   * `add.partitions.to.txn.retry.backoff.max.ms`.
   */
  async addPartitions(
    transactionalId: string,
    writer: TransactionalWriter,
    partitions: TopicPartitions,
    clientTransactionVersion: TransactionVersion,
  ): Promise<ErrorCode> {
    if (transactionalId === '') return ErrorCode.INVALID_REQUEST
    const add = () =>
      this.decide(transactionalId, current =>
        addPartitions(current, writer, partitions, clientTransactionVersion, this.nowMs()),
      )
    const error = await add()
    const completion = this.live.get(transactionalId)?.completion
    if (error !== ErrorCode.CONCURRENT_TRANSACTIONS || completion === undefined) return error
    await this.upTo(this.config['add.partitions.to.txn.retry.backoff.max.ms'], completion)
    return add()
  }

  endTransaction(transactionalId: string, request: Omit<EndTransaction, 'freshProducerId'>): Promise<ProducerAnswer> {
    if (transactionalId === '') return Promise.resolve(ErrorCode.INVALID_REQUEST)
    return this.decide(transactionalId, (current, freshProducerId) =>
      endTransaction(current, { ...request, freshProducerId }, this.nowMs()),
    )
  }

  /**
   * Whether the writer may write to the partitions now: they are part of its transaction, and that is durable. A promise only
   * where something has to become durable first.
   */
  verify(
    transactionalId: string,
    writer: TransactionalWriter,
    partitions: TopicPartitions,
  ): ErrorCode | Promise<ErrorCode> {
    const refusal = this.refusal(transactionalId)
    if (refusal !== ErrorCode.NONE) return refusal
    const live = this.live.get(transactionalId)
    const error = verifyPartitions(live?.transaction, writer, partitions)
    if (error !== ErrorCode.NONE || live?.unsynced === undefined) return error
    return live.unsynced.then(() => this.verify(transactionalId, writer, partitions), coordinatorError)
  }

  /** The same for a writer whose partitions become part of the transaction by the write (KIP-890). */
  addAndVerify(
    transactionalId: string,
    writer: TransactionalWriter,
    partitions: TopicPartitions,
  ): ErrorCode | Promise<ErrorCode> {
    const known = this.verify(transactionalId, writer, partitions)
    if (known === ErrorCode.NONE || known instanceof Promise) return known
    return this.addThenVerify(transactionalId, writer, partitions)
  }

  private async addThenVerify(
    transactionalId: string,
    writer: TransactionalWriter,
    partitions: TopicPartitions,
  ): Promise<ErrorCode> {
    const error = await this.addPartitions(transactionalId, writer, partitions, EPOCH_PER_TRANSACTION)
    if (error !== ErrorCode.NONE) return error
    // It may have been ended while it became durable.
    return this.verify(transactionalId, writer, partitions)
  }

  /** `transaction` is undefined when there is none. */
  describe(transactionalId: string): { readonly errorCode: ErrorCode; readonly transaction: Transaction | undefined } {
    return { errorCode: this.refusal(transactionalId), transaction: this.live.get(transactionalId)?.transaction }
  }

  *transactions(): Iterable<Transaction> {
    for (const { transaction } of this.live.all()) yield transaction
  }

  private refusal(transactionalId: string): ErrorCode {
    return transactionalId === '' ? ErrorCode.INVALID_REQUEST : this.live.refusal(transactionalId)
  }

  private async decide<Answer>(
    transactionalId: string,
    core: (current: Transaction | undefined, freshProducerId?: number) => TransactionDecision<Answer | ErrorCode>,
  ): Promise<Answer | ErrorCode> {
    let freshProducerId: number | undefined
    for (;;) {
      const refusal = this.live.refusal(transactionalId)
      if (refusal !== ErrorCode.NONE) return refusal
      const decision = core(this.live.get(transactionalId)?.transaction, freshProducerId)
      if (decision.kind !== 'producerIdNeeded') return this.carryOut(transactionalId, decision)
      freshProducerId = await this.freshProducerId()
      if (freshProducerId === undefined) return ErrorCode.COORDINATOR_NOT_AVAILABLE
    }
  }

  private async carryOut<Answer>(
    transactionalId: string,
    decision: Exclude<TransactionDecision<Answer>, { kind: 'producerIdNeeded' }>,
  ): Promise<Answer | ErrorCode> {
    try {
      if (decision.kind === 'change') this.change(decision.next)
      await this.live.get(transactionalId)?.unsynced
      return decision.answer
    } catch (error) {
      return coordinatorError(error)
    }
  }

  /** Throws {@link KafkaError}; then nothing has changed. */
  private change(next: Transaction): void {
    const live = this.live.change(next)
    if (isPrepared(next)) this.complete(live)
  }

  private complete(live: LiveTransaction): void {
    const completion = this.completed(live)
      .catch(error => this.onBug(error))
      .finally(() => {
        if (live.completion === completion) live.completion = undefined
      })
    live.completion = completion
  }

  /** Nothing else changes a decided transaction until this is done. */
  private async completed(live: LiveTransaction): Promise<void> {
    const { log, markers } = this.parts
    const prepared = live.transaction
    let coordinatorEpoch: number
    try {
      coordinatorEpoch = log.coordinatorEpochOf(prepared.transactionalId)
      await live.unsynced
    } catch (error) {
      // The log is offline: the next start finds out whether it was decided.
      if (error instanceof KafkaError) return
      throw error
    }
    const isWritten = await markers.writeAll(prepared, coordinatorEpoch)
    while (isWritten && !this.isClosed) {
      try {
        this.live.change(complete(prepared, this.nowMs()))
        return
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error
      }
      await this.platform.timers.sleep(COMPLETION_RETRY_MS)
    }
  }

  private abortTimedOut(): void {
    const monotonicMs = this.platform.clock.monotonicMs()
    for (const { transaction, deadlineMs } of this.live.all()) {
      if (transaction.state !== 'Ongoing' || deadlineMs >= monotonicMs) continue
      this.orNextTime(() => this.change(fence(transaction, this.nowMs())))
    }
  }

  private removeExpired(): void {
    const expirationMs = this.config['transactional.id.expiration.ms']
    const expired = new Map<number, string[]>()
    for (const { transaction } of this.live.all()) {
      const { transactionalId } = transaction
      const partition = this.parts.log.partitionOf(transactionalId)
      if (partition === undefined || !isExpired(transaction, expirationMs, this.nowMs())) continue
      const ids = expired.get(partition)
      if (ids === undefined) expired.set(partition, [transactionalId])
      else ids.push(transactionalId)
    }
    for (const ids of expired.values()) this.orNextTime(() => this.live.remove(ids))
  }

  /** What the log cannot take now is still to do when the timer fires again. */
  private orNextTime(append: () => void): void {
    try {
      append()
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
    }
  }

  private every(interval: IntervalSetting, sweep: () => void): void {
    const timer = this.platform.timers.after(this.config[interval], () => {
      sweep()
      this.every(interval, sweep)
    })
    this.timers.set(interval, timer)
  }

  /** Undefined when no more can be reserved at the moment. */
  private async freshProducerId(): Promise<number | undefined> {
    try {
      return await this.parts.producerIds.next()
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      return undefined
    }
  }

  private upTo(delayMs: number, promise: Promise<void>): Promise<void> {
    return new Promise(resolve => {
      const timer = this.platform.timers.after(delayMs, resolve)
      promise.then(() => {
        timer.cancel()
        resolve()
      })
    })
  }

  private nowMs(): number {
    return this.platform.clock.nowMs()
  }
}

type IntervalSetting =
  | 'transaction.abort.timed.out.transaction.cleanup.interval.ms'
  | 'transaction.remove.expired.transaction.cleanup.interval.ms'
