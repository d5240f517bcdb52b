/** What a group has committed. Changes only by replaying OffsetCommit records, live and after a restart alike. */
import type { OffsetCommitKey, OffsetCommitValue } from '@millrace/protocol'

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
}

export class CommittedOffsets {
  private readonly byTopic = new Map<string, Map<number, CommittedOffset>>()

  get isEmpty(): boolean {
    return this.byTopic.size === 0
  }
  get(topic: string, partition: number): CommittedOffset | undefined {
    return this.byTopic.get(topic)?.get(partition)
  }
  topics(): Iterable<readonly [topic: string, partitions: ReadonlyMap<number, CommittedOffset>]> {
    return this.byTopic
  }

  replay(key: OffsetCommitKey, value: OffsetCommitValue | null): void {
    const { topic, partition } = key
    const partitions = this.byTopic.get(topic)
    if (value === null) {
      partitions?.delete(partition)
      if (partitions?.size === 0) this.byTopic.delete(topic)
      return
    }
    const committed: CommittedOffset = {
      topicId: value.topicId,
      offset: value.offset,
      leaderEpoch: value.leaderEpoch,
      metadata: value.metadata,
      commitTimestampMs: value.commitTimestamp,
      expireTimestampMs: value.expireTimestamp,
    }
    if (partitions === undefined) this.byTopic.set(topic, new Map([[partition, committed]]))
    else partitions.set(partition, committed)
  }
}
