/**
 * The seam below the stores: a durable ordered map from bytes to bytes, one for each task. The real form is LevelDB,
 * the simulated one a sorted map that forgets what was not synced when its process crashes.
 */
import type { KeyRange } from '../bytes/byte-order.ts'
import type { Row, ScanDirection } from '../rows.ts'

export interface StateEngines {
  /**
   * Opens, or creates, the engine that lives in `directory`.
   * Rejects with a {@link StateEngineError}; with code `STATE_LOCKED` while another process has it open.
   */
  open(directory: string): Promise<StateEngine>
  /** Forgets what is kept in `directory`, which is not open. Fine if there is nothing. */
  remove(directory: string): Promise<void>
}

export interface StateEngine {
  /** Synchronous point read: what the last completed batch left. */
  get(key: Uint8Array): Buffer | undefined
  /** An empty batch. One at a time may be under way. */
  batch(): StateBatch
  /** Up to `limit` rows of the range in its order, at least one if there is any. Synchronous, for the record path. */
  scan(range: KeyRange, direction: ScanDirection, limit: number): Row[]
  /** As `scan`, in the pool: for interactive queries. */
  scanAsync(range: KeyRange, direction: ScanDirection, limit: number): Promise<Row[]>
  /** What the engine holds now, unchanged by later batches. The caller closes it before the engine. */
  snapshot(): StateSnapshot
  /** Deletes the rows of the range, not atomically and not synced: after a crash some may be back. */
  clear(range: KeyRange): Promise<void>
  /** Waits for what is under way. Idempotent. */
  close(): Promise<void>
}

export interface StateBatch {
  put(key: Uint8Array, value: Uint8Array): void
  delete(key: Uint8Array): void
  /** All of it or nothing, in the order given; durable once it resolves. Rejects with a {@link StateEngineError}. */
  write(): Promise<void>
}

export interface StateSnapshot {
  get(key: Uint8Array): Buffer | undefined
  scan(range: KeyRange, direction: ScanDirection, limit: number): Promise<Row[]>
  close(): Promise<void>
}
