/** InitProducerId (API key 22) with a transactional id: a producer takes it over, and whoever had it is fenced. */
import { ErrorCode } from '@millrace/protocol'
import { answered, changed, PRODUCER_ID_NEEDED, type ProducerAnswer, type TransactionDecision } from './decision.ts'
import { fence } from './end-transaction.ts'
import { NO_PARTITIONS } from './topic-partitions.ts'
import { isEpochExhausted, isPrepared, NO_PRODUCER_EPOCH, newTransaction, type Transaction } from './transaction.ts'
import { moveTransaction } from './transaction-moves.ts'

/** What a producer that goes on after an error believes to be (KIP-360). */
export interface ExpectedProducer {
  readonly producerId: number
  readonly producerEpoch: number
}

export interface InitProducerId {
  readonly transactionalId: string
  readonly timeoutMs: number
  readonly expected: ExpectedProducer | undefined
  /** Where an earlier decision asked for one. */
  readonly freshProducerId: number | undefined
}

/** `current`: undefined for an id that is not known yet. */
export function initProducerId(
  current: Transaction | undefined,
  request: InitProducerId,
  nowMs: number,
): TransactionDecision<ProducerAnswer> {
  const { transactionalId, expected, freshProducerId } = request
  if (current === undefined) {
    if (freshProducerId === undefined) return PRODUCER_ID_NEEDED
    return takeOver(newTransaction(transactionalId, freshProducerId, nowMs), request, nowMs)
  }
  if (isPrepared(current)) return answered(ErrorCode.CONCURRENT_TRANSACTIONS)
  if (expected !== undefined && !mayGoOn(current, expected)) return answered(ErrorCode.PRODUCER_FENCED)
  if (current.state !== 'Ongoing') return takeOver(current, request, nowMs)
  // The client comes again, and gets an epoch above that of the abort.
  return changed(fence(current, nowMs), ErrorCode.CONCURRENT_TRANSACTIONS)
}

/** Whether the epoch fits as well is found out by {@link bumpedEpochs}. */
function mayGoOn(current: Transaction, { producerId, producerEpoch }: ExpectedProducer): boolean {
  if (current.producerEpoch === NO_PRODUCER_EPOCH || producerId === current.producerId) return true
  // The answer that told of the new producer id was lost.
  return producerId === current.previousProducerId && isEpochExhausted(producerEpoch)
}

function takeOver(
  current: Transaction,
  { timeoutMs, expected, freshProducerId }: InitProducerId,
  nowMs: number,
): TransactionDecision<ProducerAnswer> {
  const initialized = {
    ...current,
    state: moveTransaction(current.state, 'initialized'),
    timeoutMs,
    partitions: NO_PARTITIONS,
    startMs: -1,
    lastUpdateMs: nowMs,
  }
  const hasCurrentEpoch = expected === undefined || expected.producerEpoch === current.producerEpoch
  if (isEpochExhausted(current.producerEpoch) && hasCurrentEpoch) {
    if (freshProducerId === undefined) return PRODUCER_ID_NEEDED
    return withProducer({
      ...initialized,
      producerId: freshProducerId,
      previousProducerId: current.producerId,
      producerEpoch: 0,
      lastProducerEpoch: expected === undefined ? NO_PRODUCER_EPOCH : current.producerEpoch,
    })
  }
  const epochs = bumpedEpochs(current, expected)
  return epochs === undefined ? answered(ErrorCode.PRODUCER_FENCED) : withProducer({ ...initialized, ...epochs })
}

function withProducer(next: Transaction): TransactionDecision<ProducerAnswer> {
  return changed(next, { producerId: next.producerId, producerEpoch: next.producerEpoch })
}

/** Undefined: the producer has been fenced by another one. */
function bumpedEpochs(
  { producerEpoch, lastProducerEpoch }: Transaction,
  expected: ExpectedProducer | undefined,
): Pick<Transaction, 'producerEpoch' | 'lastProducerEpoch'> | undefined {
  const bumped = producerEpoch + 1
  if (expected === undefined) return { producerEpoch: bumped, lastProducerEpoch: NO_PRODUCER_EPOCH }
  if (producerEpoch === NO_PRODUCER_EPOCH || expected.producerEpoch === producerEpoch)
    return { producerEpoch: bumped, lastProducerEpoch: producerEpoch }
  // A retry: had another producer come in between, there would be no last epoch.
  if (expected.producerEpoch === lastProducerEpoch) return { producerEpoch, lastProducerEpoch }
  return undefined
}
