/** Who commits offsets, and which. */
export interface Committer {
  /** Generation or member epoch; −1 from consumers that assign partitions to themselves, and from administrators. */
  readonly generationId: number
  readonly memberId: string
  readonly groupInstanceId: string | null
}

/** With OffsetCommit, outside of transactions. */
export interface OffsetCommitter extends Committer {
  readonly apiVersion: number
}

/** The first version of OffsetCommit for members of KIP-848 groups. */
export const FIRST_WITH_MEMBER_EPOCH = 9

export interface OffsetToCommit {
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  readonly offset: number
  readonly leaderEpoch: number
  readonly metadata: string
  readonly expireTimestampMs: number
}
