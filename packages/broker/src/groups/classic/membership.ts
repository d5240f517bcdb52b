/** Who is in a group: adding, replacing, removing, and whether a request speaks for a member. */
import { ErrorCode } from '@millrace/protocol'
import type { JoinAnswer, SyncAnswer } from '../decision.ts'
import type { ClassicDraft } from './classic-draft.ts'
import type { ClassicGroup, Member } from './classic-group.ts'

const NO_BYTES = Buffer.alloc(0)

export function joinError(memberId: string, errorCode: number): JoinAnswer {
  return { errorCode, generationId: -1, protocolType: null, protocolName: null, leader: '', memberId, members: [] }
}
export function syncError(errorCode: number): SyncAnswer {
  return { errorCode, protocolType: null, protocolName: null, assignment: NO_BYTES }
}

/** NONE when `memberId` is a member, and the one that its instance id stands for if it names one. */
export function checkMember(group: ClassicGroup, memberId: string, groupInstanceId: string | null): ErrorCode {
  if (groupInstanceId !== null) {
    const current = group.staticMembers.get(groupInstanceId)
    if (current === undefined) return ErrorCode.UNKNOWN_MEMBER_ID
    if (current !== memberId) return ErrorCode.FENCED_INSTANCE_ID
  }
  return group.members.has(memberId) ? ErrorCode.NONE : ErrorCode.UNKNOWN_MEMBER_ID
}

/** Adds the member or takes the place of the one with its id. The first member of a group leads it. */
export function putMember(draft: ClassicDraft, member: Member): void {
  const { group } = draft
  draft.change({
    members: new Map(group.members).set(member.memberId, member),
    leaderId: group.leaderId ?? member.memberId,
  })
  if (member.groupInstanceId !== null && group.staticMembers.get(member.groupInstanceId) !== member.memberId)
    draft.change({ staticMembers: new Map(group.staticMembers).set(member.groupInstanceId, member.memberId) })
}

/** Its parked requests are answered with `errorCode`; the lead passes to the longest member. */
export function dropMember(draft: ClassicDraft, member: Member, errorCode: ErrorCode): void {
  const { group } = draft
  const { memberId, groupInstanceId } = member
  answerParked(draft, member, errorCode)
  const members = new Map(group.members)
  members.delete(memberId)
  const [firstId = null] = members.keys()
  draft.change({ members, leaderId: group.leaderId === memberId ? firstId : group.leaderId })
  if (groupInstanceId !== null && group.staticMembers.get(groupInstanceId) === memberId) {
    const staticMembers = new Map(group.staticMembers)
    staticMembers.delete(groupInstanceId)
    draft.change({ staticMembers })
  }
  draft.disarm({ kind: 'member', memberId })
}

/** A restarted static member takes over place, assignment and lead of its old id, which is fenced (KIP-345). */
export function replaceStaticMember(draft: ClassicDraft, old: Member, next: Member): void {
  const { group } = draft
  answerParked(draft, old, ErrorCode.FENCED_INSTANCE_ID)
  const members = new Map([...group.members].map(row => (row[0] === old.memberId ? [next.memberId, next] : row)))
  draft.change({
    members,
    staticMembers: new Map(group.staticMembers).set(next.groupInstanceId!, next.memberId),
    leaderId: group.leaderId === old.memberId ? next.memberId : group.leaderId,
  })
  draft.disarm({ kind: 'member', memberId: old.memberId })
}

export function addPendingMember(draft: ClassicDraft, memberId: string): void {
  draft.change({ pendingMembers: new Set(draft.group.pendingMembers).add(memberId) })
}
export function dropPendingMember(draft: ClassicDraft, memberId: string): void {
  const pendingMembers = new Set(draft.group.pendingMembers)
  pendingMembers.delete(memberId)
  draft.change({ pendingMembers })
  draft.disarm({ kind: 'member', memberId })
}

/** A member shows that it lives: its session starts anew. */
export function renewSession(draft: ClassicDraft, member: Member): void {
  draft.arm({ kind: 'member', memberId: member.memberId }, member.sessionTimeoutMs)
}

export function answerParked(draft: ClassicDraft, member: Member, errorCode: ErrorCode): void {
  const to = member.memberId
  // An unknown member forgets its id and joins as a new one; a fenced one must see which of its ids lost.
  const idInAnswer = errorCode === ErrorCode.FENCED_INSTANCE_ID ? to : ''
  if (member.awaitingJoin) draft.reply({ to, join: joinError(idInAnswer, errorCode) })
  if (member.awaitingSync) draft.reply({ to, sync: syncError(errorCode) })
}
