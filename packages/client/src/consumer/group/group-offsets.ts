/** Committed offsets of a group: written and read at its coordinator. */
import { APIS, ErrorCode, KafkaError, type OffsetFetchResponse } from '@millrace/protocol'
import type { Cluster } from '../../cluster/cluster.ts'
import { nameOfPartition, type TopicPartition, TopicPartitionMap } from '../../cluster/topic-partition.ts'
import type { TimeLimit } from '../../connection/time-limit.ts'

export interface CommittedOffset {
  /** Of the next record to read. */
  readonly offset: number
  /** The leader epoch of the record before it; −1 if unknown. */
  readonly leaderEpoch: number
  /** Whatever the committer wrote along; '' for nothing. */
  readonly metadata: string
}

/** An offset to be committed. */
export interface OffsetToCommit extends TopicPartition {
  readonly offset: number
  readonly leaderEpoch?: number
  /** At most 4096 bytes (`offset.metadata.max.bytes`). */
  readonly metadata?: string
}

/** Who commits. Outside of a generation: −1 and '', which is accepted while the group has no members. */
export interface GroupIdentity {
  readonly groupId: string
  readonly generationId: number
  readonly memberId: string
  /** Null for a dynamic member. */
  readonly groupInstanceId: string | null
}

/** As commit requests list them; of several offsets of a partition the last counts. */
export function partitionsToCommit(offsets: readonly OffsetToCommit[]) {
  const topics = TopicPartitionMap.from(offsets.map(offset => [offset, offset]))
  return [...topics.byTopic()].map(([name, partitions]) => ({
    name,
    partitions: [...partitions.values()].map(({ partition, offset, leaderEpoch, metadata }) => ({
      partitionIndex: partition,
      committedOffset: offset,
      committedLeaderEpoch: leaderEpoch ?? -1,
      committedMetadata: metadata ?? '',
    })),
  }))
}

/** Repeated until the coordinator has taken it. Rejects with the `KafkaError` of the first partition that failed. */
export async function commitOffsets(
  cluster: Cluster,
  identity: GroupIdentity,
  offsets: readonly OffsetToCommit[],
  limit: TimeLimit,
): Promise<void> {
  const { groupId, generationId, memberId, groupInstanceId } = identity
  const topics = partitionsToCommit(offsets)
  const coordinatorOf = { kind: 'group', key: groupId } as const
  const attempt = async (remaining: TimeLimit): Promise<void> => {
    const node = await cluster.coordinator('group', groupId, remaining)
    const answer = await cluster.request(
      { node, lane: 'main' },
      APIS.OffsetCommit,
      () => ({
        groupId,
        generationIdOrMemberEpoch: generationId,
        memberId,
        groupInstanceId,
        topics,
      }),
      remaining,
    )
    for (const { name, partitions } of answer.topics)
      for (const { partitionIndex, errorCode } of partitions)
        if (errorCode !== ErrorCode.NONE)
          throw new KafkaError(errorCode, `committing ${name}-${partitionIndex} for group ${groupId}`)
  }
  await cluster.retrying(`committing offsets of group ${groupId}`, limit, attempt, coordinatorOf)
}

/**
 * Offsets of `partitions`, or of all that the group has (null). Partitions without an offset are not in the result.
 * `requireStable` waits until transactions that commit offsets for the group are over (KIP-447).
 */
export function fetchOffsets(
  cluster: Cluster,
  groupId: string,
  partitions: readonly TopicPartition[] | null,
  requireStable: boolean,
  limit: TimeLimit,
): Promise<TopicPartitionMap<CommittedOffset>> {
  const asked = partitions === null ? null : topicsOf(partitions)
  const attempt = async (remaining: TimeLimit): Promise<TopicPartitionMap<CommittedOffset>> => {
    const node = await cluster.coordinator('group', groupId, remaining)
    const answer = await cluster.request(
      { node, lane: 'main' },
      APIS.OffsetFetch,
      version =>
        version >= 8
          ? { groups: [{ groupId, topics: asked }], requireStable }
          : { groupId, topics: asked, requireStable },
      remaining,
    )
    return readOffsets(groupId, answer)
  }
  return cluster.retrying(`fetching offsets of group ${groupId}`, limit, attempt, { kind: 'group', key: groupId })
}

function topicsOf(partitions: readonly TopicPartition[]): { name: string; partitionIndexes: number[] }[] {
  const topics = TopicPartitionMap.from(partitions.map(at => [at, true]))
  return [...topics.byTopic()].map(([name, numbers]) => ({ name, partitionIndexes: [...numbers.keys()] }))
}

function readOffsets(groupId: string, answer: OffsetFetchResponse): TopicPartitionMap<CommittedOffset> {
  const { errorCode, topics } = answer.groups[0] ?? answer
  if (errorCode !== ErrorCode.NONE) throw new KafkaError(errorCode, `offsets of group ${groupId}`)
  const offsets = new TopicPartitionMap<CommittedOffset>()
  for (const { name, partitions } of topics) {
    for (const { partitionIndex, committedOffset, committedLeaderEpoch, metadata, errorCode } of partitions) {
      if (errorCode !== ErrorCode.NONE)
        throw new KafkaError(errorCode, nameOfPartition({ topic: name, partition: partitionIndex }))
      if (committedOffset < 0) continue
      const offset = { offset: committedOffset, leaderEpoch: committedLeaderEpoch, metadata: metadata ?? '' }
      offsets.set(name, partitionIndex, offset)
    }
  }
  return offsets
}
