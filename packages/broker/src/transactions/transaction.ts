import { NO_PRODUCER_ID } from '../log/record-place.ts'
import { NO_PARTITIONS, type TopicPartitions } from './topic-partitions.ts'
import type { TransactionState } from './transaction-moves.ts'

export const NO_PRODUCER_EPOCH = -1
/** The last epoch a producer may work with. The one above stays free, so that it can still be fenced. */
export const LAST_PRODUCER_EPOCH = 0x7fff - 1

/**
 * Who decides about the epoch (feature `transaction.version`). Up to 1 a producer keeps its epoch from one transaction to the
 * next; from 2 on each transaction has an epoch of its own, and what is written to becomes part of it by the write (KIP-890).
 */
export type TransactionVersion = 0 | 1 | 2
export const EPOCH_PER_TRANSACTION: TransactionVersion = 2

/** A transactional id with its producer and its latest transaction. A value: decisions give the next one. */
export interface Transaction {
  readonly transactionalId: string
  readonly state: TransactionState
  readonly producerId: number
  /** {@link NO_PRODUCER_EPOCH} until the first InitProducerId is decided. */
  readonly producerEpoch: number
  /** The epoch a lost answer may have left the producer with (KIP-360), else −1. Not in the log: a restart forgets it. */
  readonly lastProducerEpoch: number
  /** The producer id before the last change, else −1: a producer that missed the answer still has it. */
  readonly previousProducerId: number
  /** What the producer goes on with after this transaction, because its epochs are used up; else −1. */
  readonly nextProducerId: number
  readonly timeoutMs: number
  /** Where markers have to be written. Empty unless a transaction is open or decided. */
  readonly partitions: TopicPartitions
  /** Wall clock when the first partition was added; −1 without a transaction. */
  readonly startMs: number
  /** Wall clock of the last change, from which the id expires. */
  readonly lastUpdateMs: number
  /** Of the client that made the last change. */
  readonly clientTransactionVersion: TransactionVersion
}

/** An id that is seen for the first time: InitProducerId gives it its first epoch. */
export function newTransaction(transactionalId: string, producerId: number, nowMs: number): Transaction {
  return {
    transactionalId,
    state: 'Empty',
    producerId,
    producerEpoch: NO_PRODUCER_EPOCH,
    lastProducerEpoch: NO_PRODUCER_EPOCH,
    previousProducerId: NO_PRODUCER_ID,
    nextProducerId: NO_PRODUCER_ID,
    timeoutMs: 0,
    partitions: NO_PARTITIONS,
    startMs: -1,
    lastUpdateMs: nowMs,
    clientTransactionVersion: 0,
  }
}

export function isEpochExhausted(producerEpoch: number): boolean {
  return producerEpoch >= LAST_PRODUCER_EPOCH
}

/** What the producer was told to be from the end of this transaction on; the same as before, where nothing was ended. */
export function nextProducer({ producerId, producerEpoch, nextProducerId }: Transaction): {
  readonly producerId: number
  readonly producerEpoch: number
} {
  return nextProducerId === NO_PRODUCER_ID
    ? { producerId, producerEpoch }
    : { producerId: nextProducerId, producerEpoch: 0 }
}

/** Decided, with markers still to be written. */
export function isPrepared({ state }: Transaction): boolean {
  return state === 'PrepareCommit' || state === 'PrepareAbort'
}
