/** SyncGroup (API key 14) of classic groups: the leader brings the assignment, everyone fetches theirs. */
import { ErrorCode } from '@millrace/protocol'
import { answerOnly, type Decision, type SyncAnswer } from '../decision.ts'
import { ClassicDraft, type GroupLimits } from './classic-draft.ts'
import type { ClassicGroup, Member } from './classic-group.ts'
import { groupMetadataRecord } from './classic-group-records.ts'
import { checkMember, putMember, renewSession, syncError } from './membership.ts'

export interface SyncRequest {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly generationId: number
  /** Null below v5: not checked. */
  readonly protocolType: string | null
  readonly protocolName: string | null
  /** Empty from everyone but the leader. Kept as long as the generation: no views of a request's buffer. */
  readonly assignments: readonly { readonly memberId: string; readonly assignment: Buffer }[]
}

const NO_BYTES = Buffer.alloc(0)

export function sync(
  group: ClassicGroup,
  request: SyncRequest,
  limits: GroupLimits,
  nowMs: number,
): Decision<SyncAnswer> {
  const error = check(group, request)
  if (error !== ErrorCode.NONE) return answerOnly(group, syncError(error))
  const draft = new ClassicDraft(group, limits, nowMs)
  const { memberId } = request
  const member = { ...group.members.get(memberId)!, hasSynced: true }
  if (group.state === 'Stable') {
    putMember(draft, member)
    renewSession(draft, member)
    disarmWhenAllSynced(draft)
    return draft.decide(assignmentOf(group, member))
  }
  putMember(draft, { ...member, awaitingSync: true })
  if (group.leaderId === memberId) assign(draft, request.assignments)
  disarmWhenAllSynced(draft)
  return draft.park(memberId)
}

function check(group: ClassicGroup, request: SyncRequest): ErrorCode {
  const { protocolType, protocolName } = request
  const error = checkMember(group, request.memberId, request.groupInstanceId)
  if (error !== ErrorCode.NONE) return error
  if (request.generationId !== group.generationId) return ErrorCode.ILLEGAL_GENERATION
  if (protocolType !== null && protocolType !== group.protocolType) return ErrorCode.INCONSISTENT_GROUP_PROTOCOL
  if (protocolName !== null && protocolName !== group.protocolName) return ErrorCode.INCONSISTENT_GROUP_PROTOCOL
  return group.state === 'PreparingRebalance' ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE
}

/** A member that the leader left out gets nothing; assignments for others than members are ignored. */
function assign(draft: ClassicDraft, assignments: SyncRequest['assignments']): void {
  const byMember = new Map(assignments.map(row => [row.memberId, row.assignment]))
  const members = new Map<string, Member>()
  const waiting: Member[] = []
  for (const member of draft.group.members.values()) {
    const assigned = { ...member, assignment: byMember.get(member.memberId) ?? NO_BYTES, awaitingSync: false }
    members.set(member.memberId, assigned)
    if (member.awaitingSync) waiting.push(assigned)
  }
  draft.change({ members })
  draft.move('synced')
  draft.append(groupMetadataRecord(draft.group))
  for (const member of waiting) {
    draft.reply({ to: member.memberId, sync: assignmentOf(draft.group, member) })
    renewSession(draft, member)
  }
}

function disarmWhenAllSynced(draft: ClassicDraft): void {
  for (const member of draft.group.members.values()) if (!member.hasSynced) return
  draft.disarm({ kind: 'sync' })
}

function assignmentOf(group: ClassicGroup, member: Member): SyncAnswer {
  const { protocolType, protocolName } = group
  return { errorCode: ErrorCode.NONE, protocolType, protocolName, assignment: member.assignment }
}
