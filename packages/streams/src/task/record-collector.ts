import type { RecordHeaders } from '../processor/record.ts'

/** Where a task's output goes: a producer, or the test driver's queues. Never blocks and never throws for a broken link. */
export interface RecordCollector {
  /** What was sent has to drain before more is processed: a task stops behind the record in hand. */
  readonly isFull: boolean
  /**
   * @param topic the full name; internal topics carry their application prefix
   * @param partition null leaves the choice to Kafka's default: murmur2 of the key, any partition for a null key
   * @param value null is a tombstone
   */
  send(
    topic: string,
    partition: number | null,
    key: Uint8Array | null,
    value: Uint8Array | null,
    timestampMs: number,
    headers: RecordHeaders,
  ): void
  /** Partitions of `topic`; undefined while its metadata is unknown. */
  partitionCount(topic: string): number | undefined
}
