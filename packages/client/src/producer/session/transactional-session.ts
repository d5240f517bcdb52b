/**
 * Transactions of one producer (KIP-98, KIP-360, KIP-447, KIP-890). States and moves are tables in
 * `transaction-states.ts`, the requests are in `transaction-coordinator.ts`; this keeps what a transaction consists of
 * and carries the moves out.
 *
 * Two versions, chosen when a transaction begins. Version 1: every partition is added at the coordinator before its first
 * batch, and transactions share an epoch. Version 2, where the cluster has it: brokers add partitions by themselves, and
 * each transaction has an epoch of its own, so that nothing of an earlier one can get into a later one.
 *
 * A step that runs out of time leaves the state as it is; the same call takes it up again.
 */
import { ErrorCode, KafkaError, MillraceError } from '@millrace/protocol'
import type { Cluster } from '../../cluster/cluster.ts'
import { isRetriable } from '../../cluster/retry.ts'
import { TopicPartitionMap } from '../../cluster/topic-partition.ts'
import { type TimeLimit, withTimeLimit } from '../../connection/time-limit.ts'
import { CommitFailedError } from '../../consumer/consumer-errors.ts'
import type { GroupIdentity, OffsetToCommit } from '../../consumer/group/group-offsets.ts'
import { TimeoutError } from '../../errors/client-errors.ts'
import type { PartitionQueue, ProducerIdentity } from '../partition-queue.ts'
import type { ProducerBatch } from '../producer-batch.ts'
import type { ProducerSession } from './producer-session.ts'
import { TransactionCoordinator, type TransactionCoordinatorSettings } from './transaction-coordinator.ts'
import {
  InvalidProducerStateError,
  ProducerFencedError,
  TransactionAbortedError,
  TransactionMustAbortError,
  TransactionTimedOutError,
} from './transaction-errors.ts'
import {
  nextTransactionState,
  SENDS_BATCHES,
  type TransactionEvent,
  type TransactionState,
  transactionFailure,
} from './transaction-states.ts'

/** Brokers take a produce request of this version or below as one of transaction version 1. */
const LAST_PRODUCE_VERSION_WITHOUT_OWN_EPOCHS = 11

/** The records of the producer. */
export interface TransactionHost {
  /** Resolves when the outcome of every record sent so far is known. */
  settle(): Promise<void>
  /** Fails every record that has never been on its way to a broker. */
  drop(error: MillraceError): void
  /** Fails every record. */
  abandon(error: MillraceError): void
  /** Batches that were not admitted may be now. */
  onNews(): void
}

export interface TransactionalSettings extends TransactionCoordinatorSettings {
  /** How long partitions may wait to be added. */
  readonly deliveryTimeoutMs: number
}

export class TransactionalSession implements ProducerSession {
  private state: TransactionState = 'Uninitialized'
  private identity: ProducerIdentity | null = null
  /** Why the state is MustAbort or Broken. */
  private failure: MillraceError | undefined
  private readonly coordinator: TransactionCoordinator
  /** Requests of one transaction to the coordinator follow each other; this is the latest. */
  private lastStep: Promise<unknown> = Promise.resolve()
  private isAdding = false

  // Of the current transaction.
  private beganMs = 0
  private ownEpochs = false
  /** The cluster may know of it. */
  private hasStarted = false
  private readonly partitions = new TopicPartitionMap<true>()
  private readonly partitionsToAdd = new TopicPartitionMap<true>()
  private readonly groups = new Set<string>()
  /** Sequences, or the fate of requests, are not certain: what comes later must have another epoch. */
  private needsNewEpoch = false
  /** The coordinator does not know the producer any more. */
  private isForgotten = false

  constructor(
    private readonly cluster: Cluster,
    private readonly settings: TransactionalSettings,
    private readonly host: TransactionHost,
    private readonly closing: AbortSignal,
  ) {
    this.coordinator = new TransactionCoordinator(cluster, settings)
  }

  get transactionalId(): string {
    return this.settings.transactionalId
  }
  get maxProduceVersion(): number | undefined {
    return this.ownEpochs ? undefined : LAST_PRODUCE_VERSION_WITHOUT_OWN_EPOCHS
  }
  /** A transaction is open, or the call that was to end it has timed out. */
  get isInTransaction(): boolean {
    return this.identity !== null && SENDS_BATCHES[this.state]
  }

  async initialize(limit: TimeLimit): Promise<void> {
    this.requireNotBroken()
    if (this.state !== 'Uninitialized')
      throw new InvalidProducerStateError(`producer ${this.transactionalId} is initialized once, before anything else`)
    this.move('initialize')
    try {
      this.identity = await this.step(() => this.coordinator.initProducerId(null, limit))
      this.move('initialized')
    } catch (error) {
      if (!isFinal(error)) this.move('notInitialized')
      else this.breakDown(error)
      throw this.failure ?? error
    }
  }

