/**
 * Opening a partition's directory. No file stays open: most partitions of a start are idle.
 *
 * After a clean stop everything is as it should be: the end of the log is found behind the last index entry, the producers
 * in the snapshot there. Otherwise the segments from the recovery point on are walked batch by batch; the log ends at
 * the first one that is torn, what lies behind goes, indexes and producers are made anew, and all of it is synced before
 * anyone reads it. Nothing is cut that the recovery point calls durable as long as valid batches follow.
 *
 * A crash in the middle leaves what the next recovery can begin with: batches are only ever cut from the end.
 */
import type { Files } from '@millrace/platform'
import type { BatchCodecs, RecordBatch } from '@millrace/protocol'
import type { TopicConfig } from '../config/topic-config.ts'
import { recoverSwaps } from './compaction/swap-recovery.ts'
import { parseSegmentFileName } from './directory/file-names.ts'
import { LeaderEpochs } from './directory/leader-epochs.ts'
import { readEpochs, replaceEpochs, writeEpochs, writePartitionMetadata } from './directory/partition-files.ts'
import {
  type LoadedProducers,
  loadProducerSnapshot,
  removeStraySnapshots,
} from './producers/producer-snapshot-files.ts'
import { type ProducerEntry, ProducerStates, type SequencedBatch } from './producers/producer-state.ts'
import { scanBatches } from './segment/batch-scan.ts'
import { Segment } from './segment/segment.ts'
import { recoverSegment } from './segment/segment-recovery.ts'

/** How far from the end a clean start looks for batches that a snapshot leaves out (`REMEMBERED_BATCHES` of each producer). */
const PRODUCER_TAIL_BYTES = 1024 * 1024

export interface LoadOptions {
  readonly files: Files
  readonly codecs: BatchCodecs
  readonly directory: string
  readonly config: TopicConfig
  readonly wasCleanlyClosed: boolean
  /** Records below were durable when it was written. */
  readonly recoveryPoint: number
  /** From the checkpoint; the first segment may begin later. */
  readonly logStartOffset: number
  readonly nowMs: number
}

export interface LoadedLog {
  /** At least one. */
  readonly segments: readonly Segment[]
  readonly logStartOffset: number
  readonly logEndOffset: number
  readonly producers: ProducerStates
  readonly epochs: LeaderEpochs
  readonly wasScanned: boolean
  readonly truncatedBytes: number
  readonly damageCount: number
}

export async function loadLog(options: LoadOptions): Promise<LoadedLog> {
  await recoverSwaps(options.files, options.directory)
  const segments = listSegments(options)
  const logStartOffset = Math.max(options.logStartOffset, segments[0]!.baseOffset)
  const found =
    (await openLog(segments, logStartOffset, options)) ?? (await recoverLog(segments, logStartOffset, options))
  const loaded = found.logEndOffset < logStartOffset ? await beginAt(logStartOffset, found, options) : found
  for (const segment of loaded.segments) segment.close()
  return loaded
}

/**
 * Records were deleted up to an offset that a crash has taken back, which happens only where acknowledged records need not be
 * durable. The start of a log never goes back, so nothing of it is left.
 */
async function beginAt(logStartOffset: number, found: LoadedLog, options: LoadOptions): Promise<LoadedLog> {
  const { files, directory, nowMs } = options
  const segment = createSegment(files, directory, logStartOffset, nowMs)
  await segment.sync(true)
  await files.syncDirectory(directory)
  for (const old of found.segments) old.remove()
  removeStraySnapshots(files, directory, new Set(), 0)
  found.epochs.assign(found.epochs.latest + 1, logStartOffset)
  await replaceEpochs(files, directory, found.epochs)
  return { ...found, segments: [segment], logEndOffset: logStartOffset, producers: new ProducerStates() }
}

/** Removes what interrupted work has left, and creates the first segment if there is none. */
function listSegments({ files, directory, logStartOffset, nowMs }: LoadOptions): Segment[] {
  const baseOffsets: number[] = []
  for (const name of files.list(directory)) {
    if (name.endsWith('.tmp')) files.remove(`${directory}/${name}`)
    const file = parseSegmentFileName(name)
    if (file?.kind === 'log') baseOffsets.push(file.offset)
  }
  if (baseOffsets.length === 0) return [createSegment(files, directory, logStartOffset, nowMs)]
  return baseOffsets.sort((a, b) => a - b).map(baseOffset => new Segment(files, directory, baseOffset, nowMs))
}

/** The files of a new partition. */
export function createLog(files: Files, directory: string, topicId: string, nowMs: number): LoadedLog {
  files.makeDirectory(directory)
  writePartitionMetadata(files, directory, topicId)
  const epochs = new LeaderEpochs([{ leaderEpoch: 0, startOffset: 0 }])
  writeEpochs(files, directory, epochs)
  return {
    segments: [createSegment(files, directory, 0, nowMs)],
    logStartOffset: 0,
    logEndOffset: 0,
    producers: new ProducerStates(),
    epochs,
    wasScanned: false,
    truncatedBytes: 0,
    damageCount: 0,
  }
}

