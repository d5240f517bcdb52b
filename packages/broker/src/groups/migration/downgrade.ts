/**
 * A KIP-848 group becomes a classic one when the last member that speaks the consumer protocol goes and members that speak the
 * classic protocol are left. They keep what they were to have, and rebalance. Source: KIP-848, "Downgrading".
 */
import { ClassicDraft } from '../classic/classic-draft.ts'
import { type ClassicGroup, emptyGroup, type Member, newMember } from '../classic/classic-group.ts'
import { groupMetadataRecord } from '../classic/classic-group-records.ts'
import { renewSession } from '../classic/membership.ts'
import { selectProtocol } from '../classic/protocol-vote.ts'
import { rebalance } from '../classic/rebalance.ts'
import type { ConsumerGroupSurroundings } from '../consumer/consumer-draft.ts'
import type { ClassicSpeaker, ConsumerGroup, ConsumerMember } from '../consumer/consumer-group.ts'
import { consumerGroupTombstones } from '../consumer/consumer-group-records.ts'
import type { Decision } from '../decision.ts'
import { assignmentBytes } from './consumer-protocol-bytes.ts'

/** Undefined when the group stays what it is. */
export function downgradeWithout(
  group: ConsumerGroup,
  leaving: readonly ConsumerMember[],
  surroundings: ConsumerGroupSurroundings,
): Decision<undefined> | undefined {
  const staying = [...group.members.values()].filter(member => !leaving.includes(member))
  if (staying.length === 0 || !mayDowngrade(staying, surroundings)) return undefined
  const draft = downgrade(group, staying, surroundings)
  rebalance(draft, 'left')
  return draft.decide(undefined)
}

/** True for members that can be a classic group together. */
export function mayDowngrade(
  members: readonly ConsumerMember[],
  { rules, classic }: ConsumerGroupSurroundings,
): boolean {
  const { migrationPolicy } = rules
  if (migrationPolicy !== 'downgrade' && migrationPolicy !== 'bidirectional') return false
  return members.length <= classic.maxMembers && members.every(member => member.classic !== null)
}

/** The classic group of `staying`, Stable, with its records and timers. To be asked after {@link mayDowngrade}. */
export function downgrade(
  group: ConsumerGroup,
  staying: readonly ConsumerMember[],
  surroundings: ConsumerGroupSurroundings,
): ClassicDraft {
  const { nowMs, classic, topics } = surroundings
  const members = new Map<string, Member>()
  const staticMembers = new Map<string, string>()
  for (const member of staying) {
    const { memberId, groupInstanceId } = member
    const { sessionTimeoutMs, protocols } = speakerOf(member)
    members.set(memberId, {
      ...newMember({ ...member, sessionTimeoutMs, protocols }),
      isNew: false,
      hasSynced: true,
      assignment: assignmentBytes(group.targets.get(memberId) ?? new Map(), protocols[0]!, topics),
    })
    if (groupInstanceId !== null) staticMembers.set(groupInstanceId, memberId)
  }
  const [leaderId = null] = members.keys()
  const unnamed: ClassicGroup = {
    ...emptyGroup(group.groupId, nowMs),
    state: 'Stable',
    generationId: group.groupEpoch,
    protocolType: 'consumer',
    leaderId,
    members,
    staticMembers,
  }
  const draft = new ClassicDraft({ ...unnamed, protocolName: selectProtocol(unnamed) }, classic, nowMs)
  for (const record of consumerGroupTombstones(group)) draft.append(record)
  draft.append(groupMetadataRecord(draft.group))
  for (const memberId of group.members.keys()) {
    for (const kind of ['member', 'rejoin', 'memberSync'] as const) draft.disarm({ kind, memberId })
    draft.disarm({ kind: 'revocation', memberId, memberEpoch: 0 })
  }
  for (const member of members.values()) renewSession(draft, member)
  return draft
}

function speakerOf({ classic, memberId }: ConsumerMember): ClassicSpeaker {
  if (classic === null) throw new Error(`${memberId} does not speak the classic protocol`)
  return classic
}
