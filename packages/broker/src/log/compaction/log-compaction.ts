/**
 * One pass over one log: the latest offset of each key of the dirty part goes into a map, then the segments are written again
 * without what a later record replaces, several into one where they fit. Works in slices; appends and reads go on meanwhile.
 * Kafka: `Cleaner.doClean`.
 */
import { type Clock, FileError, type Files, type Timers } from '@millrace/platform'
import { type BatchCodecs, CorruptBatchError, KafkaError, type RecordBatch } from '@millrace/protocol'
import type { TopicConfig } from '../../config/topic-config.ts'
import { Segment } from '../segment/segment.ts'
import type { AbortedSpan } from '../segment/transaction-index.ts'
import { type CompactionPass, compactBatch, type LastOfProducer, mapKeys } from './batch-compaction.ts'
import { batchWindows } from './batch-windows.ts'
import type { CompactionCandidate } from './compaction-candidate.ts'
import { OffsetMap } from './offset-map.ts'
import { Pace } from './pace.ts'
import { groupSegments } from './segment-groups.ts'
import { TransactionVerdicts } from './transaction-verdicts.ts'

/** A cleaned segment is synced whenever this much of it is written: one sync of a gigabyte would hold up those of produces. */
const SYNC_BYTES = 8 * 1024 * 1024

/** What a pass needs of its log. */
export interface CompactableLog {
  readonly directory: string
  readonly config: TopicConfig
  readonly lastOfProducers: ReadonlyMap<number, LastOfProducer>
  /** Aborted transactions that touch `[fromOffset, untilOffset)`. */
  abortedSpans(fromOffset: number, untilOffset: number): readonly AbortedSpan[]
  /** Resolves once all that was appended so far is on the disk. */
  durable(): Promise<void>
  /** False if some of `old` have gone: nothing was done then. */
  replaceSegments(old: readonly Segment[], cleaned: Segment): Promise<boolean>
}

export interface CompactionOptions {
  readonly clock: Clock
  readonly timers: Timers
  readonly files: Files
  readonly codecs: BatchCodecs
  /** Of the map of keys. */
  readonly maxMapBytes: number
  readonly mapLoadFactor: number
  /** 32 random bits. */
  readonly mapSeed: number
  readonly readBufferBytes: number
  readonly maxBytesPerSecond: number
  /** Asked after each slice. */
  readonly isCancelled: () => boolean
  /** The process is to look killed: the files belong to the next one. */
  readonly isHalted: () => boolean
  /** Awaited before the first segment is replaced. */
  readonly beforeReplacement: () => Promise<void>
}

export interface CompactionProgress {
  phase: 'mapping' | 'copying'
  /** Of the phase. */
  readBytes: number
  totalBytes: number
}

export interface CompactionTotals {
  readBytes: number
  keptBytes: number
  readRecords: number
  keptRecords: number
  mappedKeys: number
}

export class LogCompaction {
  readonly progress: CompactionProgress = { phase: 'mapping', readBytes: 0, totalBytes: 0 }
  readonly totals: CompactionTotals = { readBytes: 0, keptBytes: 0, readRecords: 0, keptRecords: 0, mappedKeys: 0 }
  private readonly pace: Pace
  private readonly latest: OffsetMap
  private readonly nowMs: number
  private readonly transactions: TransactionVerdicts
  private unsyncedBytes = 0
  private isReplacing = false

  constructor(
    private readonly log: CompactableLog,
    private readonly candidate: CompactionCandidate<Segment>,
    private readonly options: CompactionOptions,
  ) {
    const { clock, timers, codecs, maxMapBytes, mapLoadFactor, mapSeed, maxBytesPerSecond } = options
    this.nowMs = clock.nowMs()
    this.pace = new Pace(clock, timers, maxBytesPerSecond)
    this.latest = new OffsetMap({ maxBytes: maxMapBytes, loadFactor: mapLoadFactor }, mapSeed)
    this.transactions = new TransactionVerdicts(codecs)
  }

  /**
   * The offset up to which the log is compacted then: `endOffset` of the candidate, or less if there are more keys than the
   * map takes. Undefined if the pass was cancelled or the log lost segments meanwhile. Rejects with CorruptBatchError, with a
   * FileError, and with KAFKA_STORAGE_ERROR when the log has gone offline.
   */
  async run(): Promise<number | undefined> {
    // A marker that a crash takes back has decided nothing.
    await this.log.durable()
    if (!(await this.mapDirtyKeys())) return undefined
    this.totals.mappedKeys = this.latest.size
    const compactedOffset = this.latest.latestOffset + 1
    const segments = this.candidate.segments.filter(segment => segment.baseOffset < compactedOffset)
    this.enter('copying', segments)
    for (const group of this.groups(segments)) if (!(await this.copyGroup(group))) return undefined
    return compactedOffset
  }

  private async mapDirtyKeys(): Promise<boolean> {
    const { segments, dirtyOffset, endOffset } = this.candidate
    const { codecs } = this.options
    const first = segments.findLastIndex(segment => segment.baseOffset <= dirtyOffset)
    const dirty = segments.slice(Math.max(0, first))
    const transactions = new TransactionVerdicts(codecs)
    transactions.expect(this.log.abortedSpans(dirtyOffset, endOffset))
    this.enter('mapping', dirty)
    for (const segment of dirty) {
      let isFull = false
      const isWhole = await this.forEachBatch(segment, dirtyOffset, batch => {
        isFull = !mapKeys(batch, dirtyOffset, { latest: this.latest, transactions, codecs })
        return !isFull
      })
      if (isFull) return true
      if (!isWhole) return false
      // Compaction may have emptied the end of the segment.
      this.latest.latestOffset = this.endOf(segment) - 1
    }
    return true
  }

