/** The life of a transactional id, as a table. Source: Apache Kafka, `TransactionState`. */
import { MillraceError } from '@millrace/protocol'

/** Index = id in `__transaction_state`. */
export const TRANSACTION_STATES = [
  'Empty',
  'Ongoing',
  'PrepareCommit',
  'PrepareAbort',
  'CompleteCommit',
  'CompleteAbort',
  'Dead',
  'PrepareEpochFence',
] as const
export type TransactionState = (typeof TRANSACTION_STATES)[number]

/**
 * `initialized`: a producer has taken the transactional id over. `committed`, `aborted`: it is decided, from here on the
 * markers are written. `fenced`: the producer is shut out by a new epoch, its transaction to be aborted. `completed`: all
 * markers are written.
 */
export type TransactionEvent =
  | 'initialized'
  | 'partitionsAdded'
  | 'committed'
  | 'aborted'
  | 'fenced'
  | 'completed'
  | 'expired'

/**
 * Every legal move of a transactional id. A missing cell is an illegal move. The log never shows `PrepareEpochFence`, which
 * moves on within the same decision, nor `Dead`, which is a tombstone there. Without an open transaction only producers
 * that get an epoch per transaction may abort (KIP-890).
 */
export const TRANSACTION_MOVES: Record<TransactionState, Partial<Record<TransactionEvent, TransactionState>>> = {
  Empty: { initialized: 'Empty', partitionsAdded: 'Ongoing', aborted: 'PrepareAbort', expired: 'Dead' },
  Ongoing: {
    partitionsAdded: 'Ongoing',
    committed: 'PrepareCommit',
    aborted: 'PrepareAbort',
    fenced: 'PrepareEpochFence',
  },
  PrepareCommit: { completed: 'CompleteCommit' },
  PrepareAbort: { completed: 'CompleteAbort' },
  CompleteCommit: { initialized: 'Empty', partitionsAdded: 'Ongoing', aborted: 'PrepareAbort', expired: 'Dead' },
  CompleteAbort: { initialized: 'Empty', partitionsAdded: 'Ongoing', aborted: 'PrepareAbort', expired: 'Dead' },
  Dead: {},
  PrepareEpochFence: { aborted: 'PrepareAbort' },
}

/** Only a bug of ours makes one: requests that do not fit the state get an error code. */
export class IllegalTransactionMoveError extends MillraceError {
  readonly code = 'ILLEGAL_TRANSACTION_MOVE'
  constructor(
    readonly state: TransactionState,
    readonly event: TransactionEvent,
  ) {
    super(`a transactional id that is ${state} has no move for ${event}`)
  }
}

/** Throws {@link IllegalTransactionMoveError}. */
export function moveTransaction(state: TransactionState, event: TransactionEvent): TransactionState {
  const next = TRANSACTION_MOVES[state][event]
  if (next === undefined) throw new IllegalTransactionMoveError(state, event)
  return next
}