  begin(): void {
    this.requireNoFailure()
    if (this.state !== 'Ready') {
      const reason = this.state === 'Uninitialized' ? 'call initTransactions first' : 'a transaction is open already'
      throw new InvalidProducerStateError(`producer ${this.transactionalId} cannot begin a transaction: ${reason}`)
    }
    this.move('begin')
    this.beganMs = this.cluster.platform.clock.monotonicMs()
    this.ownEpochs = this.coordinator.hasOwnEpochs
    this.coordinator.hasUnknownOutcome = false
  }

  async sendOffsets(offsets: readonly OffsetToCommit[], group: GroupIdentity, limit: TimeLimit): Promise<void> {
    this.requireOpenForRecords()
    if (offsets.length === 0) return
    try {
      await this.step(async () => {
        this.requireOpenForRecords()
        const identity = this.requireIdentity()
        this.hasStarted = true
        if (!this.ownEpochs && !this.groups.has(group.groupId)) {
          await this.coordinator.addOffsets(identity, group.groupId, limit)
          this.groups.add(group.groupId)
        }
        await this.coordinator.commitOffsets(identity, group, offsets, this.ownEpochs, limit)
      })
    } catch (error) {
      if (!isFinal(error)) throw error
      const isOutOfGroup = error instanceof KafkaError && OUT_OF_GROUP.has(error.errorCode)
      const told = isOutOfGroup ? new CommitFailedError(group.groupId, { cause: error }) : error
      this.failed(told, 'coordinator')
      throw this.state === 'Broken' ? this.failure : told
    }
  }

  async commit(limit: TimeLimit): Promise<void> {
    if (this.state !== 'Committing') {
      this.requireNoFailure()
      this.requireTransaction('commit')
      this.move('commit')
    }
    await this.settled(limit)
    this.requireNoFailure()
    await this.end('commit', limit)
  }

  async abort(limit: TimeLimit): Promise<void> {
    this.requireNotBroken()
    if (this.state === 'Committing')
      throw new InvalidProducerStateError(
        `the transaction of ${this.transactionalId} is being committed: repeat commitTransaction to learn the outcome`,
      )
    if (this.state !== 'Aborting') {
      this.requireTransaction('abort')
      this.move('abort')
      this.host.drop(new TransactionAbortedError(this.transactionalId))
    }
    await this.settled(limit)
    this.requireNotBroken()
    await this.end('abort', limit)
  }

  /** Ends what is open, for a producer that closes: the verdict that was asked for, otherwise an abort. */
  async finish(limit: TimeLimit): Promise<void> {
    if (!this.isInTransaction) return
    try {
      if (this.state === 'Committing') await this.commit(limit)
      else await this.abort(limit)
    } catch (error) {
      // The coordinator aborts it after transaction.timeout.ms.
      if (!(error instanceof MillraceError)) throw error
    }
  }

  // What the sender asks

  admits(queue: PartitionQueue<ProducerBatch>): boolean {
    const { identity } = this
    if (identity === null || !SENDS_BATCHES[this.state]) return false
    queue.adopt(identity)
    const { topic, partition } = queue
    if (this.partitions.has(topic, partition)) return true
    if (this.ownEpochs) {
      this.hasStarted = true
      this.partitions.set(topic, partition, true)
      return true
    }
    this.partitionsToAdd.set(topic, partition, true)
    this.addPartitions(identity)
    return false
  }

  requireOpenForRecords(): void {
    this.requireNoFailure()
    if (this.state === 'InTransaction') return
    const reason = this.state === 'Uninitialized' ? 'initTransactions and beginTransaction' : 'beginTransaction'
    throw new InvalidProducerStateError(
      `producer ${this.transactionalId} has no open transaction: call ${reason} first`,
    )
  }

  gaveUp(error: MillraceError, wasSent: boolean): MillraceError {
    if (wasSent) this.needsNewEpoch = true
    if (SENDS_BATCHES[this.state]) this.failed(error, 'partition')
    return this.state === 'Broken' ? this.failure! : error
  }

  // Steps

  /** Runs when the steps before it are over, however they ended. */
  private step<T>(run: () => Promise<T>): Promise<T> {
    const result = this.lastStep.then(run)
    this.lastStep = result.catch(() => {})
    return result
  }

