import { describe, expect, test } from 'vitest'
import {
  IllegalTransactionMoveError,
  moveTransaction,
  TRANSACTION_STATES,
  type TransactionEvent,
  type TransactionState,
} from '../../src/transactions/transaction-moves.ts'

const EVENTS: TransactionEvent[] = [
  'initialized',
  'partitionsAdded',
  'committed',
  'aborted',
  'fenced',
  'completed',
  'expired',
]
const illegal = null

/** State × event → next state, written out once more so that a slip in the table shows. */
const EXPECTED: Record<TransactionState, (TransactionState | null)[]> = {
  //                initialized  added      committed        aborted         fenced     completed  expired
  Empty: ['Empty', 'Ongoing', illegal, 'PrepareAbort', illegal, illegal, 'Dead'],
  Ongoing: [illegal, 'Ongoing', 'PrepareCommit', 'PrepareAbort', 'PrepareEpochFence', illegal, illegal],
  PrepareCommit: [illegal, illegal, illegal, illegal, illegal, 'CompleteCommit', illegal],
  PrepareAbort: [illegal, illegal, illegal, illegal, illegal, 'CompleteAbort', illegal],
  CompleteCommit: ['Empty', 'Ongoing', illegal, 'PrepareAbort', illegal, illegal, 'Dead'],
  CompleteAbort: ['Empty', 'Ongoing', illegal, 'PrepareAbort', illegal, illegal, 'Dead'],
  Dead: [illegal, illegal, illegal, illegal, illegal, illegal, illegal],
  PrepareEpochFence: [illegal, illegal, illegal, 'PrepareAbort', illegal, illegal, illegal],
}

describe('moves of a transactional id', () => {
  const cells = TRANSACTION_STATES.flatMap(state =>
    EVENTS.map((event, index) => ({ state, event, next: EXPECTED[state][index]! })),
  )
  test.each(cells)('$state + $event → $next', ({ state, event, next }) => {
    if (next === illegal) expect(() => moveTransaction(state, event)).toThrow(IllegalTransactionMoveError)
    else expect(moveTransaction(state, event)).toBe(next)
  })

  test('ids are those of the log', () => {
    expect(TRANSACTION_STATES.map((state, id) => `${id} ${state}`)).toEqual([
      '0 Empty',
      '1 Ongoing',
      '2 PrepareCommit',
      '3 PrepareAbort',
      '4 CompleteCommit',
      '5 CompleteAbort',
      '6 Dead',
      '7 PrepareEpochFence',
    ])
  })
})