  private groups(segments: readonly Segment[]): Segment[][] {
    const { 'segment.bytes': segmentBytes, 'segment.index.bytes': indexBytes } = this.log.config
    const sizes = segments.map(segment => ({
      segment,
      baseOffset: segment.baseOffset,
      sizeInBytes: segment.sizeInBytes,
      offsetIndexBytes: segment.offsetIndex.file.sizeInBytes,
      timeIndexBytes: segment.timeIndex.file.sizeInBytes,
    }))
    const groups = groupSegments(sizes, { segmentBytes, indexBytes, endOffset: this.candidate.endOffset })
    return groups.map(group => group.map(({ segment }) => segment))
  }

  /** False if the pass cannot go on; nothing was replaced then. */
  private async copyGroup(group: readonly Segment[]): Promise<boolean> {
    const { files, clock } = this.options
    const cleaned = new Segment(files, this.log.directory, group[0]!.baseOffset, clock.nowMs(), '.cleaned')
    try {
      cleaned.truncate(0)
      cleaned.clearIndexes()
      if ((await this.copyInto(cleaned, group)) && (await this.replace(group, cleaned))) return true
      this.discard(cleaned)
      return false
    } catch (error) {
      // The log is offline, and the cleaned segment may have taken the place of the others: the next start finds out.
      if (!(error instanceof KafkaError)) this.discard(cleaned)
      throw error
    }
  }

  private discard(cleaned: Segment): void {
    if (this.options.isHalted()) return
    try {
      cleaned.remove()
    } catch (error) {
      // The next pass or the next start takes it away.
      if (!(error instanceof FileError)) throw error
    }
  }

  private async copyInto(cleaned: Segment, group: readonly Segment[]): Promise<boolean> {
    const pass: CompactionPass = {
      latest: this.latest,
      transactions: this.transactions,
      lastOfProducers: this.log.lastOfProducers,
      endOffset: this.candidate.endOffset,
      nowMs: this.nowMs,
      deleteRetentionMs: this.log.config['delete.retention.ms'],
      codecs: this.options.codecs,
    }
    for (const segment of group) {
      this.transactions.expect(this.log.abortedSpans(segment.baseOffset, this.endOf(segment)))
      const copy = (batch: RecordBatch) => {
        this.copy(batch, cleaned, pass)
        return true
      }
      if (!(await this.forEachBatch(segment, segment.baseOffset, copy, () => this.syncNowAndThen(cleaned))))
        return false
    }
    cleaned.writeIndexes()
    await cleaned.sync(true)
    cleaned.close()
    return true
  }

  private copy(batch: RecordBatch, cleaned: Segment, pass: CompactionPass): void {
    const { totals } = this
    const { kept, abortedSpan } = compactBatch(batch, pass)
    totals.readBytes += batch.sizeInBytes
    totals.readRecords += batch.recordCount
    if (abortedSpan !== undefined) {
      cleaned.reserveAborted()
      cleaned.addAborted(abortedSpan)
    }
    if (kept === null) return
    const { bytes, lastOffset, maxTimestampMs } = kept
    cleaned.append({ bytes, lastOffset, maxTimestampMs }, this.log.config['index.interval.bytes'])
    totals.keptBytes += kept.sizeInBytes
    totals.keptRecords += kept.recordCount
    this.unsyncedBytes += kept.sizeInBytes
    this.pace.wrote(kept, kept !== batch)
  }

  private async syncNowAndThen(cleaned: Segment): Promise<void> {
    if (this.unsyncedBytes < SYNC_BYTES) return
    this.unsyncedBytes = 0
    await cleaned.sync(false)
  }

  private async replace(group: readonly Segment[], cleaned: Segment): Promise<boolean> {
    // Nor must it take back the batch that made an older one of its producer dispensable.
    await this.log.durable()
    if (!this.isReplacing) await this.options.beforeReplacement()
    this.isReplacing = true
    return !this.options.isCancelled() && (await this.log.replaceSegments(group, cleaned))
  }

  /** Calls `visit` with the batches that end at or behind `fromOffset`, until it returns false. False if not all were visited. */
  private async forEachBatch(
    segment: Segment,
    fromOffset: number,
    visit: (batch: RecordBatch) => boolean,
    afterSlice = async () => {},
  ): Promise<boolean> {
    const { readBufferBytes, isCancelled } = this.options
    const start = segment.positionOf(fromOffset)
    if (start === null) throw new CorruptBatchError('damaged bytes', segment.baseOffset)
    let nextOffset = segment.baseOffset
    for await (const batches of batchWindows(
      segment.log,
      start ?? segment.sizeInBytes,
      segment.sizeInBytes,
      readBufferBytes,
    ))
      for (const batch of batches) {
        // The offset is not under the checksum.
        if (batch.baseOffset < nextOffset || batch.nextOffset > this.endOf(segment))
          throw new CorruptBatchError(`it cannot follow offset ${nextOffset - 1}`, batch.baseOffset)
        nextOffset = batch.nextOffset
        this.pace.read(batch)
        this.progress.readBytes += batch.sizeInBytes
        if (!visit(batch)) return false
        if (!this.pace.isSliceOver) continue
        await this.pace.nextSlice()
        await afterSlice()
        if (isCancelled()) return false
      }
    return true
  }

  private enter(phase: CompactionProgress['phase'], segments: readonly Segment[]): void {
    this.progress.phase = phase
    this.progress.readBytes = 0
    this.progress.totalBytes = segments.reduce((bytes, segment) => bytes + segment.sizeInBytes, 0)
  }

  /** The offset behind a segment. */
  private endOf(segment: Segment): number {
    const { segments, endOffset } = this.candidate
    return segments[segments.indexOf(segment) + 1]?.baseOffset ?? endOffset
  }
}