  private addPartitions(identity: ProducerIdentity): void {
    if (this.isAdding) return
    this.isAdding = true
    const limit = { timeoutMs: this.settings.deliveryTimeoutMs, signal: this.closing }
    this.step(async () => {
      const added = [...this.partitionsToAdd.keys()]
      this.partitionsToAdd.clear()
      this.hasStarted = true
      await this.coordinator.addPartitions(identity, added, limit)
      for (const { topic, partition } of added) this.partitions.set(topic, partition, true)
    })
      .catch((error: unknown) => {
        // What a retry may mend is asked for again, as long as there are batches for it.
        if (!this.closing.aborted && isFinal(error)) this.failed(error, 'coordinator')
      })
      .then(() => {
        this.isAdding = false
        this.host.onNews()
      })
  }

  private settled(limit: TimeLimit): Promise<void> {
    const { timers } = this.cluster.platform
    const onTimeout = () =>
      new TimeoutError(`delivering the records of the transaction of ${this.transactionalId}`, limit.timeoutMs)
    return withTimeLimit(timers, this.host.settle(), limit, onTimeout)
  }

  private async end(verdict: 'commit' | 'abort', limit: TimeLimit): Promise<void> {
    try {
      await this.step(async () => {
        const { coordinator } = this
        // Another call with the same verdict was faster.
        if (this.state === 'Ready') return
        if (this.hasStarted && !this.isForgotten) {
          this.identity = await coordinator.end(this.requireIdentity(), verdict, this.ownEpochs, limit)
          this.hasStarted = false
          if (this.ownEpochs) this.needsNewEpoch = false
          else if (coordinator.hasUnknownOutcome) this.needsNewEpoch = true
        }
        if (this.needsNewEpoch || this.isForgotten)
          this.identity = await coordinator.initProducerId(this.requireIdentity(), limit)
        this.ended()
      })
    } catch (error) {
      if (!isFinal(error)) throw error
      this.failed(error, 'coordinator')
      this.requireNoFailure()
      throw error
    }
  }

  private ended(): void {
    this.move('ended')
    this.failure = undefined
    this.hasStarted = false
    this.needsNewEpoch = false
    this.isForgotten = false
    this.partitions.clear()
    this.partitionsToAdd.clear()
    this.groups.clear()
  }

  // Failures

  private failed(error: MillraceError, saidBy: 'coordinator' | 'partition'): void {
    const failure = error instanceof KafkaError ? transactionFailure(error.errorCode, saidBy) : 'abortable'
    if (failure === 'fenced' || failure === 'fatal') return this.breakDown(error)
    if (failure === 'forgotten') this.isForgotten = true
    const isFirst = this.state !== 'MustAbort' && this.state !== 'Aborting'
    this.move('failed')
    if (!isFirst) return
    this.failure = error
    this.host.drop(new TransactionAbortedError(this.transactionalId, { cause: error }))
  }

  private breakDown(error: MillraceError): void {
    if (this.state === 'Broken') return
    this.failure = this.isFencing(error) ? this.fenced(error) : error
    this.move('broke')
    this.host.abandon(this.failure)
  }

  private isFencing(error: MillraceError): boolean {
    return error instanceof KafkaError && transactionFailure(error.errorCode, 'coordinator') === 'fenced'
  }

  private fenced(cause: MillraceError): ProducerFencedError {
    const { transactionTimeoutMs } = this.settings
    const openForMs = this.cluster.platform.clock.monotonicMs() - this.beganMs
    return SENDS_BATCHES[this.state] && openForMs >= transactionTimeoutMs
      ? new TransactionTimedOutError(this.transactionalId, openForMs, transactionTimeoutMs, { cause })
      : new ProducerFencedError(this.transactionalId, { cause })
  }

  private requireNotBroken(): void {
    if (this.state === 'Broken') throw this.failure
  }
  private requireNoFailure(): void {
    this.requireNotBroken()
    if (this.state === 'MustAbort') throw new TransactionMustAbortError(this.transactionalId, { cause: this.failure! })
  }
  private requireTransaction(call: string): void {
    if (this.isInTransaction) return
    throw new InvalidProducerStateError(`producer ${this.transactionalId} has no transaction to ${call}`)
  }
  private requireIdentity(): ProducerIdentity {
    if (this.identity === null)
      throw new InvalidProducerStateError(`producer ${this.transactionalId} has no producer id`)
    return this.identity
  }
  private move(event: TransactionEvent): void {
    this.state = nextTransactionState(this.state, event)
  }
}

/** The group has gone on: the offsets are not this member's to commit any more. */
const OUT_OF_GROUP: ReadonlySet<number> = new Set([
  ErrorCode.REBALANCE_IN_PROGRESS,
  ErrorCode.ILLEGAL_GENERATION,
  ErrorCode.UNKNOWN_MEMBER_ID,
  ErrorCode.STALE_MEMBER_EPOCH,
  ErrorCode.FENCED_MEMBER_EPOCH,
])

function isFinal(error: unknown): error is MillraceError {
  return error instanceof MillraceError && !isRetriable(error)
}
