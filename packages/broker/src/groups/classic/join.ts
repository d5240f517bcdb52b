/** JoinGroup (API key 11) of classic groups. Source: Apache Kafka, `GroupCoordinator.handleJoinGroup`; KIP-134, 345, 394, 814. */
import { ErrorCode } from '@millrace/protocol'
import { answerOnly, type Decision, type JoinAnswer } from '../decision.ts'
import { ClassicDraft, type GroupLimits } from './classic-draft.ts'
import {
  type ClassicGroup,
  countAwaitingJoin,
  hasSameProtocols,
  type Member,
  newMember,
  type Protocol,
} from './classic-group.ts'
import { groupMetadataRecord } from './classic-group-records.ts'
import {
  addPendingMember,
  checkMember,
  dropMember,
  dropPendingMember,
  joinError,
  putMember,
  renewSession,
  replaceStaticMember,
} from './membership.ts'
import { selectProtocol, supportsProtocols } from './protocol-vote.ts'
import { currentGeneration, endJoinPhaseIfComplete, membersForLeader, rebalance } from './rebalance.ts'

/** A new member has no id to send heartbeats with; it is dropped when its parked join gets as old as this. */
const NEW_MEMBER_JOIN_TIMEOUT_MS = 300_000

export interface JoinRequest {
  /** Empty for a member that has no id yet. */
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  readonly protocolType: string
  /** Kept as long as the member: no views of a request's buffer. */
  readonly protocols: readonly Protocol[]
  /** True from v4 on: a new dynamic member first gets an id and must come back with it (KIP-394). */
  readonly requiresKnownMemberId: boolean
  /** True from v9 on: a static leader that returns may be told not to assign (KIP-814). */
  readonly supportsSkippingAssignment: boolean
  /** Makes the id of a new member unique. */
  readonly uuid: string
}

/** `group`: an empty one when there is none with the id yet, which only a member without an id may create. */
export function join(
  group: ClassicGroup,
  request: JoinRequest,
  limits: GroupLimits,
  nowMs: number,
): Decision<JoinAnswer> {
  const { memberId, sessionTimeoutMs } = request
  if (sessionTimeoutMs < limits.minSessionTimeoutMs || sessionTimeoutMs > limits.maxSessionTimeoutMs)
    return answerOnly(group, joinError(memberId, ErrorCode.INVALID_SESSION_TIMEOUT))
  const draft = new ClassicDraft(group, limits, nowMs)
  if (!hasRoomFor(group, memberId, limits)) return refuseForSize(draft, memberId)
  if (!supportsProtocols(group, request.protocolType, request.protocols))
    return answerOnly(group, joinError(memberId, ErrorCode.INCONSISTENT_GROUP_PROTOCOL))
  return memberId === '' ? joinWithoutId(draft, request) : joinWithId(draft, request)
}

/** While members rejoin, those who have count, so that a group above a lowered limit shrinks. */
function hasRoomFor(group: ClassicGroup, memberId: string, limits: GroupLimits): boolean {
  const member = group.members.get(memberId)
  if (group.state === 'Empty') return true
  if (group.state === 'PreparingRebalance')
    return member?.awaitingJoin === true || countAwaitingJoin(group) < limits.maxMembers
  return member !== undefined || group.members.size < limits.maxMembers
}

function refuseForSize(draft: ClassicDraft, memberId: string): Decision<JoinAnswer> {
  const { group } = draft
  const member = group.members.get(memberId)
  if (member !== undefined) dropMember(draft, member, ErrorCode.UNKNOWN_MEMBER_ID)
  if (group.pendingMembers.has(memberId)) dropPendingMember(draft, memberId)
  endJoinPhaseIfComplete(draft)
  return draft.decide(joinError('', ErrorCode.GROUP_MAX_SIZE_REACHED))
}

