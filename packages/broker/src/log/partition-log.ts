import { FileError, type Files } from '@millrace/platform'
import { ErrorCode, endTransactionMarker, KafkaError, RecordBatch } from '@millrace/protocol'
import type { TopicConfig } from '../config/topic-config.ts'
import type { LastOfProducer } from './compaction/batch-compaction.ts'
import { partitionName } from './directory/file-names.ts'
import { syncFile } from './directory/partition-files.ts'
import { HighWatermark } from './high-watermark.ts'
import type { SyncJournal } from './journal/sync-journal.ts'
import { LogDurability } from './log-durability.ts'
import type { LoadedLog } from './log-loading.ts'
import { type FetchedBytes, type IsolationLevel, type LogBounds, LogReads, type ReadOptions } from './log-reads.ts'
import type { LogIdentity, LogSurroundings, UnsyncedNames } from './log-surroundings.ts'
import { LogWriter } from './log-writer.ts'
import type { EndMarker } from './producers/end-marker.ts'
import { writeProducerSnapshot } from './producers/producer-snapshot-files.ts'
import type { RememberedBatch, SequenceVerdict } from './producers/producer-state.ts'
import type { Segment } from './segment/segment.ts'
import type { AbortedSpan } from './segment/transaction-index.ts'
import { SegmentChanges } from './segment-changes.ts'
import { LogSegments, type Place } from './segments.ts'
import type { OffsetAndTimestamp } from './timestamp-lookup.ts'

export type { FetchedBytes, IsolationLevel, ReadOptions } from './log-reads.ts'
export type { LogIdentity } from './log-surroundings.ts'
export type { OffsetAndTimestamp } from './timestamp-lookup.ts'

/** Where an append put a batch. */
export interface AppendResult {
  readonly baseOffset: number
  readonly lastOffset: number
  /** The broker's timestamp of the batch under LogAppendTime, else −1. */
  readonly logAppendTimeMs: number
  readonly logStartOffset: number
  /** The batch was there already (a retry of an idempotent producer); the offsets are those of the first time. */
  readonly isDuplicate: boolean
}

/** The end of a producer's transaction in a partition. */
export interface TransactionEnd extends EndMarker {
  /** Feature `transaction.version` that the producer works with; from 2 on its markers raise the epoch. Default: 1. */
  readonly transactionVersion?: number
}

/** A producer that the partition knows, for DescribeProducers. */
export interface ActiveProducer {
  readonly producerId: number
  readonly producerEpoch: number
  readonly lastSequence: number
  readonly lastTimestampMs: number
  readonly coordinatorEpoch: number
  /** −1 without an open transaction. */
  readonly currentTransactionFirstOffset: number
}

export interface PartitionLogOptions {
  readonly identity: LogIdentity
  readonly config: TopicConfig
  /** `<data directory>/<topic>-<partition>`. */
  readonly directory: string
  /** What is new in the directory: the next sync makes it durable. */
  readonly unsynced: UnsyncedNames
  readonly loaded: LoadedLog
  /** In [0, 1): the share of `segment.jitter.ms` that this log takes. */
  readonly jitterShare: number
  /** Writes the start offsets of the data directory's logs; resolves once they are durable. */
  readonly checkpointStart: () => Promise<void>
  /** Of the data directory. */
  readonly journal: SyncJournal
  /** Called once, when the partition goes offline. */
  readonly onOffline: (reason: Error) => void
}

type Status = 'online' | 'offline' | 'closed'

/**
 * The log of one partition. All offsets below `highWatermark` are durable (unless `flush.messages` relaxes that), and
 * readers see only those.
 *
 * Errors are KafkaErrors. After a failed sync every call gives KAFKA_STORAGE_ERROR until a restart: what the disk holds is
 * unknown then, and asking again would be answered "synced" by a system that has dropped the data.
 */
export class PartitionLog implements LogBounds {
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  readonly name: string
  /** Where the last pass of compaction ended; undefined if there was none. */
  compactedOffset: number | undefined
  private status: Status = 'online'
  private failure: Error | undefined
  private settings: TopicConfig
  private readonly segments: LogSegments
  private readonly reads: LogReads
  private readonly watermark: HighWatermark
  private readonly durability: LogDurability
  private readonly changes: SegmentChanges
  private readonly writer: LogWriter
  /** Whether there is anything that a clean close has to write. */
  private isChanged: boolean

