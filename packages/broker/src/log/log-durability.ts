import { type Files, LONGEST_DELAY_MS, type Timer, type Timers } from '@millrace/platform'
import { syncFile } from './directory/partition-files.ts'
import { HighWatermark } from './high-watermark.ts'
import type { JournalWrite } from './journal/journal-group.ts'
import { MAX_JOURNAL_WRITE_BYTES, type SyncJournal } from './journal/sync-journal.ts'
import type { UnsyncedNames } from './log-surroundings.ts'
import type { Segment } from './segment/segment.ts'
import type { LogSegments, Place } from './segments.ts'
import type { SchedulableTarget, SyncScheduler } from './sync-scheduler.ts'

export interface LogDurabilityOptions {
  readonly files: Files
  readonly timers: Timers
  readonly syncs: SyncScheduler
  readonly segments: LogSegments
  /** What is new in the directory: the next sync makes it durable. */
  readonly unsynced: UnsyncedNames
  readonly endOffset: () => number
  readonly journal: SyncJournal
  /** Whether the journal may stand in for the log's own files. */
  readonly isJournaled: () => boolean
  /** `<topic>-<partition>`. */
  readonly partition: string
  readonly topicId: string
  /** All before the offset is on the disk. */
  readonly onDurable: (offset: number) => void
  readonly onFailure: (error: Error) => void
}

/** Keeps track of what of one log is on the disk, and what the next sync has to cover. */
export class LogDurability implements SchedulableTarget {
  /** Records below are in the log's own files, durably: recovery need not look at them. */
  fileOffset: number
  /** The log is offline: what the journal has of it is needed at the next start. */
  hasFailed = false
  private readonly durable: HighWatermark
  private place: Place
  /** Old segments of which the last sync did not know that they are complete. */
  private sealed: Segment[] = []
  private readonly directories: Set<string>
  private files: readonly string[]
  /** Armed by the first record after a sync. */
  private timer: Timer | undefined
  private isStopped = false

  constructor(private readonly options: LogDurabilityOptions) {
    const { unsynced, segments, endOffset } = options
    this.fileOffset = endOffset()
    this.durable = new HighWatermark(this.fileOffset)
    this.place = segments.end
    this.directories = new Set(unsynced.directories)
    this.files = unsynced.files
  }

  /** Records below are on the disk, in the log's own files or in the journal. */
  get durableOffset(): number {
    return this.durable.offset
  }

  /** Where `durableOffset` is. */
  get durablePlace(): Place {
    const { segments } = this.options
    // What was compacted or deleted is durable, so the place is behind it.
    if (this.place.segment.isRetired) this.place = { segment: segments.from(this.durableOffset)[0]!, position: 0 }
    return this.place
  }

  /** A segment was completed and the next one begun in `directory`. */
  sealedIn(directory: string, segment: Segment): void {
    this.sealed.push(segment)
    this.directories.add(directory)
  }

  newNamesIn(directory: string): void {
    this.directories.add(directory)
  }

  /** Resolves once all that was appended so far is on the disk; rejects if it never will be. */
  reached(): Promise<void> {
    const offset = this.options.endOffset()
    if (offset > this.durableOffset) this.request()
    return this.durable.reached(offset)
  }

  request(): void {
    this.options.syncs.request(this)
  }

  /** Unless a sync is due sooner. */
  requestWithin(delayMs: number): void {
    if (delayMs >= LONGEST_DELAY_MS) return
    this.timer ??= this.options.timers.after(delayMs, () => this.request())
  }

  /** One pass of group commit, see `SyncScheduler`: everything appended so far becomes durable. */
  async sync(): Promise<void> {
    if (this.isStopped) return
    const { files, segments } = this.options
    const endOffset = this.options.endOffset()
    const endPlace = segments.end
    const sealed = this.sealed.filter(segment => !segment.isRetired)
    const directories = [...this.directories]
    const smallFiles = this.files
    this.sealed = []
    this.files = []
    this.directories.clear()
    this.timer?.cancel()
    this.timer = undefined
    try {
      await Promise.all([
        ...sealed.map(segment => segment.sync(true)),
        segments.active.sync(false),
        ...smallFiles.map(path => syncFile(files, path)),
        ...directories.map(directory => files.syncDirectory(directory)),
      ])
    } catch (error) {
      if (!this.isStopped) this.options.onFailure(error as Error)
      return
    }
    if (this.isStopped) return
    this.fileOffset = endOffset
    for (const segment of sealed) if (!segment.isRetired) segment.closeIndexes()
    this.reach(endOffset, endPlace)
  }

  get journal(): SyncJournal {
    return this.options.journal
  }

  /** Whether all that a pass has to cover is a little more at the end of one file. */
  get fitsJournal(): boolean {
    const { segments, isJournaled } = this.options
    const { segment, position } = this.durablePlace
    const bytes = segment.sizeInBytes - position
    return (
      !this.isStopped &&
      isJournaled() &&
      segment === segments.active &&
      bytes > 0 &&
      bytes <= MAX_JOURNAL_WRITE_BYTES &&
      this.sealed.length === 0 &&
      this.directories.size === 0 &&
      this.files.length === 0
    )
  }

  pendingWrite(): JournalWrite {
    const { partition, topicId, endOffset } = this.options
    const { segment, position } = this.durablePlace
    const bytes = Buffer.allocUnsafe(segment.sizeInBytes - position)
    segment.log.read(bytes, 0, bytes.length, position)
    return { partition, topicId, segmentBaseOffset: segment.baseOffset, position, endOffset: endOffset(), bytes }
  }

  journaled({ position, endOffset, bytes }: JournalWrite): void {
    if (this.isStopped) return
    this.reach(endOffset, { segment: this.place.segment, position: position + bytes.length })
  }

  private reach(offset: number, place: Place): void {
    this.place = place
    this.durable.advance(offset)
    this.options.onDurable(offset)
  }

  /** Resolves when no pass is under way and none is asked for. */
  idle(): Promise<void> {
    return this.options.syncs.idle(this)
  }

  /** Nothing becomes durable any more, and what the journal has has to stay there. */
  fail(reason: Error): void {
    this.hasFailed = true
    this.stop(reason)
  }

  /** Nothing becomes durable any more. */
  stop(reason: Error): void {
    this.isStopped = true
    this.durable.fail(reason)
    this.timer?.cancel()
  }
}
