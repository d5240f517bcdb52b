import {
  type Clock,
  type Codecs,
  FileError,
  type Files,
  LONGEST_DELAY_MS,
  type Timer,
  type Timers,
} from '@millrace/platform'
import { CorruptBatchError, ErrorCode, endTransactionMarker, KafkaError, RecordBatch } from '@millrace/protocol'
import type { TopicConfig } from '../config/topic-config.ts'
import type { LastOfProducer } from './compaction/batch-compaction.ts'
import { partitionName } from './directory/file-names.ts'
import { syncFile } from './directory/partition-files.ts'
import { HighWatermark } from './high-watermark.ts'
import { createSegment, type LoadedLog } from './log-loading.ts'
import { LogReader, type Place, type ReadBytes } from './log-reader.ts'
import type { EndMarker } from './producers/end-marker.ts'
import { removeStraySnapshots, writeProducerSnapshot } from './producers/producer-snapshot-files.ts'
import type { RememberedBatch, SequenceVerdict } from './producers/producer-state.ts'
import type { AppendedBatch, Segment } from './segment/segment.ts'
import type { SyncScheduler, SyncTarget } from './sync-scheduler.ts'
import { findByTimestamp, type OffsetAndTimestamp } from './timestamp-lookup.ts'

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

export type IsolationLevel = 'read_uncommitted' | 'read_committed'

export interface ReadOptions {
  readonly isolation: IsolationLevel
  /** Hand out the first batch even if it alone passes `maxBytes` (KIP-74). */
  readonly minOneBatch: boolean
}

export interface FetchedBytes {
  /** Whole batches in order, starting with the one that contains the asked offset. Not to be changed. */
  readonly chunks: readonly Buffer[]
  readonly sizeInBytes: number
  readonly logStartOffset: number
  readonly highWatermark: number
  readonly lastStableOffset: number
  /** Sorted by first offset; null under read_uncommitted. */
  readonly abortedTransactions: readonly AbortedTransaction[] | null
}

export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
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

/** Which partition a log belongs to. */
export interface LogIdentity {
  readonly topic: string
  /** Kafka's text form. */
  readonly topicId: string
  readonly partition: number
}

/** What all logs of a process share. */
export interface LogSurroundings {
  readonly clock: Clock
  readonly timers: Timers
  readonly files: Files
  readonly codecs: Codecs
  readonly syncs: SyncScheduler
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
}

/** Directories that hold new names, and small files. */
export interface UnsyncedNames {
  readonly directories: readonly string[]
  readonly files: readonly string[]
}

const NOTHING_READ: ReadBytes = { bytes: Buffer.alloc(0), nextOffset: -1 }

type Status = 'online' | 'offline' | 'closed'

/**
 * The log of one partition. All offsets below `highWatermark` are durable (unless `flush.messages` relaxes that), and
 * readers see only those.
 *
 * Errors are KafkaErrors. After a failed sync every call gives KAFKA_STORAGE_ERROR until a restart: what the disk holds is
 * unknown then, and asking again would be answered "synced" by a system that has dropped the data.
 */
export class PartitionLog implements SyncTarget {
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  readonly name: string
  private status: Status = 'online'
  private failure: Error | undefined
  private settings: TopicConfig
  private readonly segments: Segment[]
  private readonly reader: LogReader
  private readonly watermark: HighWatermark
  private endOffset: number
  private durableOffset: number
  private durablePlace: Place
  /** Old segments of which the last sync did not know that they are complete. */
  private sealedUnsynced: Segment[] = []
  private readonly unsyncedDirectories: Set<string>
  private unsyncedFiles: readonly string[]
  /** Whether there is anything that a clean close has to write. */
  private isChanged: boolean
  /** Wanted by `flush.ms`; armed by the first record after a sync. */
  private flushTimer: Timer | undefined
  /** Segments that are no longer part of the log; their files stay for readers that are in them. */
  private readonly retired = new Map<Segment, Timer>()

  constructor(
    private readonly surroundings: LogSurroundings,
    private readonly options: PartitionLogOptions,
  ) {
    const { identity, config, loaded, unsynced } = options
    this.topic = identity.topic
    this.topicId = identity.topicId
    this.partition = identity.partition
    this.name = partitionName(identity.topic, identity.partition)
    this.settings = config
    this.segments = [...loaded.segments]
    this.reader = new LogReader(this.segments, this.name)
    this.endOffset = loaded.logEndOffset
    this.durableOffset = loaded.logEndOffset
    this.durablePlace = this.endPlace
    this.watermark = new HighWatermark(loaded.logEndOffset)
    this.producers.settle(loaded.logEndOffset)
    this.unsyncedDirectories = new Set(unsynced.directories)
    this.unsyncedFiles = unsynced.files
    this.isChanged = unsynced.directories.length > 0
  }