export function createSegment(files: Files, directory: string, baseOffset: number, nowMs: number): Segment {
  const segment = new Segment(files, directory, baseOffset, nowMs)
  segment.truncate(0)
  segment.clearIndexes()
  segment.close()
  return segment
}

/** Undefined if the log was not closed cleanly, or something is missing in spite of that. */
async function openLog(
  segments: readonly Segment[],
  logStartOffset: number,
  options: LoadOptions,
): Promise<LoadedLog | undefined> {
  const { files, directory, wasCleanlyClosed } = options
  if (!wasCleanlyClosed || !segments.every(segment => segment.hadIndexes)) return undefined
  const logEndOffset = segments.at(-1)!.readEndOffset()
  const epochStarts = readEpochs(files, directory)
  if (logEndOffset === null || epochStarts === undefined || epochStarts.length === 0) return undefined
  const range = { firstOffset: segments[0]!.baseOffset, maxOffset: logEndOffset }
  const { producers, upToOffset } = await loadProducers(segments, range, options)
  await visitBatches(segments, upToOffset, logEndOffset, replayInto(producers, options))
  if (producers.size > 0) producers.restoreEarlierBatches(await lastSequencedBatches(segments))
  return {
    segments,
    logStartOffset,
    logEndOffset,
    producers,
    epochs: new LeaderEpochs(epochStarts),
    wasScanned: false,
    truncatedBytes: 0,
    damageCount: 0,
  }
}

async function recoverLog(
  segments: readonly Segment[],
  logStartOffset: number,
  options: LoadOptions,
): Promise<LoadedLog> {
  const { files, codecs, directory, config, recoveryPoint, nowMs } = options
  const firstScanned = firstToScan(segments, recoveryPoint)
  const old = segments.slice(0, firstScanned)
  const scanned = segments.slice(firstScanned)
  const indexIntervalBytes = config['index.interval.bytes']

  const scanStart = scanned[0]!.baseOffset
  const range = { firstOffset: segments[0]!.baseOffset, maxOffset: scanStart }
  const { producers, upToOffset } = await loadProducers(segments, range, options)
  await visitBatches(old, upToOffset, scanStart, replayInto(producers, options))
  const epochStarts = readEpochs(files, directory)
  const epochs = new LeaderEpochs(epochStarts)
  const onBatch = (batch: RecordBatch) => {
    if (epochStarts === undefined) epochs.assign(batch.partitionLeaderEpoch, batch.baseOffset)
    return producers.replay(batch, nowMs, codecs)
  }

  const kept = [...old]
  let logEndOffset = scanStart
  let truncatedBytes = 0
  let damageCount = 0
  let isTorn = false
  for (const segment of scanned) {
    // A segment begins where the one before it ended, unless compaction has emptied that end, which only happens to
    // durable records.
    if (isTorn || (segment.baseOffset !== logEndOffset && segment.baseOffset > recoveryPoint)) {
      isTorn = true
      truncatedBytes += segment.sizeInBytes
      continue
    }
    const recovered = await recoverSegment(segment, {
      codecs,
      indexIntervalBytes,
      durableOffset: recoveryPoint,
      onBatch,
    })
    kept.push(segment)
    logEndOffset = recovered.endOffset
    damageCount += recovered.damageCount
    const next = segments[kept.length]
    const isDurable = next !== undefined && next.baseOffset <= recoveryPoint
    if (recovered.endPosition < segment.sizeInBytes && isDurable) damageCount++
    else if (recovered.endPosition < segment.sizeInBytes) {
      isTorn = true
      truncatedBytes += segment.sizeInBytes - recovered.endPosition
      segment.truncate(recovered.endPosition)
    }
    segment.writeIndexes()
  }
  for (const segment of segments.toReversed()) if (!kept.includes(segment)) segment.remove()
  removeStraySnapshots(files, directory, new Set(kept.map(segment => segment.baseOffset)), logEndOffset)

  epochs.truncate(logEndOffset)
  // A log that ever held records goes on where it ended, and readers may have seen some that are gone: a new epoch makes
  // them compare (KIP-320).
  const wasUsed = logEndOffset > 0
  epochs.assign(wasUsed ? epochs.latest + 1 : 0, logEndOffset)
  if (wasUsed) {
    await Promise.all(kept.slice(old.length).map(segment => segment.sync(true)))
    await replaceEpochs(files, directory, epochs)
  } else {
    writeEpochs(files, directory, epochs)
    if (kept.length < segments.length) await files.syncDirectory(directory)
  }
  if (producers.size > 0) producers.restoreEarlierBatches(await lastSequencedBatches(kept))
  return {
    segments: kept,
    logStartOffset,
    logEndOffset,
    producers,
    epochs,
    wasScanned: true,
    truncatedBytes,
    damageCount,
  }
}

/**
 * The segment with the recovery point, or an earlier one that lost an index: making that anew takes the producers of its
 * time. A recovery point where a segment begins may be from before the roll, when the one before it had no indexes yet.
 */
