import type { TopicPartition } from '@millrace/client'

/** Hears how stores are brought up to their changelogs. Called between polls; what it throws ends the application. */
export interface StateRestoreListener {
  /** Offsets `[startingOffset, endingOffset)` will be read. */
  onRestoreStart?(changelog: TopicPartition, storeName: string, startingOffset: number, endingOffset: number): void
  /** Records before `batchEndOffset` are in the store now. */
  onBatchRestored?(changelog: TopicPartition, storeName: string, batchEndOffset: number, restoredRecords: number): void
  /** The store is complete. */
  onRestoreEnd?(changelog: TopicPartition, storeName: string, totalRestoredRecords: number): void
}
