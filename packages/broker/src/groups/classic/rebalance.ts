/**
 * A rebalance has two waits. In the join phase (PreparingRebalance) every member rejoins with what it can do; it ends
 * when all have, or when the slowest member's rebalance timeout is over. In the sync phase (CompletingRebalance) the
 * leader sends the assignment and everyone fetches their part.
 */
import { ErrorCode } from '@millrace/protocol'
import type { JoinAnswer } from '../decision.ts'
import type { ClassicDraft } from './classic-draft.ts'
import { type ClassicGroup, countAwaitingJoin, type Member, metadataOf, rebalanceTimeoutMs } from './classic-group.ts'
import { groupMetadataRecord } from './classic-group-records.ts'
import type { GroupEvent } from './group-moves.ts'
import { dropMember, renewSession, syncError } from './membership.ts'
import { selectProtocol } from './protocol-vote.ts'

/** Starts the join phase because a member `joined` or `left`. Goes on with a join phase that already runs. */
export function rebalance(draft: ClassicDraft, event: GroupEvent & ('joined' | 'left')): void {
  const { state } = draft.group
  draft.move(event)
  if (state === 'PreparingRebalance') return
  refuseParkedSyncs(draft)
  draft.disarm({ kind: 'sync' })
  const timeoutMs = rebalanceTimeoutMs(draft.group)
  if (state !== 'Empty') return draft.arm({ kind: 'join' }, timeoutMs)
  const delayMs = draft.limits.initialRebalanceDelayMs
  if (delayMs === 0) return endJoinPhase(draft)
  draft.change({ initialDelay: { remainingMs: Math.max(timeoutMs - delayMs, 0), memberAdded: false } })
  draft.arm({ kind: 'join' }, delayMs)
}

/** Ends the join phase if there is one and nobody is missing. To be called last by whatever may complete it. */
export function endJoinPhaseIfComplete(draft: ClassicDraft): void {
  const { group } = draft
  if (group.state !== 'PreparingRebalance' || group.initialDelay !== null) return
  if (group.pendingMembers.size === 0 && countAwaitingJoin(group) === group.members.size) endJoinPhase(draft)
}

/** The `join` timer fired. */
export function joinTimerFired(draft: ClassicDraft): void {
  const { initialDelay, state } = draft.group
  if (state !== 'PreparingRebalance') return
  if (initialDelay?.memberAdded === true && initialDelay.remainingMs > 0) {
    const delayMs = Math.min(draft.limits.initialRebalanceDelayMs, initialDelay.remainingMs)
    draft.change({ initialDelay: { remainingMs: initialDelay.remainingMs - delayMs, memberAdded: false } })
    draft.arm({ kind: 'join' }, delayMs)
  } else endJoinPhase(draft)
}

/** The `sync` timer fired: members that never asked for their assignment are gone. */
export function syncTimerFired(draft: ClassicDraft): void {
  const { state, members } = draft.group
  if (state !== 'CompletingRebalance' && state !== 'Stable') return
  const silent = [...members.values()].filter(member => !member.hasSynced)
  if (silent.length === 0) return
  for (const member of silent) dropMember(draft, member, ErrorCode.UNKNOWN_MEMBER_ID)
  rebalance(draft, 'left')
  endJoinPhaseIfComplete(draft)
}

function endJoinPhase(draft: ClassicDraft): void {
  // Static members may be away until their session ends; they keep their place.
  for (const member of draft.group.members.values())
    if (!member.awaitingJoin && member.groupInstanceId === null) dropMember(draft, member, ErrorCode.UNKNOWN_MEMBER_ID)
  draft.change({ initialDelay: null })
  if (draft.group.members.size === 0) return becomeEmpty(draft)
  const leaderId = presentLeader(draft.group)
  // Nobody is here, only places of static members: wait until they rejoin or their sessions end.
  if (leaderId === undefined) return draft.arm({ kind: 'join' }, rebalanceTimeoutMs(draft.group))
  draft.change({ leaderId })
  startGeneration(draft)
}

function becomeEmpty(draft: ClassicDraft): void {
  draft.disarm({ kind: 'join' })
  draft.change({ generationId: draft.group.generationId + 1, protocolName: null, leaderId: null })
  draft.move('emptied')
  draft.append(groupMetadataRecord(draft.group))
}

function startGeneration(draft: ClassicDraft): void {
  const { group } = draft
  draft.disarm({ kind: 'join' })
  draft.change({ generationId: group.generationId + 1, protocolName: selectProtocol(group) })
  draft.move('joinPhaseEnded')
  const joined = [...group.members.values()].filter(member => member.awaitingJoin)
  const members = new Map<string, Member>()
  for (const member of group.members.values())
    members.set(member.memberId, { ...member, isNew: false, awaitingJoin: false, hasSynced: false })
  draft.change({ members })
  for (const member of joined)
    draft.reply({ to: member.memberId, join: currentGeneration(draft.group, member.memberId) })
  for (const member of members.values()) renewSession(draft, member)
  draft.arm({ kind: 'sync' }, rebalanceTimeoutMs(draft.group))
}

/** A leader who did not rejoin cannot lead. */
function presentLeader(group: ClassicGroup): string | undefined {
  const { leaderId, members } = group
  if (leaderId !== null && members.get(leaderId)?.awaitingJoin === true) return leaderId
  for (const member of members.values()) if (member.awaitingJoin) return member.memberId
  return undefined
}

function refuseParkedSyncs(draft: ClassicDraft): void {
  const { members } = draft.group
  const parked = [...members.values()].filter(member => member.awaitingSync)
  if (parked.length === 0) return
  const changed = new Map(members)
  for (const member of parked) {
    changed.set(member.memberId, { ...member, awaitingSync: false })
    draft.reply({ to: member.memberId, sync: syncError(ErrorCode.REBALANCE_IN_PROGRESS) })
  }
  draft.change({ members: changed })
}

/** The answer to a join: only the leader learns who the others are, because only it assigns. */
export function currentGeneration(group: ClassicGroup, memberId: string): JoinAnswer {
  const leader = group.leaderId ?? ''
  return {
    errorCode: ErrorCode.NONE,
    generationId: group.generationId,
    protocolType: group.protocolType,
    protocolName: group.protocolName,
    leader,
    memberId,
    members: leader === memberId ? membersForLeader(group) : [],
  }
}

export function membersForLeader(group: ClassicGroup): JoinAnswer['members'] {
  return [...group.members.values()].map(member => ({
    memberId: member.memberId,
    groupInstanceId: member.groupInstanceId,
    metadata: metadataOf(member, group.protocolName),
  }))
}
