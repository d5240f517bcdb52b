/** Reads of a store as the last commit left it, for whoever is not its processor. Ordered reads do not hold up the task. */
import type { Windowed } from '../windows/windowed.ts'
import type { ScanDirection } from './rows.ts'

export interface CommittedKeyValues<K, T> {
  getCommitted(key: K): T | undefined
  /** Both ends inclusive; null is an open end. */
  rangeCommitted(from: K | null, to: K | null, direction: ScanDirection): AsyncIterableIterator<readonly [K, T]>
}

export interface CommittedWindows<K, T> {
  /** The window that starts exactly at `startMs`. */
  fetchCommitted(key: K, startMs: number): T | undefined
  /** Windows that start in `[fromMs, toMs]`, of one key or of all. */
  scanCommitted(
    key: K | undefined,
    fromMs: number,
    toMs: number,
    direction: ScanDirection,
  ): AsyncIterableIterator<readonly [Windowed<K>, T]>
}
