import type { MetadataRecordInput } from '@millrace/protocol'
import type { LogManager } from '../log/log-manager.ts'
import type { MetadataImage } from './metadata-image.ts'

/** What a change decided: nothing has happened until the records are durable and replayed. */
export interface MetadataDecision<Result> {
  readonly records: readonly MetadataRecordInput[]
  readonly result: Result
}

/** `__cluster_metadata-0`: the database of topics, their ids and settings, and producer ids. Memory is a replay of it. */
export declare class MetadataLog {
  /** Opens or creates the log in the first data directory and replays it. */
  static open(logs: LogManager): Promise<MetadataLog>
  readonly image: MetadataImage
  /**
   * Changes run one at a time: `decide` sees the image with all earlier changes in it, its records are appended, synced and
   * replayed, listeners called, then the promise resolves. Rejects with what `decide` throws, with KAFKA_STORAGE_ERROR, and with
   * THROTTLING_QUOTA_EXCEEDED when too many changes wait.
   */
  change<Result>(decide: (image: MetadataImage) => MetadataDecision<Result>): Promise<Result>
  /** Called after each replayed record of a change made by {@link change}. */
  onChange(listener: (record: MetadataRecordInput) => void): () => void
}
