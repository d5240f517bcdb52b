/**
 * What a group has committed, and what it will have committed if open transactions are. Changes only by replaying records of
 * its log and the markers in it, live and after a restart alike.
 */
import type { OffsetCommitKey, OffsetCommitValue } from '@millrace/protocol'
import type { TransactionVerdict } from '../../log/producers/end-marker.ts'
import type { RecordPlace } from '../../log/record-place.ts'

export interface CommittedOffset {
  /** The topic that was meant: a later one of the same name starts without offsets. ZERO_UUID from older brokers. */
  readonly topicId: string
  /** The next offset the group resumes at. */
  readonly offset: number
  /** −1: unknown. */
  readonly leaderEpoch: number
  /** The client's own text, returned unchanged. */
  readonly metadata: string
  readonly commitTimestampMs: number
  /** −1: the broker's retention counts. Only requests up to v4 set it. */
  readonly expireTimestampMs: number
  /** Of the record that says so, in `__consumer_offsets`: the last one counts, in a transaction or not. */
  readonly recordOffset: number
}

type OffsetsByTopic = Map<string, Map<number, CommittedOffset>>

export class CommittedOffsets {
  private readonly byTopic: OffsetsByTopic = new Map()
  /** Of transactions that are not decided, by producer id. */
  private readonly pending = new Map<number, OffsetsByTopic>()

  /** Whether there is neither a committed nor a pending offset. */
  get isEmpty(): boolean {
    return this.byTopic.size === 0 && this.pending.size === 0
  }
  get(topic: string, partition: number): CommittedOffset | undefined {
    return this.byTopic.get(topic)?.get(partition)
  }
  topics(): Iterable<readonly [topic: string, partitions: ReadonlyMap<number, CommittedOffset>]> {
    return this.byTopic
  }

  get hasPending(): boolean {
    return this.pending.size > 0
  }
  /** Whether a transaction that is not decided has an offset for the partition. */
  isPending(topic: string, partition: number): boolean {
    for (const offsets of this.pending.values()) if (offsets.get(topic)?.has(partition) === true) return true
    return false
  }
  /** Whether there is an offset for the partition, committed or pending. */
  has(topic: string, partition: number): boolean {
    return this.get(topic, partition) !== undefined || this.isPending(topic, partition)
  }
  /** Every partition with an offset, committed or pending, once. */
  partitions(): Iterable<readonly [topic: string, partitions: ReadonlySet<number>]> {
    const all = new Map<string, Set<number>>()
    for (const offsets of [this.byTopic, ...this.pending.values()])
      for (const [topic, partitions] of offsets)
        all.set(topic, new Set([...(all.get(topic) ?? []), ...partitions.keys()]))
    return all
  }

  replay(key: OffsetCommitKey, value: OffsetCommitValue | null, { recordOffset, producerId }: RecordPlace): void {
    const { topic, partition } = key
    if (value === null) return this.remove(topic, partition)
    const committed: CommittedOffset = {
      topicId: value.topicId,
      offset: value.offset,
      leaderEpoch: value.leaderEpoch,
      metadata: value.metadata,
      commitTimestampMs: value.commitTimestamp,
      expireTimestampMs: value.expireTimestamp,
      recordOffset,
    }
    if (producerId < 0) return put(this.byTopic, topic, partition, committed)
    const offsets = this.pending.get(producerId) ?? new Map()
    put(offsets, topic, partition, committed)
    this.pending.set(producerId, offsets)
  }

  /** A marker for the producer is in the log: its pending offsets count from now on, or never. */
  endTransaction(producerId: number, verdict: TransactionVerdict): void {
    const offsets = this.pending.get(producerId)
    this.pending.delete(producerId)
    if (offsets === undefined || verdict === 'abort') return
    for (const [topic, partitions] of offsets)
      for (const [partition, committed] of partitions) {
        const known = this.get(topic, partition)
        // What was committed outside the transaction later than in it stays.
        if (known === undefined || known.recordOffset < committed.recordOffset)
          put(this.byTopic, topic, partition, committed)
      }
  }

  private remove(topic: string, partition: number): void {
    remove(this.byTopic, topic, partition)
    for (const [producerId, offsets] of this.pending) {
      remove(offsets, topic, partition)
      if (offsets.size === 0) this.pending.delete(producerId)
    }
  }
}

function put(offsets: OffsetsByTopic, topic: string, partition: number, committed: CommittedOffset): void {
  const partitions = offsets.get(topic)
  if (partitions === undefined) offsets.set(topic, new Map([[partition, committed]]))
  else partitions.set(partition, committed)
}

function remove(offsets: OffsetsByTopic, topic: string, partition: number): void {
  const partitions = offsets.get(topic)
  partitions?.delete(partition)
  if (partitions?.size === 0) offsets.delete(topic)
}