  constructor(
    private readonly surroundings: LogSurroundings,
    private readonly options: PartitionLogOptions,
  ) {
    const { identity, config, loaded, unsynced } = options
    const { clock, files, timers, syncs, codecs } = surroundings
    const { producers, logStartOffset, logEndOffset } = loaded
    const { directory, jitterShare, checkpointStart } = options
    this.topic = identity.topic
    this.topicId = identity.topicId
    this.partition = identity.partition
    this.name = partitionName(identity.topic, identity.partition)
    this.settings = config
    this.segments = new LogSegments(loaded.segments)
    const { segments } = this
    this.writer = new LogWriter({
      files,
      codecs,
      directory,
      segments,
      producers,
      endOffset: logEndOffset,
      jitterShare,
      onSealed: segment => this.sealed(segment),
    })
    this.watermark = new HighWatermark(logEndOffset)
    producers.settle(logEndOffset)
    this.reads = new LogReads(this, this.segments, codecs, surroundings.readBuffers)
    this.changes = new SegmentChanges(this, { clock, timers, files, segments, logStartOffset, checkpointStart })
    this.durability = new LogDurability({
      files,
      timers,
      syncs,
      segments,
      unsynced,
      endOffset: () => this.writer.endOffset,
      journal: options.journal,
      isJournaled: () => this.isDurable,
      partition: this.name,
      topicId: this.topicId,
      onDurable: offset => this.advanceHighWatermark(offset),
      onFailure: error => this.takeOffline(error),
    })
    this.isChanged = unsynced.directories.length > 0
  }

  /** Effective settings; replaced as a whole when the topic's settings change. */
  get config(): TopicConfig {
    return this.settings
  }
  set config(config: TopicConfig) {
    this.settings = config
    if (this.logEndOffset > this.durability.durableOffset) this.durability.request()
    if (!this.isDurable) this.advanceHighWatermark(this.logEndOffset)
  }

  get directory(): string {
    return this.options.directory
  }
  /** First offset still kept. */
  get logStartOffset(): number {
    return this.changes.logStartOffset
  }
  /** Whether a start that finds the files alone would take an earlier offset for the start of the log. */
  get hasCutStart(): boolean {
    return this.changes.hasCutStart
  }
  /** Offset the next record will get. */
  get logEndOffset(): number {
    return this.writer.endOffset
  }
  get highWatermark(): number {
    return this.watermark.offset
  }
  get highWatermarkPlace(): Place {
    return this.isDurable ? this.durability.durablePlace : this.segments.end
  }
  /**
   * Everything below is decided: where the earliest transaction begins that is open or whose marker is not below the high
   * watermark, else the high watermark.
   */
  get lastStableOffset(): number {
    const { firstUndecidedOffset = Infinity } = this.producers
    return Math.min(this.highWatermark, Math.max(firstUndecidedOffset, this.logStartOffset))
  }
  /** Records below are on the disk, with their indexes: recovery need not look at them. */
  get recoveryPoint(): number {
    return this.durability.fileOffset
  }
  /** Increased whenever an unclean stop may have lost records that readers had seen. */
  get leaderEpoch(): number {
    return this.options.loaded.epochs.latest
  }
  get sizeInBytes(): number {
    return this.segments.sizeInBytes
  }
  get isOnline(): boolean {
    return this.status === 'online'
  }
  /** Why the partition is offline (a failed sync), else undefined. */
  get offlineReason(): Error | undefined {
    return this.status === 'offline' ? this.failure : undefined
  }
  get activeProducers(): readonly ActiveProducer[] {
    return Array.from(this.producers.values(), entry => ({
      producerId: entry.producerId,
      producerEpoch: entry.producerEpoch,
      lastSequence: entry.batches.at(-1)?.lastSequence ?? -1,
      lastTimestampMs: entry.lastTimestampMs,
      coordinatorEpoch: entry.coordinatorEpoch,
      currentTransactionFirstOffset: entry.currentTransactionFirstOffset,
    }))
  }

