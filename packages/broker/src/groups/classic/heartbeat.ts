/** Heartbeat (API key 12) of classic groups, and what happens when none comes. */
import { ErrorCode } from '@millrace/protocol'
import { answerOnly, type Decision } from '../decision.ts'
import { ClassicDraft, type GroupLimits } from './classic-draft.ts'
import type { ClassicGroup } from './classic-group.ts'
import { leaveAsMember } from './leave.ts'
import { checkMember, dropPendingMember, renewSession } from './membership.ts'
import { endJoinPhaseIfComplete } from './rebalance.ts'

export interface HeartbeatRequest {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly generationId: number
}

/** REBALANCE_IN_PROGRESS calls the member back to join; while assignments are awaited it just lives on. */
export function heartbeat(
  group: ClassicGroup,
  request: HeartbeatRequest,
  limits: GroupLimits,
  nowMs: number,
): Decision<ErrorCode> {
  const { memberId } = request
  const error = checkMember(group, memberId, request.groupInstanceId)
  if (error !== ErrorCode.NONE) return answerOnly(group, error)
  if (request.generationId !== group.generationId) return answerOnly(group, ErrorCode.ILLEGAL_GENERATION)
  const draft = new ClassicDraft(group, limits, nowMs)
  renewSession(draft, group.members.get(memberId)!)
  return draft.decide(group.state === 'PreparingRebalance' ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE)
}

/** The `member` timer fired: the session of a member or the patience with a pending one is over. */
export function memberTimerFired(draft: ClassicDraft, memberId: string): void {
  const { group } = draft
  if (group.pendingMembers.has(memberId)) {
    dropPendingMember(draft, memberId)
    return endJoinPhaseIfComplete(draft)
  }
  const member = group.members.get(memberId)
  if (member === undefined) return
  // Who waits for us cannot send heartbeats; the end of the wait renews the session. A new member is only as old as its join.
  if (!member.isNew && (member.awaitingJoin || member.awaitingSync)) return
  leaveAsMember(draft, member)
}