  /** Effective settings; replaced as a whole when the topic's settings change. */
  get config(): TopicConfig {
    return this.settings
  }
  set config(config: TopicConfig) {
    this.settings = config
    if (this.endOffset > this.durableOffset) this.requestSync()
    if (!this.isDurable) this.advanceHighWatermark(this.endOffset)
  }

  get directory(): string {
    return this.options.directory
  }
  /** First offset still kept. */
  get logStartOffset(): number {
    return this.options.loaded.logStartOffset
  }
  /** Where the oldest file begins; `logStartOffset` may lie behind it. */
  get firstSegmentOffset(): number {
    return this.segments[0]!.baseOffset
  }
  /** Offset the next record will get. */
  get logEndOffset(): number {
    return this.endOffset
  }
  get highWatermark(): number {
    return this.watermark.offset
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
    return this.durableOffset
  }
  /** Increased whenever an unclean stop may have lost records that readers had seen. */
  get leaderEpoch(): number {
    return this.options.loaded.epochs.latest
  }
  get sizeInBytes(): number {
    return this.segments.reduce((bytes, segment) => bytes + segment.sizeInBytes, 0)
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
  private get active(): Segment {
    return this.segments.at(-1)!
  }
  private get endPlace(): Place {
    return { segment: this.active, position: this.active.sizeInBytes }
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
    batch.assignOffsets(this.endOffset, this.leaderEpoch)
    const { bytes, lastOffset, maxTimestampMs } = batch
    const appended: AppendedBatch = { bytes, lastOffset, maxTimestampMs }
    try {
      const jitterMs = this.settings['segment.jitter.ms'] * this.options.jitterShare
      if (this.active.isFullFor(appended, nowMs, this.settings, jitterMs)) this.roll(nowMs)
      if (batch.isControl) this.active.reserveAborted()
      this.active.append(appended, this.settings['index.interval.bytes'])
    } catch (error) {
      if (!(error instanceof FileError)) throw error
      this.cutBack()
      throw this.storageError(error)
    }
  }

  /** After a failed write, a full disk most of all: the log ends where it ended before. */
  private cutBack(): void {
    try {
      this.active.cutBack()
    } catch (error) {
      if (!(error instanceof FileError)) throw error
      this.goOffline(error)
    }
  }

  /** Begins a new segment at the end of the log. */
  private roll(nowMs: number): void {
    const { files, codecs } = this.surroundings
    const { active, directory, endOffset } = this
    active.writeIndexes()
    writeProducerSnapshot(files, directory, endOffset, this.producers, codecs)
    this.segments.push(createSegment(files, directory, endOffset, nowMs))
    this.sealedUnsynced.push(active)
    this.unsyncedDirectories.add(directory)
    removeStraySnapshots(files, directory, new Set(this.segments.map(segment => segment.baseOffset)), endOffset)
    this.requestSync()
  }

  private appended({ baseOffset, lastOffset }: RecordBatch, logAppendTimeMs: number): AppendResult {
    this.endOffset = lastOffset + 1
    this.isChanged = true
    if (this.isDurable) this.requestSync()
    else this.syncNowAndThen()
    return { baseOffset, lastOffset, logAppendTimeMs, logStartOffset: this.logStartOffset, isDuplicate: false }
  }

  private syncNowAndThen(): void {
    const { 'flush.messages': flushMessages, 'flush.ms': flushMs } = this.settings
    if (this.endOffset - this.durableOffset >= flushMessages) this.requestSync()
    else if (flushMs < LONGEST_DELAY_MS)
      this.flushTimer ??= this.surroundings.timers.after(flushMs, () => this.requestSync())
    this.advanceHighWatermark(this.endOffset)
  }

  private advanceHighWatermark(offset: number): void {
    this.producers.settle(offset)
    this.watermark.advance(offset)
  }

  private requestSync(): void {
    this.surroundings.syncs.request(this)
  }

  /** One pass of group commit, see {@link SyncScheduler}: everything appended so far becomes durable. */
  async sync(): Promise<void> {
    if (this.status !== 'online') return
    const { files } = this.surroundings
    const { endOffset, endPlace, active, unsyncedFiles } = this
    const sealed = this.sealedUnsynced
    const directories = [...this.unsyncedDirectories]
    this.sealedUnsynced = []
    this.unsyncedFiles = []
    this.unsyncedDirectories.clear()
    this.flushTimer?.cancel()
    this.flushTimer = undefined
    try {
      await Promise.all([
        ...sealed.map(segment => segment.sync(true)),
        active.sync(false),
        ...unsyncedFiles.map(path => syncFile(files, path)),
        ...directories.map(directory => files.syncDirectory(directory)),
      ])
    } catch (error) {
      if (this.status === 'online') this.goOffline(error as Error)
      return
    }
    if (this.status !== 'online') return
    for (const segment of sealed) segment.closeIndexes()
    this.durableOffset = endOffset
    this.durablePlace = endPlace
    this.advanceHighWatermark(endOffset)
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
    if (offset < this.logStartOffset || offset > this.endOffset)
      throw new KafkaError(
        ErrorCode.OFFSET_OUT_OF_RANGE,
        `${offset} of ${this.name}, which holds [${this.logStartOffset}, ${this.endOffset})`,
      )
    const { isolation, minOneBatch } = options
    const untilOffset = this.readableEnd(isolation)
    if (offset >= untilOffset) return this.fetched(offset, NOTHING_READ, isolation)
    try {
      const read = this.reader.read({ offset, maxBytes, minOneBatch, untilOffset })
      if (!(read instanceof Promise)) return this.fetched(offset, read, isolation)
      return read.then(
        cold => this.fetched(offset, cold, isolation),
        error => Promise.reject(this.readError(error)),
      )
    } catch (error) {
      throw this.readError(error)
    }
  }

  private fetched(offset: number, { bytes, nextOffset }: ReadBytes, isolation: IsolationLevel): FetchedBytes {
    return {
      chunks: bytes.length === 0 ? [] : [bytes],
      sizeInBytes: bytes.length,
      logStartOffset: this.logStartOffset,
      highWatermark: this.highWatermark,
      lastStableOffset: this.lastStableOffset,
      abortedTransactions: isolation === 'read_committed' ? this.reader.abortedIn(offset, nextOffset) : null,
    }
  }

  private readableEnd(isolation: IsolationLevel): number {
    return isolation === 'read_committed' ? this.lastStableOffset : this.highWatermark
  }

  /** Bytes that `read` from `offset` could hand out: for `fetch.min.bytes`. An estimate within one batch; 0 if `offset` is out of range. */
  readableBytes(offset: number, isolation: IsolationLevel): number {
    if (this.status !== 'online' || offset < this.logStartOffset || offset >= this.readableEnd(isolation)) return 0
    try {
      const end = this.readableEndPlace(isolation)
      const place = this.reader.placeOf(offset)
      return place === undefined ? 0 : Math.max(0, this.reader.bytesBetween(place, end))
    } catch (error) {
      // A read will tell what is wrong there; for that it must come to one.
      if (error instanceof KafkaError || error instanceof FileError) return Infinity
      throw error
    }
  }

  private readableEndPlace(isolation: IsolationLevel): Place {
    const { lastStableOffset, highWatermark } = this
    const end = this.isDurable ? this.durablePlace : this.endPlace
    if (isolation === 'read_uncommitted' || lastStableOffset === highWatermark) return end
    return this.reader.placeOf(lastStableOffset) ?? end
  }

  /** First record with a timestamp ≥ `timestampMs` below the high watermark (or last stable offset), null if there is none. */
  async offsetForTimestamp(timestampMs: number, isolation: IsolationLevel): Promise<OffsetAndTimestamp | null> {
    this.assertOnline()
    return await this.findByTimestamp([...this.segments], timestampMs, this.readableEnd(isolation))
  }

  /** The first record with the greatest timestamp (ListOffsets −3); null in an empty log. */
  async offsetOfMaxTimestamp(): Promise<OffsetAndTimestamp | null> {
    this.assertOnline()
    let newest = this.segments[0]!
    for (const segment of this.segments)
      if (segment.newestTimestamp.timestampMs > newest.newestTimestamp.timestampMs) newest = segment
    const { timestampMs } = newest.newestTimestamp
    return timestampMs < 0 ? null : await this.findByTimestamp([newest], timestampMs, this.endOffset)
  }

  private async findByTimestamp(
    segments: readonly Segment[],
    timestampMs: number,
    untilOffset: number,
  ): Promise<OffsetAndTimestamp | null> {
    const range = { fromOffset: this.logStartOffset, untilOffset }
    try {
      return await findByTimestamp(segments, timestampMs, range, this.surroundings.codecs)
    } catch (error) {
      throw this.readError(error)
    }
  }

  /** The largest known epoch ≤ `leaderEpoch` and where it ends (OffsetForLeaderEpoch); null if it is not known. */
  endOffsetForEpoch(leaderEpoch: number): { readonly leaderEpoch: number; readonly endOffset: number } | null {
    return this.options.loaded.epochs.endOffsetOf(leaderEpoch, this.endOffset)
  }

  /**
   * Calls `listener` after each advance of the high watermark (within `append` when `flush.messages` is above 1), and once
   * when the log is closed, deleted or goes offline. Returns how to stop.
   */
  onHighWatermarkAdvance(listener: () => void): () => void {
    return this.watermark.listen(listener)
  }

  /** Complete and durable segments, oldest first, indexes included: what compaction may look at. */
  get sealedSegments(): readonly Segment[] {
    return this.segments.slice(0, Math.max(0, this.segments.indexOf(this.durablePlace.segment)))
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
  async replaceSegments(old: readonly Segment[], cleaned: Segment): Promise<boolean> {
    const first = this.segments.indexOf(old[0]!)
    const isThere = first >= 0 && old.every((segment, index) => this.segments[first + index] === segment)
    if (this.status !== 'online' || !isThere) return false
    cleaned.rename('.swap')
    try {
      this.retire(old)
      cleaned.rename('')
      this.segments.splice(first, old.length, cleaned)
      this.reader.forget(old)
      const baseOffsets = new Set(this.segments.map(segment => segment.baseOffset))
      removeStraySnapshots(this.surroundings.files, this.directory, baseOffsets, this.endOffset)
      await this.surroundings.files.syncDirectory(this.directory)
      return true
    } catch (error) {
      if (!(error instanceof FileError)) throw error
      this.goOffline(error)
      throw this.storageError(error)
    }
  }

  /** Renames the files of segments that leave the log, and removes them after `file.delete.delay.ms`. */
  private retire(segments: readonly Segment[]): void {
    for (const segment of segments) {
      segment.rename('.deleted')
      const remove = () => {
        this.retired.delete(segment)
        this.removeFiles(segment)
      }
      this.retired.set(segment, this.surroundings.timers.after(this.settings['file.delete.delay.ms'], remove))
    }
  }

  /** What is left behind goes with the next start. */
  private removeFiles(segment: Segment): void {
    try {
      segment.remove()
    } catch (error) {
      if (!(error instanceof FileError)) throw error
    }
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
    await this.surroundings.syncs.idle(this)
    try {
      if (this.status === 'online' && this.isChanged) await this.syncForGood()
    } catch (error) {
      this.goOffline(error as Error)
    }
    const isClean = this.status === 'online' && this.options.loaded.damageCount === 0
    this.release()
    return isClean
  }

  private async syncForGood(): Promise<void> {
    const { files, codecs } = this.surroundings
    this.active.writeIndexes()
    if (this.endOffset > this.logStartOffset) {
      const path = writeProducerSnapshot(files, this.directory, this.endOffset, this.producers, codecs)
      await syncFile(files, path)
      removeStraySnapshots(files, this.directory, new Set(this.segments.map(each => each.baseOffset)), this.endOffset)
    }
    this.unsyncedDirectories.add(this.directory)
    await this.sync()
    await this.active.sync(true)
  }

  /** Takes the log out of service without writing anything: it was deleted, or the process is to look killed. */
  abandon(): void {
    this.release()
  }

  private release(): void {
    if (this.status === 'online') this.status = 'closed'
    this.flushTimer?.cancel()
    this.watermark.fail(this.storageError(this.failure ?? new Error('the log is closed')))
    for (const timer of this.retired.values()) timer.cancel()
    for (const segment of [...this.retired.keys(), ...this.segments]) segment.close()
  }

  private goOffline(reason: Error): void {
    this.status = 'offline'
    this.failure = reason
    this.flushTimer?.cancel()
    this.watermark.fail(this.storageError(reason))
  }

  private assertOnline(): void {
    if (this.status !== 'online') throw this.storageError(this.failure ?? new Error('the log is closed'))
  }

  private readError(error: unknown): unknown {
    if (error instanceof CorruptBatchError)
      return new KafkaError(ErrorCode.CORRUPT_MESSAGE, `${this.name}: ${error.message}`)
    return error instanceof FileError ? this.storageError(error) : error
  }

  private storageError(cause: Error): KafkaError {
    return new KafkaError(ErrorCode.KAFKA_STORAGE_ERROR, `${this.name}: ${cause.message}`)
  }
}
