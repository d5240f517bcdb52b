/** EndTxn (API key 26), timeouts and fencing: a transaction is decided here, and completed once its markers are written. */
import { ErrorCode } from '@millrace/protocol'
import type { TransactionVerdict } from '../log/producers/end-marker.ts'
import { NO_PRODUCER_ID } from '../log/record-place.ts'
import type { TransactionalWriter } from './add-partitions.ts'
import { answered, changed, PRODUCER_ID_NEEDED, type ProducerAnswer, type TransactionDecision } from './decision.ts'
import { NO_PARTITIONS } from './topic-partitions.ts'
import {
  EPOCH_PER_TRANSACTION,
  isEpochExhausted,
  isPrepared,
  LAST_PRODUCER_EPOCH,
  nextProducer,
  type Transaction,
  type TransactionVersion,
} from './transaction.ts'
import { moveTransaction } from './transaction-moves.ts'

export interface EndTransaction extends TransactionalWriter {
  readonly verdict: TransactionVerdict
  readonly clientTransactionVersion: TransactionVersion
  /** Where an earlier decision asked for one. */
  readonly freshProducerId: number | undefined
}

export function endTransaction(
  current: Transaction | undefined,
  request: EndTransaction,
  nowMs: number,
): TransactionDecision<ProducerAnswer> {
  if (current === undefined) return answered(ErrorCode.INVALID_PRODUCER_ID_MAPPING)
  const hasOwnEpoch = request.clientTransactionVersion >= EPOCH_PER_TRANSACTION
  return hasOwnEpoch ? endWithOwnEpoch(current, request, nowMs) : endWithSharedEpoch(current, request, nowMs)
}

/** The next transaction has the same epoch, so a late request cannot be told from one for this transaction. */
function endWithSharedEpoch(
  current: Transaction,
  request: EndTransaction,
  nowMs: number,
): TransactionDecision<ProducerAnswer> {
  const { producerId, producerEpoch, verdict, clientTransactionVersion } = request
  if (current.producerId !== producerId) return answered(ErrorCode.INVALID_PRODUCER_ID_MAPPING)
  if (current.producerEpoch !== producerEpoch) return answered(ErrorCode.PRODUCER_FENCED)
  if (current.state === 'Ongoing')
    return changed({ ...decided(current, verdict, nowMs), clientTransactionVersion }, { producerId, producerEpoch })
  return repeated(current, verdict)
}

/**
 * Each transaction has its own epoch: one below the current one is a retry of the request that ended it, the current one
 * belongs to what came after (KIP-890).
 */
function endWithOwnEpoch(
  current: Transaction,
  request: EndTransaction,
  nowMs: number,
): TransactionDecision<ProducerAnswer> {
  const { producerId, producerEpoch, verdict, freshProducerId } = request
  if (isRetryOfEnd(current, request)) return repeated(current, verdict)
  const producer = nextProducer(current)
  if (producer.producerId !== producerId) return answered(ErrorCode.INVALID_PRODUCER_ID_MAPPING)
  if (producer.producerEpoch !== producerEpoch) return answered(ErrorCode.PRODUCER_FENCED)
  if (isPrepared(current)) return answered(ErrorCode.CONCURRENT_TRANSACTIONS)
  // Nothing was written. An abort is allowed all the same: the producer wants to be sure, and to have the next epoch.
  if (current.state !== 'Ongoing' && verdict === 'commit') return answered(ErrorCode.INVALID_TXN_STATE)
  if (isEpochExhausted(producerEpoch) && freshProducerId === undefined) return PRODUCER_ID_NEEDED
  const next = {
    ...withNextEpoch(decided(current, verdict, nowMs)),
    nextProducerId: isEpochExhausted(producerEpoch) ? freshProducerId! : NO_PRODUCER_ID,
  }
  return changed(next, nextProducer(next))
}

/** Whether the request comes from the transaction that was ended last. */
function isRetryOfEnd(current: Transaction, { producerId, producerEpoch }: TransactionalWriter): boolean {
  if (current.state === 'Empty' || current.state === 'Ongoing') return false
  if (current.producerId === producerId && current.producerEpoch === producerEpoch + 1) return true
  // The producer id was changed with the last epoch, and the producer does not know yet.
  const isPrevious = current.previousProducerId === producerId && current.producerEpoch === 0
  return isPrevious && producerEpoch === LAST_PRODUCER_EPOCH
}

/** Nothing is open: the request fits if it asks for what happened last. */
function repeated(
  { state, producerId, producerEpoch }: Transaction,
  verdict: TransactionVerdict,
): TransactionDecision<ProducerAnswer> {
  if (state === (verdict === 'commit' ? 'PrepareCommit' : 'PrepareAbort'))
    return answered(ErrorCode.CONCURRENT_TRANSACTIONS)
  if (state === (verdict === 'commit' ? 'CompleteCommit' : 'CompleteAbort'))
    return answered({ producerId, producerEpoch })
  return answered(ErrorCode.INVALID_TXN_STATE)
}

function decided(current: Transaction, verdict: TransactionVerdict, nowMs: number): Transaction {
  return {
    ...current,
    state: moveTransaction(current.state, verdict === 'commit' ? 'committed' : 'aborted'),
    // An abort without a transaction is one that begins and ends at once.
    startMs: current.partitions.size === 0 ? nowMs : current.startMs,
    lastUpdateMs: nowMs,
  }
}

function withNextEpoch(transaction: Transaction): Transaction {
  const { producerEpoch } = transaction
  return {
    ...transaction,
    producerEpoch: producerEpoch + 1,
    lastProducerEpoch: producerEpoch,
    clientTransactionVersion: EPOCH_PER_TRANSACTION,
  }
}

/** Aborts the open transaction of a producer that took too long or was replaced. Its epoch is of no use from now on. */
export function fence(current: Transaction, nowMs: number): Transaction {
  const fenced = { ...current, state: moveTransaction(current.state, 'fenced') }
  return withNextEpoch(decided(fenced, 'abort', nowMs))
}

/** After the markers of a decided transaction are durable. */
export function complete(prepared: Transaction, nowMs: number): Transaction {
  const { producerId, previousProducerId, nextProducerId } = prepared
  return {
    ...prepared,
    ...nextProducer(prepared),
    state: moveTransaction(prepared.state, 'completed'),
    previousProducerId: nextProducerId === NO_PRODUCER_ID ? previousProducerId : producerId,
    nextProducerId: NO_PRODUCER_ID,
    partitions: NO_PARTITIONS,
    lastUpdateMs: nowMs,
  }
}

/** What the markers of a decided transaction say. */
export function verdictOf({ state }: Transaction): TransactionVerdict {
  return state === 'PrepareCommit' ? 'commit' : 'abort'
}
