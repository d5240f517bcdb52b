import type { BatchCodecs, RecordBatch } from '@millrace/protocol'
import { findBatchBehind, scanBatches } from './batch-scan.ts'
import type { Segment } from './segment.ts'
import type { AbortedSpan } from './transaction-index.ts'

export interface SegmentRecovery {
  readonly codecs: BatchCodecs
  readonly indexIntervalBytes: number
  /** Records below were durable: bytes among them that are no valid batch are damage, not the torn end of a write. */
  readonly durableOffset: number
  /** Called with each valid batch, in order. A view; valid during the call. Tells of the rolled back transaction it ended. */
  readonly onBatch: (batch: RecordBatch) => AbortedSpan | undefined
}

export interface RecoveredSegment {
  /** Offset behind the last valid batch. */
  readonly endOffset: number
  /** Position behind it. Everything further on is torn. */
  readonly endPosition: number
  /** Stretches of damaged bytes with valid batches behind them. They stay; reading them gives CORRUPT_MESSAGE. */
  readonly damageCount: number
}

/**
 * Walks a segment batch by batch (size, format, checksum, increasing offsets) and makes its indexes anew. A batch that is
 * not valid ends the segment, unless it was durable and valid ones follow. Changes no byte of the log file, but writes
 * those batches again that are not known to be durable: after a failed sync the system takes them for written, so that
 * the sync of this recovery would leave them in the page cache.
 */
export async function recoverSegment(segment: Segment, recovery: SegmentRecovery): Promise<RecoveredSegment> {
  const { codecs, indexIntervalBytes, durableOffset, onBatch } = recovery
  const { log, sizeInBytes, baseOffset } = segment
  segment.clearIndexes()
  let endOffset = baseOffset
  let endPosition = 0
  let damageCount = 0
  let isBehindDamage = false
  /**
   * Compaction leaves gaps, and only among durable records. The checksum does not cover the base offset, so a greater one
   * may be damage too: then the next batch does not fit.
   */
  const isGap = (batch: RecordBatch, position: number): boolean => {
    if (batch.baseOffset < endOffset || endOffset >= durableOffset) return false
    const next = segment.baseOffsetAt(position + batch.sizeInBytes)
    return next === undefined || next > batch.lastOffset
  }
  const visit = (batch: RecordBatch, position: number): boolean => {
    const { baseOffset: batchOffset, lastOffset } = batch
    if (batchOffset !== endOffset && !isGap(batch, position)) return false
    if (!segment.covers(lastOffset) || !batch.hasValidChecksum(codecs)) return false
    if (lastOffset >= durableOffset) log.write(batch.bytes, position)
    const appended = { bytes: batch.bytes, lastOffset, maxTimestampMs: batch.maxTimestampMs }
    segment.reindex(appended, position, indexIntervalBytes, isBehindDamage)
    isBehindDamage = false
    const aborted = onBatch(batch)
    if (aborted !== undefined) {
      segment.reserveAborted()
      segment.addAborted(aborted)
    }
    endOffset = lastOffset + 1
    endPosition = position + batch.sizeInBytes
    return true
  }
  for (let from: number | undefined = 0; from !== undefined; ) {
    const stopped: number = await scanBatches(log, from, sizeInBytes, visit)
    from = undefined
    if (stopped < sizeInBytes && endOffset < durableOffset) {
      from = await findBatchBehind(log, stopped, sizeInBytes, endOffset, codecs)
      if (from !== undefined) {
        segment.markDamaged(stopped)
        damageCount++
        isBehindDamage = true
      }
    }
  }
  return { endOffset, endPosition, damageCount }
}
