/** Which old segments of a log are over. Pure. Kafka: `UnifiedLog.deleteOldSegments`. */
import type { TopicConfig } from '../config/topic-config.ts'

export interface RetainedSegment {
  readonly baseOffset: number
  readonly sizeInBytes: number
  /** −1 without one. */
  readonly newestTimestamp: { readonly timestampMs: number }
  /** What the age of a segment without timestamps counts from. */
  readonly modifiedMs: number
}

export interface RetainedRange {
  readonly logStartOffset: number
  readonly logEndOffset: number
  readonly highWatermark: number
}

export type RetentionConfig = Pick<TopicConfig, 'cleanup.policy' | 'retention.bytes' | 'retention.ms'>

/**
 * How many of the oldest segments go: those below the start of the log, and where `cleanup.policy` has `delete` those over
 * `retention.bytes` and `retention.ms`. Never one that holds records at or behind the high watermark, never an empty active
 * one. If all of them go, the log needs a new one first.
 */
export function segmentsToDelete(
  segments: readonly RetainedSegment[],
  range: RetainedRange,
  config: RetentionConfig,
  nowMs: number,
): number {
  const endOf = (index: number) => segments[index + 1]?.baseOffset ?? range.logEndOffset
  const goesOn = (from: number, isOver: (segment: RetainedSegment) => boolean) => {
    let count = from
    while (count < segments.length) {
      const segment = segments[count]!
      const isEmptyActive = count === segments.length - 1 && segment.sizeInBytes === 0
      if (isEmptyActive || endOf(count) > range.highWatermark || !isOver(segment)) break
      count++
    }
    return count
  }

  let deleted = 0
  while (deleted < segments.length - 1 && endOf(deleted) <= range.logStartOffset) deleted++
  if (!config['cleanup.policy'].includes('delete')) return deleted

  const { 'retention.bytes': retentionBytes, 'retention.ms': retentionMs } = config
  if (retentionBytes >= 0) {
    let excessBytes = segments.slice(deleted).reduce((bytes, { sizeInBytes }) => bytes + sizeInBytes, -retentionBytes)
    deleted = goesOn(deleted, ({ sizeInBytes }) => {
      excessBytes -= sizeInBytes
      return excessBytes >= 0
    })
  }
  if (retentionMs >= 0) deleted = goesOn(deleted, segment => nowMs - ageFromMs(segment) > retentionMs)
  return deleted
}

function ageFromMs(segment: RetainedSegment): number {
  const { timestampMs } = segment.newestTimestamp
  return timestampMs >= 0 ? timestampMs : segment.modifiedMs
}
