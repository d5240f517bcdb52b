import type { ScanDirection } from '../rows.ts'

/** A row of a window store: the window of `key` that starts at `startMs`. */
export interface WindowRow {
  readonly key: Buffer
  readonly startMs: number
  readonly value: Buffer
}

export interface WindowRange {
  /** Undefined for every key. */
  readonly key: Uint8Array | undefined
  /** Window starts in `[fromMs, toMs]`. */
  readonly fromMs: number
  readonly toMs: number
}

/** A window store in bytes: what wraps one without knowing its types. */
export interface WindowRows {
  get(key: Uint8Array, startMs: number): Buffer | undefined
  /** A null value deletes. */
  put(key: Uint8Array, startMs: number, value: Uint8Array | null): void
  /** By segment of time, then by key, then by start. */
  scan(range: WindowRange, direction: ScanDirection): IterableIterator<WindowRow>
}
