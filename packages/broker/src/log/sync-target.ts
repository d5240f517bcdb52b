/** What can be made durable. */
export interface SyncTarget {
  /** Syncs everything written so far. Deals with its own failure: never rejects. */
  sync(): Promise<void>
}
