/** OffsetCommit (API key 8): who may commit, and the records of a commit. */
import { ErrorCode, type GroupRecord } from '@millrace/protocol'
import { ClassicDraft, type GroupLimits } from '../classic/classic-draft.ts'
import type { ClassicGroup } from '../classic/classic-group.ts'
import { checkMember, renewSession } from '../classic/membership.ts'
import { mayCommitToConsumerGroup } from '../consumer/consumer-offsets.ts'
import { answerOnly, type Decision } from '../decision.ts'
import type { Group } from '../group.ts'
import { FIRST_WITH_MEMBER_EPOCH, type OffsetCommitter, type OffsetToCommit } from './committer.ts'

/** `group`: undefined when there is none yet; a commit outside any generation creates it by its records. */
export function mayCommit(
  group: Group | undefined,
  committer: OffsetCommitter,
  offsets: readonly OffsetToCommit[],
): ErrorCode {
  if (group === undefined) return mayCreate(committer)
  return group.type === 'classic'
    ? mayCommitToClassicGroup(group, committer)
    : mayCommitToConsumerGroup(group, committer, offsets)
}

function mayCreate({ generationId, apiVersion }: OffsetCommitter): ErrorCode {
  if (generationId < 0) return ErrorCode.NONE
  return apiVersion >= FIRST_WITH_MEMBER_EPOCH ? ErrorCode.GROUP_ID_NOT_FOUND : ErrorCode.ILLEGAL_GENERATION
}

function mayCommitToClassicGroup(group: ClassicGroup, committer: OffsetCommitter): ErrorCode {
  const { generationId, memberId, groupInstanceId } = committer
  if (generationId < 0 && group.state === 'Empty') return ErrorCode.NONE
  if (generationId < 0 && memberId === '' && groupInstanceId === null) return ErrorCode.UNKNOWN_MEMBER_ID
  const error = checkMember(group, memberId, groupInstanceId)
  if (error !== ErrorCode.NONE) return error
  if (generationId !== group.generationId) return ErrorCode.ILLEGAL_GENERATION
  // Its partitions are being given away at this moment. (While members rejoin they still own what they commit.)
  return group.state === 'CompletingRebalance' ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE
}

/** To be asked after {@link mayCommit}. In a classic group a commit counts as a sign of life. */
export function commit(
  group: Group,
  committer: OffsetCommitter,
  offsets: readonly OffsetToCommit[],
  limits: GroupLimits,
  nowMs: number,
): Decision<ErrorCode> {
  const records = offsets.map(offset => offsetCommitRecord(group.groupId, offset, nowMs))
  if (group.type === 'consumer') return { ...answerOnly(group, ErrorCode.NONE), records }
  const member = group.members.get(committer.memberId)
  if (member === undefined) return { ...answerOnly(group, ErrorCode.NONE), records }
  const draft = new ClassicDraft(group, limits, nowMs)
  renewSession(draft, member)
  for (const record of records) draft.append(record)
  return draft.decide(ErrorCode.NONE)
}

export function offsetCommitRecord(group: string, commit: OffsetToCommit, nowMs: number): GroupRecord {
  const { topic, topicId, partition, offset, leaderEpoch, metadata, expireTimestampMs } = commit
  return {
    kind: 'OffsetCommit',
    key: { group, topic, partition },
    value: { offset, leaderEpoch, metadata, commitTimestamp: nowMs, expireTimestamp: expireTimestampMs, topicId },
  }
}

export function offsetTombstone(group: string, topic: string, partition: number): GroupRecord {
  return { kind: 'OffsetCommit', key: { group, topic, partition }, value: null }
}
