/** LeaveGroup (API key 13) of classic groups. v3 and later carry several members, and static ones by instance id alone. */
import { ErrorCode } from '@millrace/protocol'
import type { Decision } from '../decision.ts'
import { ClassicDraft, type GroupLimits } from './classic-draft.ts'
import type { ClassicGroup, Member } from './classic-group.ts'
import { checkMember, dropMember, dropPendingMember } from './membership.ts'
import { endJoinPhaseIfComplete, rebalance } from './rebalance.ts'

export interface LeavingMember {
  /** Empty with an instance id: an administrator removes whoever holds it. */
  readonly memberId: string
  readonly groupInstanceId: string | null
}

/** An error code for each of `leaving`, in order. */
export function leave(
  group: ClassicGroup,
  leaving: readonly LeavingMember[],
  limits: GroupLimits,
  nowMs: number,
): Decision<readonly ErrorCode[]> {
  const draft = new ClassicDraft(group, limits, nowMs)
  return draft.decide(leaving.map(one => leaveOne(draft, one)))
}

function leaveOne(draft: ClassicDraft, leaving: LeavingMember): ErrorCode {
  const { group } = draft
  const { groupInstanceId } = leaving
  if (group.pendingMembers.has(leaving.memberId)) {
    dropPendingMember(draft, leaving.memberId)
    endJoinPhaseIfComplete(draft)
    return ErrorCode.NONE
  }
  const memberId = leaving.memberId || group.staticMembers.get(groupInstanceId ?? '') || ''
  const error = checkMember(group, memberId, groupInstanceId)
  if (error === ErrorCode.NONE) leaveAsMember(draft, group.members.get(memberId)!)
  return error
}

/** Removes a member and lets the rest share its partitions. */
export function leaveAsMember(draft: ClassicDraft, member: Member): void {
  dropMember(draft, member, ErrorCode.UNKNOWN_MEMBER_ID)
  rebalance(draft, 'left')
  endJoinPhaseIfComplete(draft)
}
