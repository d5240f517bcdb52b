import type { TaskState } from '../task-state.ts'

/** What a store may ask of the task that owns it. */
export interface StoreContext {
  readonly state: TaskState
  /** Full name of the store's changelog topic, whether or not it exists: serdes are told it. */
  changelogTopic(storeName: string): string
  /** Timestamp of the record being processed, or what a punctuator fires for. */
  readonly timestampMs: number
  /** Sends one record to the store's changelog. The bytes are not changed afterwards. Null is a tombstone. */
  logChange(storeName: string, key: Uint8Array, value: Uint8Array | null, timestampMs: number): void
  /** A row was too old for the store and was not written: counts in `dropped-records`. */
  dropExpired(): void
}
