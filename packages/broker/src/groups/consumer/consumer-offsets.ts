/**
 * Which members of a KIP-848 group may commit and fetch offsets. A member may still commit with an epoch it has left, for
 * partitions that it has had since then without a break (KIP-1251): its answer to the heartbeat may be under way.
 */
import { ErrorCode } from '@millrace/protocol'
import {
  type Committer,
  FIRST_WITH_MEMBER_EPOCH,
  type OffsetCommitter,
  type OffsetToCommit,
} from '../offsets/committer.ts'
import type { ConsumerGroup, ConsumerMember } from './consumer-group.ts'

type Partition = Pick<OffsetToCommit, 'topicId' | 'partition'>

/** The error of the whole request. */
export function mayCommitToConsumerGroup(
  group: ConsumerGroup,
  committer: OffsetCommitter,
  partitions: readonly Partition[],
): ErrorCode {
  const { generationId, memberId, apiVersion } = committer
  if (generationId < 0 && group.members.size === 0) return ErrorCode.NONE
  const member = group.members.get(memberId)
  if (member === undefined) return ErrorCode.UNKNOWN_MEMBER_ID
  if (member.classic === null && apiVersion < FIRST_WITH_MEMBER_EPOCH) return ErrorCode.UNSUPPORTED_VERSION
  return checkEpochFor(member, generationId, partitions)
}

/** The same within a transaction, where a producer need not be a member. */
export function mayCommitToConsumerGroupInTransaction(
  group: ConsumerGroup,
  { generationId, memberId, groupInstanceId }: Committer,
  partitions: readonly Partition[],
): ErrorCode {
  if (generationId < 0 && group.members.size === 0) return ErrorCode.NONE
  if (generationId < 0 && memberId === '' && groupInstanceId === null) return ErrorCode.NONE
  const member = group.members.get(memberId)
  if (member === undefined) return ErrorCode.UNKNOWN_MEMBER_ID
  const error = checkEpochFor(member, generationId, partitions)
  // The request knows of generations only.
  return error === ErrorCode.STALE_MEMBER_EPOCH ? ErrorCode.ILLEGAL_GENERATION : error
}

/** Administrators, who are nobody, may fetch what they want. */
export function mayFetchOffsets(group: ConsumerGroup, memberId: string | null, memberEpoch: number): ErrorCode {
  if (memberId === null && memberEpoch < 0) return ErrorCode.NONE
  const member = group.members.get(memberId ?? '')
  if (member === undefined) return ErrorCode.UNKNOWN_MEMBER_ID
  return memberEpoch === member.memberEpoch ? ErrorCode.NONE : wrongEpoch(member)
}

function checkEpochFor(member: ConsumerMember, memberEpoch: number, partitions: readonly Partition[]): ErrorCode {
  if (memberEpoch === member.memberEpoch) return ErrorCode.NONE
  if (memberEpoch > member.memberEpoch) return wrongEpoch(member)
  const hadSince = ({ topicId, partition }: Partition) =>
    member.assigned.get(topicId)?.get(partition) ?? member.revoking.get(topicId)?.get(partition)
  return partitions.every(one => memberEpoch >= (hadSince(one) ?? Number.POSITIVE_INFINITY))
    ? ErrorCode.NONE
    : wrongEpoch(member)
}

function wrongEpoch(member: ConsumerMember): ErrorCode {
  return member.classic === null ? ErrorCode.STALE_MEMBER_EPOCH : ErrorCode.ILLEGAL_GENERATION
}
