/**
 * What a consumer knows of one of its partitions: where it is, what it has fetched beyond that, and what keeps it from
 * fetching. Pure.
 *
 * `position` is the next record to be handed out; fetched data lies ahead of it, contiguously, up to `fetchOffset`.
 * A seek starts over: what was fetched, or is on its way, belongs to an earlier `epoch` and is thrown away.
 */
import type { TopicPartition } from '../cluster/topic-partition.ts'
import type { FetchedBatch } from './consumer-record.ts'
import type { FetchedData, FetchOutcome, TakenRecords } from './fetched-data.ts'
import type { OffsetReset } from './offset-reset.ts'

export class AssignedPartition implements TopicPartition {
  /** Null until it is found: by committed offset, reset or seek. */
  position: number | null = null
  /** A reset that was asked for and has not been done. */
  reset: OffsetReset | null = null
  isPaused = false
  /** Counts seeks and resets. */
  epoch = 0
  /** Turn in which records were last taken; less is longer ago. */
  servedAt = -1
  /** Epoch of the fetch that is on its way; null if there is none. */
  fetchingEpoch: number | null = null
  /** Last offset that this consumer committed; null for none. */
  committed: number | null = null
  /** After a failure: no fetch before this time. */
  retryAtMs = 0
  /** Of the last answer. */
  outcome: FetchOutcome | null = null
  /** Leader epoch of the record before `position`; −1 if unknown, and after a seek. */
  positionLeaderEpoch = -1
  /** The leader of this epoch has confirmed that the log is what was read. */
  validatedLeaderEpoch = -1
  /** A follower that the leader wants us to read from (KIP-392); null: the leader itself. */
  preferredReplica: { readonly nodeId: number; readonly untilMs: number } | null = null
  /** When something last came, or nothing was to be had; monotonic ms. */
  progressedMs: number
  /** The end that the application was told of last. */
  announcedEnd = -1
  private data: FetchedData[] = []
  private fetchedTo = -1

  constructor(
    readonly topic: string,
    readonly partition: number,
    private readonly readsCommitted: boolean,
    nowMs: number,
  ) {
    this.progressedMs = nowMs
  }

  /** Where the next fetch begins; null without a position. */
  get fetchOffset(): number | null {
    return this.position === null ? null : Math.max(this.fetchedTo, this.position)
  }
  /** A fetch is on its way whose answer will count. */
  get isFetching(): boolean {
    return this.fetchingEpoch === this.epoch
  }
  get bufferedBytes(): number {
    let bytes = 0
    for (const data of this.data) bytes += data.remainingBytes
    return bytes
  }
  get hasData(): boolean {
    return this.data.length > 0
  }

  /** Must a leader of this epoch be asked before it is fetched from? What was fetched ahead is read first, then asked about. */
  needsValidation(leaderEpoch: number): boolean {
    return leaderEpoch > this.validatedLeaderEpoch && (this.positionLeaderEpoch >= 0 || this.hasData)
  }

  /** Where the log ends for this consumer, as of the last answer; null before the first. */
  get end(): number | null {
    if (this.outcome === null) return null
    return this.readsCommitted ? this.outcome.lastStableOffset : this.outcome.highWatermark
  }
  /** Records between the position and the end; null if one of them is not known. */
  get lag(): number | null {
    return this.position === null || this.end === null ? null : Math.max(this.end - this.position, 0)
  }
  /** Everything there is was read. A transaction that does not end is no reason to wait in silence. */
  get isAtEnd(): boolean {
    return this.outcome !== null && this.position !== null && this.position >= this.outcome.highWatermark
  }

  seek(offset: number): void {
    this.position = offset
    this.positionLeaderEpoch = -1
    this.reset = null
    this.startOver()
  }
  resetTo(reset: OffsetReset): void {
    this.position = null
    this.positionLeaderEpoch = -1
    this.reset = reset
    this.startOver()
  }
  /** Forgets what was fetched beyond the position. */
  rewind(): void {
    this.startOver()
  }
  private startOver(): void {
    this.data = []
    this.fetchedTo = -1
    this.epoch++
  }

  /** Data that begins at `fetchOffset`. */
  arrived(data: FetchedData, nowMs: number): void {
    this.progressedMs = nowMs
    this.data.push(data)
    this.fetchedTo = data.endOffset
  }

  /** Takes out up to `maxRecords` records without moving `position`; null if there are none for users. */
  take(maxRecords: number): FetchedBatch | null {
    const taken: TakenRecords = { records: [], leaderEpoch: -1 }
    const { records } = taken
    let nextOffset = this.position!
    let outcome = this.outcome
    while (records.length < maxRecords) {
      const first = this.data[0]
      if (first === undefined) break
      nextOffset = first.take(maxRecords - records.length, taken)
      outcome = first.outcome
      if (!first.isExhausted) break
      this.data.shift()
    }
    if (records.length === 0) {
      this.position = nextOffset
      return null
    }
    const { highWatermark, lastStableOffset, logStartOffset } = outcome!
    const { topic, partition } = this
    const { leaderEpoch } = taken
    return { topic, partition, records, nextOffset, leaderEpoch, highWatermark, lastStableOffset, logStartOffset }
  }
}
