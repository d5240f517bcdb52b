import type { TopicConfig } from '../../config/topic-config.ts'

/** What decides whether a segment can be compacted. */
export interface SegmentAge {
  readonly baseOffset: number
  readonly sizeInBytes: number
  /** Of the first batch; −1 without one. May read a file. */
  readonly firstTimestampMs: number
  /** May read a file. */
  readonly newestTimestamp: { readonly timestampMs: number }
}

export interface LogState<S extends SegmentAge> {
  /** Complete and durable, oldest first: never the active one. */
  readonly sealedSegments: readonly S[]
  /** Where the first segment behind them begins. */
  readonly sealedEndOffset: number
  readonly logStartOffset: number
  readonly logEndOffset: number
  readonly lastStableOffset: number
  /** Where the last pass ended; undefined if there was none. */
  readonly compactedOffset: number | undefined
  readonly config: Pick<
    TopicConfig,
    'min.cleanable.dirty.ratio' | 'min.compaction.lag.ms' | 'max.compaction.lag.ms' | 'cleanup.policy'
  >
}

/** What a pass over a log would look at. */
export interface CompactionCandidate<S extends SegmentAge> {
  /** Keys from here on are not known to be the latest. */
  readonly dirtyOffset: number
  /** Where the first segment begins that the pass leaves alone. */
  readonly endOffset: number
  /** All before `endOffset`. */
  readonly segments: readonly S[]
  /** Share of the bytes in `segments` that were not compacted before. */
  readonly dirtyRatio: number
  /** Whether the topic's settings ask for a pass. */
  readonly isDue: boolean
}

/** Undefined if there is nothing to compact. Kafka: `LogCleanerManager.cleanableOffsets`, `LogToClean`. Pure but for what segments read. */
export function compactionCandidate<S extends SegmentAge>(
  log: LogState<S>,
  nowMs: number,
): CompactionCandidate<S> | undefined {
  const { config } = log
  if (!config['cleanup.policy'].includes('compact')) return undefined
  const { sealedSegments } = log
  if (sealedSegments.length === 0) return undefined
  const dirtyOffset = firstDirtyOffset(log)
  if (dirtyOffset >= log.sealedEndOffset) return undefined
  const firstDirty = Math.max(
    0,
    sealedSegments.findLastIndex(segment => segment.baseOffset <= dirtyOffset),
  )
  const end = endIndex(log, firstDirty, nowMs)
  const dirty = sealedSegments.slice(firstDirty, end)
  const dirtyBytes = bytesOf(dirty)
  if (dirtyBytes === 0) return undefined
  const segments = sealedSegments.slice(0, end)
  const cleanBytes = bytesOf(segments.filter(segment => segment.baseOffset < dirtyOffset))
  const dirtyRatio = dirtyBytes / (cleanBytes + dirtyBytes)
  return {
    dirtyOffset,
    endOffset: endOffsetOf(log, end - 1),
    segments,
    dirtyRatio,
    isDue: dirtyRatio > config['min.cleanable.dirty.ratio'] || isOverdue(dirty, config['max.compaction.lag.ms'], nowMs),
  }
}

function firstDirtyOffset({ compactedOffset, logStartOffset, logEndOffset }: LogState<SegmentAge>): number {
  const isKnown = compactedOffset !== undefined && compactedOffset >= logStartOffset && compactedOffset <= logEndOffset
  return isKnown ? compactedOffset : logStartOffset
}

/** How many segments can be compacted: up to the first one with undecided records or, of the dirty ones, with young ones. */
function endIndex(log: LogState<SegmentAge>, firstDirty: number, nowMs: number): number {
  const { sealedSegments, lastStableOffset, config } = log
  const minLagMs = config['min.compaction.lag.ms']
  const isYoung = (segment: SegmentAge) => minLagMs > 0 && segment.newestTimestamp.timestampMs > nowMs - minLagMs
  const end = sealedSegments.findIndex(
    (segment, index) => endOffsetOf(log, index) > lastStableOffset || (index >= firstDirty && isYoung(segment)),
  )
  return end < 0 ? sealedSegments.length : end
}

/** The offset behind a segment. */
function endOffsetOf({ sealedSegments, sealedEndOffset }: LogState<SegmentAge>, index: number): number {
  return sealedSegments[index + 1]?.baseOffset ?? sealedEndOffset
}

function bytesOf(segments: readonly SegmentAge[]): number {
  return segments.reduce((bytes, segment) => bytes + segment.sizeInBytes, 0)
}

function isOverdue(dirty: readonly SegmentAge[], maxLagMs: number, nowMs: number): boolean {
  const latestMs = nowMs - maxLagMs
  return latestMs > 0 && dirty.some(({ firstTimestampMs }) => firstTimestampMs > 0 && firstTimestampMs < latestMs)
}
