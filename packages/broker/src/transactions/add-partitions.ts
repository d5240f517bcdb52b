/**
 * AddPartitionsToTxn (API key 24), AddOffsetsToTxn (25) and their silent forms: what a transaction writes to becomes part of
 * it before the write, so that its markers reach every place.
 */
import { ErrorCode } from '@millrace/protocol'
import { answered, changed, type TransactionDecision } from './decision.ts'
import { containsAll, type TopicPartitions, unionOf } from './topic-partitions.ts'
import { isPrepared, nextProducer, type Transaction, type TransactionVersion } from './transaction.ts'
import { moveTransaction } from './transaction-moves.ts'

/** Who writes, as it says itself. */
export interface TransactionalWriter {
  readonly producerId: number
  readonly producerEpoch: number
}

export function addPartitions(
  current: Transaction | undefined,
  writer: TransactionalWriter,
  partitions: TopicPartitions,
  clientTransactionVersion: TransactionVersion,
  nowMs: number,
): TransactionDecision<ErrorCode> {
  const problem = problemWith(current, writer)
  if (current === undefined || problem !== ErrorCode.NONE) return answered(problem)
  const isOpen = current.state === 'Ongoing'
  if (isOpen && containsAll(current.partitions, partitions)) return answered(ErrorCode.NONE)
  const next: Transaction = {
    ...current,
    state: moveTransaction(current.state, 'partitionsAdded'),
    partitions: unionOf(current.partitions, partitions),
    startMs: isOpen ? current.startMs : nowMs,
    lastUpdateMs: nowMs,
    clientTransactionVersion,
  }
  return changed(next, ErrorCode.NONE)
}

/** Whether the partitions are part of the transaction; TRANSACTION_ABORTABLE if not (KIP-890). */
export function verifyPartitions(
  current: Transaction | undefined,
  writer: TransactionalWriter,
  partitions: TopicPartitions,
): ErrorCode {
  const problem = problemWith(current, writer)
  if (current === undefined || problem !== ErrorCode.NONE) return problem
  return containsAll(current.partitions, partitions) ? ErrorCode.NONE : ErrorCode.TRANSACTION_ABORTABLE
}

function problemWith(current: Transaction | undefined, { producerId, producerEpoch }: TransactionalWriter): ErrorCode {
  if (current === undefined) return ErrorCode.INVALID_PRODUCER_ID_MAPPING
  const producer = nextProducer(current)
  if (producer.producerId !== producerId) return ErrorCode.INVALID_PRODUCER_ID_MAPPING
  if (producer.producerEpoch !== producerEpoch) return ErrorCode.PRODUCER_FENCED
  return isPrepared(current) ? ErrorCode.CONCURRENT_TRANSACTIONS : ErrorCode.NONE
}
