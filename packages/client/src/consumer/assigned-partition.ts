/**
 * What a consumer knows of one of its partitions: where it is, what it has fetched beyond that, and what keeps it from
 * fetching. Pure.
 *
 * `position` is the next record to be handed out; fetched data lies ahead of it, contiguously, up to `fetchOffset`.
 * A seek starts over: what was fetched, or is on its way, belongs to an earlier `epoch` and is thrown away.
 */
import type { TopicPartition } from '../cluster/topic-partition.ts'
import type { ConsumerRecord, FetchedBatch } from './consumer-record.ts'
import type { FetchedData, FetchOutcome } from './fetched-data.ts'
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
  private data: FetchedData[] = []
  private fetchedTo = -1

  constructor(
    readonly topic: string,
    readonly partition: number,
  ) {}

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

  seek(offset: number): void {
    this.position = offset
    this.reset = null
    this.startOver()
  }
  resetTo(reset: OffsetReset): void {
    this.position = null
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
  arrived(data: FetchedData): void {
    this.data.push(data)
    this.fetchedTo = data.endOffset
  }

  /** Takes out up to `maxRecords` records without moving `position`; null if there are none for users. */
  take(maxRecords: number): FetchedBatch | null {
    const records: ConsumerRecord[] = []
    let nextOffset = this.position!
    let outcome = this.outcome
    while (records.length < maxRecords) {
      const first = this.data[0]
      if (first === undefined) break
      nextOffset = first.take(maxRecords - records.length, records)
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
    return { topic, partition, records, nextOffset, highWatermark, lastStableOffset, logStartOffset }
  }
}
