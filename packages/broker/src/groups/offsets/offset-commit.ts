/** OffsetCommit (API key 8): who may commit, and the records of a commit. */
import { ErrorCode, type GroupRecord } from '@millrace/protocol'
import type { ClassicGroup } from '../classic/classic-group.ts'
import { checkMember, renewSession } from '../classic/membership.ts'
import { answerOnly, type Decision, DecisionDraft, type GroupLimits } from '../decision.ts'

export interface Committer {
  /** −1 from consumers that assign partitions to themselves, and from administrators. */
  readonly generationId: number
  readonly memberId: string
  readonly groupInstanceId: string | null
}

export interface OffsetToCommit {
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  readonly offset: number
  readonly leaderEpoch: number
  readonly metadata: string
  readonly expireTimestampMs: number
}

/** `group`: undefined when there is none yet; a commit outside any generation creates it by its records. */
export function mayCommit(group: ClassicGroup | undefined, committer: Committer): ErrorCode {
  const { generationId, memberId, groupInstanceId } = committer
  if (group === undefined) return generationId < 0 ? ErrorCode.NONE : ErrorCode.ILLEGAL_GENERATION
  if (generationId < 0 && group.state === 'Empty') return ErrorCode.NONE
  if (generationId < 0 && memberId === '' && groupInstanceId === null) return ErrorCode.UNKNOWN_MEMBER_ID
  const error = checkMember(group, memberId, groupInstanceId)
  if (error !== ErrorCode.NONE) return error
  if (generationId !== group.generationId) return ErrorCode.ILLEGAL_GENERATION
  // Its partitions are being given away at this moment. (While members rejoin they still own what they commit.)
  return group.state === 'CompletingRebalance' ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE
}

/** To be asked after {@link mayCommit}: a commit counts as a sign of life. */
export function commit(
  group: ClassicGroup,
  committer: Committer,
  offsets: readonly OffsetToCommit[],
  limits: GroupLimits,
  nowMs: number,
): Decision<ErrorCode> {
  const member = group.members.get(committer.memberId)
  const records = offsets.map(offset => offsetCommitRecord(group.groupId, offset, nowMs))
  if (member === undefined) return { ...answerOnly(group, ErrorCode.NONE), records }
  const draft = new DecisionDraft(group, limits, nowMs)
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
