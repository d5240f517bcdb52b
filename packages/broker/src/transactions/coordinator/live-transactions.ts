/**
 * The transactional ids this node coordinates, alive: loaded from `__transaction_state`, changed by decisions of the pure
 * core. A change is in force as soon as it is in the log, so that whatever comes next builds on it; what a client is told
 * waits until it is durable.
 */
import type { Clock } from '@millrace/platform'
import { ErrorCode, KafkaError } from '@millrace/protocol'
import { isStorageFailure } from '../../coordinator/coordinator-log.ts'
import { remainingMs } from '../expiration.ts'
import type { Transaction } from '../transaction.ts'
import { transactionFromRecord, transactionRecord, transactionTombstone } from '../transaction-record.ts'
import type { TransactionLog } from './transaction-log.ts'

/** A transactional id with what the log does not hold. */
export interface LiveTransaction {
  transaction: Transaction
  /** The last change, until it is durable. Rejects with {@link KafkaError} if it never will be. */
  unsynced: Promise<void> | undefined
  /** Monotonic time at which the open transaction has taken too long. */
  deadlineMs: number
  /** While a decided transaction is being completed. Never rejects. */
  completion: Promise<void> | undefined
}

export class LiveTransactions {
  private readonly byId = new Map<string, LiveTransaction>()
  /** Partitions of `__transaction_state` that are being replayed, and those whose replay failed. */
  private readonly loading = new Set<number>()
  private readonly broken = new Set<number>()
  private isClosed = false

  constructor(
    private readonly log: TransactionLog,
    private readonly clock: Clock,
    private readonly onBug: (error: unknown) => void,
  ) {}

  /** Replays every partition; `loaded` gets the transactional ids of one when it is done. */
  async load(loaded: (transactions: readonly LiveTransaction[]) => void): Promise<void> {
    const partitionCount = this.log.topic?.partitionCount ?? 0
    for (let partition = 0; partition < partitionCount; partition++) this.loading.add(partition)
    for (let partition = 0; partition < partitionCount && !this.isClosed; partition++) {
      const transactions = await this.loadPartition(partition)
      this.loading.delete(partition)
      if (transactions === undefined) this.broken.add(partition)
      else if (!this.isClosed) loaded(transactions)
    }
  }

  private async loadPartition(partition: number): Promise<LiveTransaction[] | undefined> {
    const found = new Map<string, Transaction>()
    try {
      await this.log.load(partition, {
        record: record => {
          const transaction = transactionFromRecord(record)
          if (transaction === null) found.delete(record.key.transactionalId)
          else found.set(transaction.transactionalId, transaction)
        },
      })
    } catch (error) {
      // A broker that stops has closed the log under the reader; a disk that fails takes its partitions.
      if (!this.isClosed && !isStorageFailure(error)) this.onBug(error)
      return undefined
    }
    return Array.from(found.values(), transaction => {
      const live = { transaction, unsynced: undefined, deadlineMs: this.deadlineOf(transaction), completion: undefined }
      this.byId.set(transaction.transactionalId, live)
      return live
    })
  }

  get isLoading(): boolean {
    return this.loading.size > 0
  }
  /** Why no request for the id can be served now; NONE if it can. */
  refusal(transactionalId: string): ErrorCode {
    if (this.isClosed) return ErrorCode.COORDINATOR_NOT_AVAILABLE
    const partition = this.log.partitionOf(transactionalId)
    if (partition === undefined) return ErrorCode.NOT_COORDINATOR
    if (this.loading.has(partition)) return ErrorCode.COORDINATOR_LOAD_IN_PROGRESS
    return this.broken.has(partition) ? ErrorCode.NOT_COORDINATOR : ErrorCode.NONE
  }

  get(transactionalId: string): LiveTransaction | undefined {
    return this.byId.get(transactionalId)
  }
  all(): Iterable<LiveTransaction> {
    return this.byId.values()
  }

  /** Appends and takes over; `unsynced` tells when it is durable. Throws {@link KafkaError}; then nothing has changed. */
  change(next: Transaction): LiveTransaction {
    const { durable } = this.log.append(next.transactionalId, [transactionRecord(next)])
    const live = this.byId.get(next.transactionalId)
    const changed = live ?? { transaction: next, unsynced: undefined, deadlineMs: Infinity, completion: undefined }
    if (live === undefined) this.byId.set(next.transactionalId, changed)
    const goesOn = changed.transaction.state === 'Ongoing' && next.state === 'Ongoing'
    if (!goesOn) changed.deadlineMs = this.deadlineOf(next)
    changed.transaction = next
    changed.unsynced = durable
    const settled = () => {
      if (changed.unsynced === durable) changed.unsynced = undefined
    }
    // What cannot be made durable takes the partition offline: it stays unsynced, and whoever waits for it is told.
    durable.then(settled, () => undefined)
    return changed
  }

  /** Forgets transactional ids, all of one partition, for good. Throws {@link KafkaError}; then nothing has changed. */
  remove(transactionalIds: readonly string[]): void {
    const [first] = transactionalIds
    if (first === undefined) return
    const { durable } = this.log.append(first, transactionalIds.map(transactionTombstone))
    durable.catch(() => undefined)
    for (const transactionalId of transactionalIds) this.byId.delete(transactionalId)
  }

  close(): void {
    this.isClosed = true
  }

  private deadlineOf(transaction: Transaction): number {
    if (transaction.state !== 'Ongoing') return Infinity
    return this.clock.monotonicMs() + remainingMs(transaction, this.clock.nowMs())
  }
}

/** What a client is told of an error of the log. Source: Apache Kafka, `TransactionStateManager.appendTransactionToLog`. */
export function coordinatorError(error: unknown): ErrorCode {
  if (!(error instanceof KafkaError)) throw error
  switch (error.errorCode) {
    case ErrorCode.KAFKA_STORAGE_ERROR:
      return ErrorCode.NOT_COORDINATOR
    case ErrorCode.MESSAGE_TOO_LARGE:
      return ErrorCode.UNKNOWN_SERVER_ERROR
    default:
      return error.errorCode as ErrorCode
  }
}