  /** Acknowledged records are on the disk; else as in Kafka: in the page cache, synced now and then. */
  private get isDurable(): boolean {
    return this.settings['flush.messages'] <= 1
  }
  private get producers() {
    return this.options.loaded.producers
  }
  private get files(): Files {
    return this.surroundings.files
  }
  private get active(): Segment {
    return this.segments.active
  }

  /**
   * Appends one batch of records that `acceptProducedBatch` gave (or that the broker built itself) to the page cache. Its
   * offsets are assigned in place. `nowMs`: wall clock, for LogAppendTime, rolling by time and the expiry of producers. The
   * first transactional batch of a producer opens its transaction; whether the coordinator knows of it is the caller's to
   * find out before.
   *
   * Throws a KafkaError: OUT_OF_ORDER_SEQUENCE_NUMBER, INVALID_PRODUCER_EPOCH, INVALID_TXN_STATE (a write outside the
   * producer's open transaction), KAFKA_STORAGE_ERROR (retriable: the disk is full, or the partition is offline). Nothing was
   * appended then.
   */
  append(batch: RecordBatch, nowMs: number): AppendResult {
    this.assertOnline()
    const verdict = this.producers.judge(batch)
    this.assertNotRefused(verdict)
    if (verdict.kind === 'duplicate') return this.duplicate(verdict.batch)
    const isStamped = this.settings['message.timestamp.type'] === 'LogAppendTime'
    if (isStamped) batch.stampLogAppendTime(nowMs, this.surroundings.codecs)
    this.write(batch, nowMs)
    this.producers.record(batch, nowMs)
    return this.appended(batch, isStamped ? nowMs : -1)
  }

  /** Whether the producer, of this epoch, has records here that no marker has decided. */
  hasOpenTransaction(producerId: number, producerEpoch: number): boolean {
    return this.producers.hasOpenTransaction(producerId, producerEpoch)
  }

  /**
   * Appends the control batch, one offset, that ends a producer's transaction here. One that ends nothing is appended too.
   *
   * Throws a KafkaError: INVALID_PRODUCER_EPOCH, TRANSACTION_COORDINATOR_FENCED (a newer coordinator has written here),
   * KAFKA_STORAGE_ERROR. Nothing was appended then.
   */
  appendMarker(end: TransactionEnd, nowMs: number): AppendResult {
    this.assertOnline()
    this.assertNotRefused(this.producers.judgeMarker(end, end.transactionVersion ?? 1))
    const { producerId, producerEpoch, coordinatorEpoch, verdict } = end
    const result = verdict === 'commit' ? 'COMMIT' : 'ABORT'
    const marker = { result, producerId, producerEpoch, coordinatorEpoch, timestampMs: nowMs } as const
    const batch = new RecordBatch(endTransactionMarker(marker, this.surroundings.codecs))
    this.write(batch, nowMs)
    const aborted = this.producers.recordMarker({ ...end, offset: batch.baseOffset, timestampMs: nowMs }, nowMs)
    if (aborted !== undefined) this.active.addAborted(aborted)
    return this.appended(batch, -1)
  }

  private assertNotRefused(verdict: SequenceVerdict): void {
    if (verdict.kind === 'refused') throw new KafkaError(verdict.errorCode, `${this.name}: ${verdict.detail}`)
  }

  private duplicate({ lastOffset, offsetDelta, timestampMs }: RememberedBatch): AppendResult {
    const logAppendTimeMs = this.settings['message.timestamp.type'] === 'LogAppendTime' ? timestampMs : -1
    const baseOffset = lastOffset - offsetDelta
    return { baseOffset, lastOffset, logAppendTimeMs, logStartOffset: this.logStartOffset, isDuplicate: true }
  }

  private write(batch: RecordBatch, nowMs: number): void {
    try {
      this.writer.write(batch, this.leaderEpoch, this.settings, nowMs)
    } catch (error) {
      if (!(error instanceof FileError)) throw error
      const failure = this.writer.cutBack()
      if (failure !== null) this.takeOffline(failure)
      throw this.storageError(error)
    }
  }

  /** Begins a new segment at the end of the log. Throws a FileError. */
  roll(nowMs: number): void {
    this.writer.roll(nowMs)
  }

  private sealed(segment: Segment): void {
    this.durability.sealedIn(this.directory, segment)
    this.changes.removeStraySnapshots()
    this.durability.request()
  }

