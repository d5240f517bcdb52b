import { type Files, LONGEST_DELAY_MS, type Timer, type Timers } from '@millrace/platform'
import { syncFile } from './directory/partition-files.ts'
import { HighWatermark } from './high-watermark.ts'
import type { UnsyncedNames } from './log-surroundings.ts'
import type { Segment } from './segment/segment.ts'
import type { LogSegments, Place } from './segments.ts'
import type { SyncScheduler, SyncTarget } from './sync-scheduler.ts'

export interface LogDurabilityOptions {
  readonly files: Files
  readonly timers: Timers
  readonly syncs: SyncScheduler
  readonly segments: LogSegments
  /** What is new in the directory: the next sync makes it durable. */
  readonly unsynced: UnsyncedNames
  readonly endOffset: () => number
  /** All before the offset is on the disk. */
  readonly onDurable: (offset: number) => void
  readonly onFailure: (error: Error) => void
}

/** Keeps track of what of one log is on the disk, and what the next sync has to cover. */
export class LogDurability implements SyncTarget {
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
    this.durable = new HighWatermark(endOffset())
    this.place = segments.end
    this.directories = new Set(unsynced.directories)
    this.files = unsynced.files
  }

  /** Records below are on the disk. */
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
    for (const segment of sealed) if (!segment.isRetired) segment.closeIndexes()
    this.place = endPlace
    this.durable.advance(endOffset)
    this.options.onDurable(endOffset)
  }

  /** Resolves when no pass is under way and none is asked for. */
  idle(): Promise<void> {
    return this.options.syncs.idle(this)
  }

  /** Nothing becomes durable any more. */
  stop(reason: Error): void {
    this.isStopped = true
    this.durable.fail(reason)
    this.timer?.cancel()
  }
}
