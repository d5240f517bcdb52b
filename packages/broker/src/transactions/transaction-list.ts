/** ListTransactions (API key 66): which transactional ids are asked for. */
import { compileNamePattern } from '../metadata/name-pattern.ts'
import type { Transaction } from './transaction.ts'
import { TRANSACTION_STATES } from './transaction-moves.ts'

/** What is empty, negative or null does not filter. */
export interface TransactionFilter {
  /** Names; those that are no states match nothing. */
  readonly states: readonly string[]
  readonly producerIds: readonly number[]
  /** Only transactions that began longer ago than this. */
  readonly durationMs: number
  /** RE2 syntax, for the whole id. */
  readonly idPattern: string | null
}

/** Throws KafkaError INVALID_REGULAR_EXPRESSION. */
export function transactionFilter(filter: TransactionFilter, nowMs: number): (transaction: Transaction) => boolean {
  const states = new Set(filter.states)
  const producerIds = new Set(filter.producerIds)
  const { durationMs, idPattern } = filter
  const matches =
    idPattern === null || idPattern === '' ? undefined : compileNamePattern(idPattern, 'TransactionalIdPattern')
  return ({ transactionalId, state, producerId, startMs }) =>
    (states.size === 0 || states.has(state)) &&
    (producerIds.size === 0 || producerIds.has(producerId)) &&
    (durationMs < 0 || nowMs - startMs > durationMs) &&
    (matches === undefined || matches(transactionalId))
}

export function unknownStates(states: readonly string[]): string[] {
  const known = new Set<string>(TRANSACTION_STATES)
  return states.filter(state => !known.has(state))
}