  private appended({ baseOffset, lastOffset }: RecordBatch, logAppendTimeMs: number): AppendResult {
    this.isChanged = true
    if (this.isDurable) this.durability.request()
    else this.syncNowAndThen()
    return { baseOffset, lastOffset, logAppendTimeMs, logStartOffset: this.logStartOffset, isDuplicate: false }
  }

  private syncNowAndThen(): void {
    const { 'flush.messages': flushMessages, 'flush.ms': flushMs } = this.settings
    if (this.logEndOffset - this.durability.durableOffset >= flushMessages) this.durability.request()
    else this.durability.requestWithin(flushMs)
    this.advanceHighWatermark(this.logEndOffset)
  }

  private advanceHighWatermark(offset: number): void {
    this.producers.settle(offset)
    this.watermark.advance(offset)
  }

  /** Resolves once `highWatermark ≥ offset`. Rejects with KAFKA_STORAGE_ERROR if the sync failed or the log was closed or deleted. */
  synced(offset: number): Promise<void> {
    return this.watermark.reached(offset)
  }

  /**
   * Batches from `offset` on, up to `maxBytes`, below the high watermark or the last stable offset. Answers at once if the
   * bytes are recent (page cache), otherwise reads in the pool.
   *
   * `offset` = `logEndOffset` gives nothing; outside `[logStartOffset, logEndOffset]` throws OFFSET_OUT_OF_RANGE; unreadable
   * bytes throw CORRUPT_MESSAGE. A promise rejects with the same errors.
   */
  read(offset: number, maxBytes: number, options: ReadOptions): FetchedBytes | Promise<FetchedBytes> {
    this.assertOnline()
    return this.reads.read(offset, maxBytes, options)
  }

  /** Bytes that `read` from `offset` could hand out: for `fetch.min.bytes`. An estimate within one batch; 0 if `offset` is out of range. */
  readableBytes(offset: number, isolation: IsolationLevel): number {
    return this.status === 'online' ? this.reads.readableBytes(offset, isolation) : 0
  }

  /** First record with a timestamp ≥ `timestampMs` below the high watermark (or last stable offset), null if there is none. */
  async offsetForTimestamp(timestampMs: number, isolation: IsolationLevel): Promise<OffsetAndTimestamp | null> {
    this.assertOnline()
    return await this.reads.offsetForTimestamp(timestampMs, isolation)
  }

  /** The first record with the greatest timestamp (ListOffsets −3); null in an empty log. */
  async offsetOfMaxTimestamp(): Promise<OffsetAndTimestamp | null> {
    this.assertOnline()
    return await this.reads.offsetOfMaxTimestamp()
  }

  /** The leader epoch that wrote `offset`; −1 if it is not known. */
  leaderEpochOf(offset: number): number {
    return this.options.loaded.epochs.epochOf(offset)
  }

  /** The largest known epoch ≤ `leaderEpoch` and where it ends (OffsetForLeaderEpoch); null if it is not known. */
  endOffsetForEpoch(leaderEpoch: number): { readonly leaderEpoch: number; readonly endOffset: number } | null {
    return this.options.loaded.epochs.endOffsetOf(leaderEpoch, this.logEndOffset)
  }

  /**
   * Calls `listener` after each advance of the high watermark (within `append` when `flush.messages` is above 1), and once
   * when the log is closed, deleted or goes offline. Returns how to stop.
   */
  onHighWatermarkAdvance(listener: () => void): () => void {
    return this.watermark.listen(listener)
  }

  /**
   * Deletes the records below `offset`; −1 stands for the high watermark. Resolves to the new start of the log once a crash
   * cannot bring them back. Whole segments below it leave the disk after `file.delete.delay.ms`.
   *
   * Rejects with a KafkaError: OFFSET_OUT_OF_RANGE, KAFKA_STORAGE_ERROR.
   */
  async deleteRecordsBefore(offset: number): Promise<number> {
    this.assertOnline()
    return await this.changes.deleteRecordsBefore(offset)
  }

  /** Lets go of segments that are over by age or size, or lie below the start of the log. Resolves when their names are gone. */
  deleteOldSegments(nowMs: number): Promise<void> {
    return this.changes.deleteOld(nowMs)
  }

