import type { Transaction } from './transaction.ts'
import { TRANSACTION_MOVES } from './transaction-moves.ts'

/** Whether a transactional id is to be forgotten: nothing is open or being ended, and nothing has happened for long enough. */
export function isExpired(transaction: Transaction, expirationMs: number, nowMs: number): boolean {
  const mayExpire = TRANSACTION_MOVES[transaction.state].expired !== undefined
  return mayExpire && transaction.lastUpdateMs <= nowMs - expirationMs
}

/** How long an open transaction may still take, in [0, its timeout]: the wall clock may have jumped since it began. */
export function remainingMs({ startMs, timeoutMs }: Transaction, nowMs: number): number {
  return Math.min(Math.max(startMs + timeoutMs - nowMs, 0), timeoutMs)
}
