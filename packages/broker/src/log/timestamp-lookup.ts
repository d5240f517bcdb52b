import type { BatchCodecs, RecordBatch } from '@millrace/protocol'
import { scanBatches } from './segment/batch-scan.ts'
import type { Segment } from './segment/segment.ts'

export interface OffsetAndTimestamp {
  readonly offset: number
  readonly timestampMs: number
  readonly leaderEpoch: number
}

/** `[fromOffset, untilOffset)`: where to look. */
export interface OffsetRange {
  readonly fromOffset: number
  readonly untilOffset: number
}

/**
 * The first record of the range whose timestamp is at least `timestampMs`; null if there is none. Looks into batches,
 * compressed ones too. Throws CorruptBatchError.
 */
export async function findByTimestamp(
  segments: readonly Segment[],
  timestampMs: number,
  range: OffsetRange,
  codecs: BatchCodecs,
): Promise<OffsetAndTimestamp | null> {
  for (const segment of segments) {
    if (segment.isRetired || segment.newestTimestamp.timestampMs < timestampMs) continue
    const found = await findInSegment(segment, timestampMs, range, codecs)
    if (found !== null) return found
  }
  return null
}

async function findInSegment(
  segment: Segment,
  timestampMs: number,
  range: OffsetRange,
  codecs: BatchCodecs,
): Promise<OffsetAndTimestamp | null> {
  const olderUpTo = segment.timeIndex.lastBefore(timestampMs)?.offset ?? segment.baseOffset
  const start = segment.positionOf(Math.max(olderUpTo, range.fromOffset))
  if (start === undefined || start === null) return null
  let found: OffsetAndTimestamp | null = null
  await scanBatches(segment.log, start, segment.sizeInBytes, batch => {
    if (batch.baseOffset >= range.untilOffset) return false
    if (batch.maxTimestampMs >= timestampMs) found = findInBatch(batch, timestampMs, range, codecs)
    return found === null
  })
  return found
}

function findInBatch(
  batch: RecordBatch,
  timestampMs: number,
  { fromOffset, untilOffset }: OffsetRange,
  codecs: BatchCodecs,
): OffsetAndTimestamp | null {
  const cursor = batch.cursor(codecs)
  while (cursor.advance())
    if (cursor.timestampMs >= timestampMs && cursor.offset >= fromOffset && cursor.offset < untilOffset)
      return { offset: cursor.offset, timestampMs: cursor.timestampMs, leaderEpoch: batch.partitionLeaderEpoch }
  return null
}