  /** Complete and durable segments, oldest first, indexes included: what compaction may look at. */
  get sealedSegments(): readonly Segment[] {
    return [...this.segments].filter(segment => segment.baseOffset < this.sealedEndOffset)
  }
  /** Where the first segment begins that may be incomplete. */
  get sealedEndOffset(): number {
    return this.durability.durablePlace.segment.baseOffset
  }

  /** Aborted transactions that touch `[fromOffset, untilOffset)`, by first offset. */
  abortedSpans(fromOffset: number, untilOffset: number): readonly AbortedSpan[] {
    return this.segments.abortedSpans(fromOffset, untilOffset)
  }

  /** Resolves once all that was appended so far is on the disk, whatever `flush.messages` says. Rejects with KAFKA_STORAGE_ERROR. */
  durable(): Promise<void> {
    return this.durability.reached()
  }

  /** The batch by which a restart learns of each producer: compaction has to leave it. */
  get lastOfProducers(): ReadonlyMap<number, LastOfProducer> {
    const last = new Map<number, LastOfProducer>()
    for (const { producerId, producerEpoch, batches } of this.producers.values())
      last.set(producerId, { producerEpoch, lastDataOffset: batches.at(-1)?.lastOffset ?? -1 })
    return last
  }

  /**
   * Puts `cleaned`, complete and synced under the suffix `.cleaned`, in the place of the neighbours `old`, in Kafka's steps:
   * a start after a crash finds either `old` or `cleaned` (see `compaction/swap-recovery.ts`). All of it is durable once
   * this resolves. False, and nothing was done, if some of `old` have gone meanwhile.
   *
   * Rejects with a FileError as long as nothing has changed; later failures take the log offline and reject with
   * KAFKA_STORAGE_ERROR.
   */
  replaceSegments(old: readonly Segment[], cleaned: Segment): Promise<boolean> {
    return this.changes.replace(old, cleaned)
  }

  /** Forgets producers that have been silent for too long. */
  expireProducers(nowMs: number, expirationMs: number): void {
    this.producers.expire(nowMs, expirationMs)
  }

  /**
   * Syncs everything, indexes and producers too. True if all of it is on the disk and none of it is damaged, so that the
   * next start need not look.
   */
  async close(): Promise<boolean> {
    await this.changes.idle()
    await this.durability.idle()
    try {
      if (this.status === 'online' && this.isChanged) await this.syncForGood()
    } catch (error) {
      this.takeOffline(error as Error)
    }
    const isClean = this.status === 'online' && this.options.loaded.damageCount === 0
    this.release()
    return isClean
  }

  private async syncForGood(): Promise<void> {
    this.active.writeIndexes()
    if (this.logEndOffset > 0) {
      const { files, directory, logEndOffset } = this
      const path = writeProducerSnapshot(files, directory, logEndOffset, this.producers, this.surroundings.codecs)
      await syncFile(files, path)
      this.changes.removeStraySnapshots()
    }
    this.durability.newNamesIn(this.directory)
    await this.durability.sync()
    await this.active.sync(true)
  }

  /** Takes the log out of service without writing anything: it was deleted, or the process is to look killed. */
  abandon(): void {
    this.release()
  }

  private release(): void {
    if (this.status === 'online') this.status = 'closed'
    this.stop(this.failure ?? new Error('the log is closed'))
    this.changes.stop()
    for (const segment of this.segments) segment.close()
  }

  /** From here on every call gives KAFKA_STORAGE_ERROR. */
  takeOffline(reason: Error): void {
    if (this.status !== 'online') return
    this.status = 'offline'
    this.failure = reason
    this.durability.fail(this.storageError(reason))
    this.stop(reason)
    this.options.onOffline(reason)
  }

  private stop(reason: Error): void {
    const error = this.storageError(reason)
    this.durability.stop(error)
    this.watermark.fail(error)
  }

  private assertOnline(): void {
    if (this.status !== 'online') throw this.storageError(this.failure ?? new Error('the log is closed'))
  }

  /** What a failing disk is told as. */
  storageError(cause: Error): KafkaError {
    return new KafkaError(ErrorCode.KAFKA_STORAGE_ERROR, `${this.name}: ${cause.message}`)
  }
}
