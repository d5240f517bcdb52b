import { ErrorCode } from '@millrace/protocol'
import { describe, expect, test } from 'vitest'
import {
  nextTransactionState,
  TRANSACTION_MOVES,
  type TransactionEvent,
  type TransactionState,
  transactionFailure,
} from '../../../src/producer/session/transaction-states.ts'

const STATES = Object.keys(TRANSACTION_MOVES) as TransactionState[]
const EVENTS = [...new Set(STATES.flatMap(state => Object.keys(TRANSACTION_MOVES[state])))] as TransactionEvent[]

describe.each(STATES)('%s', state => {
  test.each(EVENTS)('%s', event => {
    const next = TRANSACTION_MOVES[state][event]
    if (next !== undefined) expect(nextTransactionState(state, event)).toBe(next)
    else expect(() => nextTransactionState(state, event)).toThrow(`${event} cannot happen in state ${state}`)
  })
  test('can be left by being fenced', () => {
    expect(nextTransactionState(state, 'broke')).toBe('Broken')
  })
})
test('every state can be reached', () => {
  const reached = new Set<TransactionState>(['Uninitialized'])
  for (const state of reached) for (const next of Object.values(TRANSACTION_MOVES[state])) reached.add(next)
  expect([...reached].sort()).toEqual([...STATES].sort())
})
test('what has failed is never committed', () => {
  expect(Object.keys(TRANSACTION_MOVES.MustAbort).sort()).toEqual(['abort', 'broke', 'failed'])
})
test.each([
  ['PRODUCER_FENCED', 'coordinator', 'fenced'],
  ['INVALID_PRODUCER_EPOCH', 'coordinator', 'fenced'],
  ['INVALID_PRODUCER_EPOCH', 'partition', 'fenced'],
  ['INVALID_PRODUCER_ID_MAPPING', 'coordinator', 'forgotten'],
  ['UNKNOWN_PRODUCER_ID', 'coordinator', 'forgotten'],
  ['UNKNOWN_PRODUCER_ID', 'partition', 'abortable'],
  ['INVALID_TXN_STATE', 'coordinator', 'fatal'],
  ['INVALID_TXN_STATE', 'partition', 'abortable'],
  ['TRANSACTIONAL_ID_AUTHORIZATION_FAILED', 'coordinator', 'fatal'],
  ['TRANSACTION_ABORTABLE', 'partition', 'abortable'],
  ['TRANSACTION_ABORTABLE', 'coordinator', 'abortable'],
  ['OUT_OF_ORDER_SEQUENCE_NUMBER', 'partition', 'abortable'],
  ['MESSAGE_TOO_LARGE', 'partition', 'abortable'],
  ['TOPIC_AUTHORIZATION_FAILED', 'coordinator', 'abortable'],
  ['ILLEGAL_GENERATION', 'coordinator', 'abortable'],
] as const)('%s from the %s: %s', (name, saidBy, failure) => {
  expect(transactionFailure(ErrorCode[name], saidBy)).toBe(failure)
})
