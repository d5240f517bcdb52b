/** Kafka Streams' timestamp extractors. All but the wall clock start from the timestamp in the log. */
import type { Clock } from '@millrace/platform'
import { StreamsError } from '../errors.ts'
import type { TimestampExtractor } from './nodes.ts'

/** The default. Throws a StreamsError for a negative timestamp, which ends the task. */
export const failOnInvalidTimestamp: TimestampExtractor = record => {
  if (record.timestampMs >= 0) return record.timestampMs
  const { topic, partition, offset, timestampMs } = record
  throw new StreamsError(
    `record ${topic}-${partition}@${offset} has the timestamp ${timestampMs}: use another timestamp extractor to accept it`,
  )
}

/** A record with a negative timestamp is dropped. */
export const skipOnInvalidTimestamp: TimestampExtractor = record => record.timestampMs

/** A record with a negative timestamp gets the greatest one of its partition so far; throws a StreamsError without one. */
export const usePartitionTimeOnInvalidTimestamp: TimestampExtractor = (record, partitionTimeMs) => {
  if (record.timestampMs >= 0) return record.timestampMs
  if (partitionTimeMs >= 0) return partitionTimeMs
  throw new StreamsError(`the first record of ${record.topic}-${record.partition} has no valid timestamp`)
}

export function wallClockTimestamp(clock: Clock): TimestampExtractor {
  return () => clock.nowMs()
}

/** True for extractors that are content with the timestamp in the log and need neither key nor value. */
export function readsLogTimestampOnly(extractor: TimestampExtractor): boolean {
  return (
    extractor === failOnInvalidTimestamp ||
    extractor === skipOnInvalidTimestamp ||
    extractor === usePartitionTimeOnInvalidTimestamp
  )
}