function firstToScan(segments: readonly Segment[], recoveryPoint: number): number {
  const withRecoveryPoint = segments.findLastIndex(segment => segment.baseOffset < recoveryPoint)
  const withoutIndexes = segments.findIndex(segment => !segment.hadIndexes)
  return Math.max(0, withoutIndexes < 0 ? withRecoveryPoint : Math.min(withRecoveryPoint, withoutIndexes))
}

function replayInto(producers: ProducerStates, { nowMs, codecs }: LoadOptions): (batch: RecordBatch) => boolean {
  return batch => {
    producers.replay(batch, nowMs, codecs)
    return true
  }
}

/**
 * The producers of a snapshot that the log bears out. One from before a compaction may hold transactions as open whose
 * markers were removed since, after the last of their records: a transaction without a record was decided.
 */
async function loadProducers(
  segments: readonly Segment[],
  range: { readonly firstOffset: number; readonly maxOffset: number },
  { files, codecs, directory, nowMs }: LoadOptions,
): Promise<LoadedProducers> {
  const { producers, upToOffset } = loadProducerSnapshot(files, directory, range, nowMs, codecs)
  const entries: ProducerEntry[] = []
  for (const entry of producers.values()) {
    const { producerId, currentTransactionFirstOffset: openSince } = entry
    // What lies before the log is deleted, and nothing tells.
    const isDecided = openSince >= range.firstOffset && !(await hasRecords(segments, producerId, openSince, upToOffset))
    entries.push(isDecided ? { ...entry, currentTransactionFirstOffset: -1 } : entry)
  }
  const borneOut = new ProducerStates()
  borneOut.restore(entries)
  return { producers: borneOut, upToOffset }
}

/** Whether `[fromOffset, toOffset)` has records of the producer. Those of an open transaction begin at `fromOffset`. */
async function hasRecords(
  segments: readonly Segment[],
  producerId: number,
  fromOffset: number,
  toOffset: number,
): Promise<boolean> {
  let isFound = false
  await visitBatches(segments, fromOffset, toOffset, batch => {
    isFound = batch.producerId === producerId && !batch.isControl && batch.recordCount > 0
    return !isFound
  })
  return isFound
}

/** Calls `visit` with the batches of `[fromOffset, toOffset)` until it returns false. Damaged stretches are left out. */
async function visitBatches(
  segments: readonly Segment[],
  fromOffset: number,
  toOffset: number,
  visit: (batch: RecordBatch) => boolean,
): Promise<void> {
  if (fromOffset >= toOffset) return
  const first = Math.max(
    0,
    segments.findLastIndex(each => each.baseOffset <= fromOffset),
  )
  let goesOn = true
  for (const segment of segments.slice(first)) {
    if (!goesOn || segment.baseOffset >= toOffset) return
    const start = segment.positionOf(fromOffset)
    if (start === undefined || start === null) continue
    await scanBatches(segment.log, start, segment.sizeInBytes, batch => {
      if (batch.baseOffset >= fromOffset && batch.baseOffset < toOffset) goesOn = visit(batch)
      else goesOn = batch.baseOffset < toOffset
      return goesOn
    })
  }
}

/** In order, from as many segments as the tail needs. */
async function lastSequencedBatches(segments: readonly Segment[]): Promise<SequencedBatch[]> {
  const tail: { segment: Segment; start: number }[] = []
  let wantedBytes = PRODUCER_TAIL_BYTES
  for (const segment of segments.toReversed()) {
    const start = tailStart(segment, wantedBytes)
    if (start === undefined) break
    tail.unshift({ segment, start })
    wantedBytes -= segment.sizeInBytes - start
    if (wantedBytes <= 0) break
  }
  const batches: SequencedBatch[] = []
  for (const { segment, start } of tail) {
    await scanBatches(segment.log, start, segment.sizeInBytes, batch => {
      if (batch.producerId >= 0 && !batch.isControl) batches.push(sequencedBatch(batch))
      return true
    })
  }
  return batches
}

/** Its own copy: the batch is a view that will be overwritten. */
function sequencedBatch(batch: RecordBatch): SequencedBatch {
  return {
    producerId: batch.producerId,
    producerEpoch: batch.producerEpoch,
    baseSequence: batch.baseSequence,
    lastSequence: batch.lastSequence,
    lastOffsetDelta: batch.lastOffsetDelta,
    lastOffset: batch.lastOffset,
    maxTimestampMs: batch.maxTimestampMs,
    isTransactional: batch.isTransactional,
  }
}

/** Where a batch begins that leaves about `bytes` to the end; undefined if the index names none that is near enough. */
function tailStart({ offsetIndex, sizeInBytes }: Segment, bytes: number): number | undefined {
  const entry = sizeInBytes <= bytes ? offsetIndex.entryCount : offsetIndex.firstBehindPosition(sizeInBytes - bytes)
  const start = entry >= offsetIndex.entryCount ? 0 : offsetIndex.entry(entry).position
  return sizeInBytes - start > 2 * PRODUCER_TAIL_BYTES ? undefined : start
}