function joinWithoutId(draft: ClassicDraft, request: JoinRequest): Decision<JoinAnswer> {
  const { group } = draft
  const { groupInstanceId, uuid } = request
  const memberId = `${groupInstanceId ?? request.clientId}-${uuid}`
  if (groupInstanceId !== null) {
    const old = group.members.get(group.staticMembers.get(groupInstanceId) ?? '')
    return old === undefined ? addMember(draft, request, memberId) : returnStaticMember(draft, request, old, memberId)
  }
  if (!request.requiresKnownMemberId) return addMember(draft, request, memberId)
  addPendingMember(draft, memberId)
  draft.arm({ kind: 'member', memberId }, request.sessionTimeoutMs)
  return draft.decide(joinError(memberId, ErrorCode.MEMBER_ID_REQUIRED))
}

function joinWithId(draft: ClassicDraft, request: JoinRequest): Decision<JoinAnswer> {
  const { group } = draft
  const { memberId, groupInstanceId } = request
  if (group.pendingMembers.has(memberId) && groupInstanceId === null) {
    dropPendingMember(draft, memberId)
    return addMember(draft, request, memberId)
  }
  const error = checkMember(group, memberId, groupInstanceId)
  if (error !== ErrorCode.NONE) return answerOnly(group, joinError(memberId, error))
  const member = group.members.get(memberId)!
  const unchanged = hasSameProtocols(member, request.protocols)
  // The leader's rejoin of a stable group always rebalances: that is how it reports new partitions of a topic.
  const repeats =
    unchanged && (group.state === 'CompletingRebalance' || (group.state === 'Stable' && group.leaderId !== memberId))
  return repeats ? draft.decide(currentGeneration(group, memberId)) : rejoin(draft, request, member)
}

function addMember(draft: ClassicDraft, request: JoinRequest, memberId: string): Decision<JoinAnswer> {
  const { group } = draft
  if (group.members.size === 0) draft.change({ protocolType: request.protocolType })
  if (group.initialDelay !== null && group.generationId === 0)
    draft.change({ initialDelay: { ...group.initialDelay, memberAdded: true } })
  putMember(draft, { ...newMember({ ...request, memberId }), awaitingJoin: true })
  draft.arm({ kind: 'member', memberId }, NEW_MEMBER_JOIN_TIMEOUT_MS)
  return park(draft, memberId)
}

function rejoin(draft: ClassicDraft, request: JoinRequest, member: Member): Decision<JoinAnswer> {
  putMember(draft, { ...updated(member, request), awaitingJoin: true })
  return park(draft, member.memberId)
}

function park(draft: ClassicDraft, memberId: string): Decision<JoinAnswer> {
  rebalance(draft, 'joined')
  endJoinPhaseIfComplete(draft)
  return draft.park(memberId)
}

function updated(member: Member, request: JoinRequest): Member {
  const { protocols, sessionTimeoutMs, rebalanceTimeoutMs } = request
  return { ...member, protocols, sessionTimeoutMs, rebalanceTimeoutMs }
}

/** A static member came back without its id, as after a restart: it gets a new one and keeps everything else. */
function returnStaticMember(
  draft: ClassicDraft,
  request: JoinRequest,
  old: Member,
  memberId: string,
): Decision<JoinAnswer> {
  const leaderBefore = draft.group.leaderId ?? ''
  const member: Member = { ...updated(old, request), memberId, awaitingJoin: false, awaitingSync: false }
  replaceStaticMember(draft, old, member)
  renewSession(draft, member)
  const { group } = draft
  if (group.state !== 'Stable' || selectProtocol(group) !== group.protocolName) return rejoin(draft, request, member)
  // The generation goes on. Only the new id has to be remembered, or a restart would bring the old one back.
  draft.append(groupMetadataRecord(group))
  const answer = { ...currentGeneration(group, memberId), members: [] }
  if (!request.supportsSkippingAssignment) return draft.decide({ ...answer, leader: leaderBefore })
  const leads = group.leaderId === memberId
  return draft.decide({ ...answer, skipAssignment: leads, members: leads ? membersForLeader(group) : [] })
}
