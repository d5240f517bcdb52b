/** The life of a transactional producer, and what error codes mean for its transaction. Pure tables. */
import { ErrorCode } from '@millrace/protocol'
import { IllegalMoveError } from '../../errors/client-errors.ts'

export type TransactionState =
  /** Before `initTransactions`. */
  | 'Uninitialized'
  | 'Initializing'
  /** No transaction. */
  | 'Ready'
  | 'InTransaction'
  /** Records go out, then the coordinator is told. A call that timed out leaves the producer here. */
  | 'Committing'
  | 'Aborting'
  /** Something failed: the transaction can only be aborted. */
  | 'MustAbort'
  /** The producer is of no more use. */
  | 'Broken'

export type TransactionEvent =
  | 'initialize'
  | 'initialized'
  /** Nothing was settled with the coordinator; the call may be repeated. */
  | 'notInitialized'
  | 'begin'
  | 'commit'
  | 'abort'
  /** The coordinator has taken the verdict. */
  | 'ended'
  /** A record or an offset could not be written. */
  | 'failed'
  /** The coordinator will have no more of this producer. */
  | 'broke'

/** Every legal move. A missing cell is an illegal move. */
export const TRANSACTION_MOVES: Record<TransactionState, Partial<Record<TransactionEvent, TransactionState>>> = {
  Uninitialized: { initialize: 'Initializing', broke: 'Broken' },
  Initializing: { initialized: 'Ready', notInitialized: 'Uninitialized', broke: 'Broken' },
  Ready: { begin: 'InTransaction', broke: 'Broken' },
  InTransaction: { commit: 'Committing', abort: 'Aborting', failed: 'MustAbort', broke: 'Broken' },
  Committing: { ended: 'Ready', failed: 'MustAbort', broke: 'Broken' },
  Aborting: { ended: 'Ready', failed: 'Aborting', broke: 'Broken' },
  MustAbort: { abort: 'Aborting', failed: 'MustAbort', broke: 'Broken' },
  Broken: { failed: 'Broken', broke: 'Broken' },
}

export function nextTransactionState(state: TransactionState, event: TransactionEvent): TransactionState {
  const next = TRANSACTION_MOVES[state][event]
  if (next === undefined) throw new IllegalMoveError(state, event)
  return next
}

/** Batches that were sent once are sent again even in a transaction that failed: what became of them must be known. */
export const SENDS_BATCHES: Record<TransactionState, boolean> = {
  Uninitialized: false,
  Initializing: false,
  Ready: false,
  InTransaction: true,
  Committing: true,
  Aborting: true,
  MustAbort: true,
  Broken: false,
}

export type TransactionFailure =
  /** The transaction can be aborted, and the next one may succeed. */
  | 'abortable'
  /** As abortable, but the coordinator has forgotten the producer, so there is nothing to be aborted any more. */
  | 'forgotten'
  /** A newer producer has taken the transactional id, or the coordinator has ended the transaction by itself. */
  | 'fenced'
  | 'fatal'

const FAILURES: ReadonlyMap<number, TransactionFailure> = new Map<number, TransactionFailure>([
  [ErrorCode.PRODUCER_FENCED, 'fenced'],
  // What brokers before PRODUCER_FENCED say, and partition leaders to this day.
  [ErrorCode.INVALID_PRODUCER_EPOCH, 'fenced'],
  [ErrorCode.INVALID_PRODUCER_ID_MAPPING, 'forgotten'],
  [ErrorCode.UNKNOWN_PRODUCER_ID, 'forgotten'],
  [ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, 'fatal'],
  [ErrorCode.CLUSTER_AUTHORIZATION_FAILED, 'fatal'],
  [ErrorCode.UNSUPPORTED_VERSION, 'fatal'],
  [ErrorCode.UNSUPPORTED_FOR_MESSAGE_FORMAT, 'fatal'],
  [ErrorCode.INVALID_TRANSACTION_TIMEOUT, 'fatal'],
  [ErrorCode.INVALID_REQUEST, 'fatal'],
])

/** What an error code that no retry mends means. */
export function transactionFailure(errorCode: number, saidBy: 'coordinator' | 'partition'): TransactionFailure {
  // A partition may lack what the coordinator has; a coordinator that says so is right.
  if (saidBy === 'partition' && errorCode === ErrorCode.UNKNOWN_PRODUCER_ID) return 'abortable'
  if (errorCode === ErrorCode.INVALID_TXN_STATE) return saidBy === 'partition' ? 'abortable' : 'fatal'
  return FAILURES.get(errorCode) ?? 'abortable'
}
