/** A group as its record in `__consumer_offsets` holds it, both ways. */
import type { GroupMetadataKey, GroupMetadataValue, GroupRecord } from '@millrace/protocol'
import { type ClassicGroup, emptyGroup, metadataOf, newMember } from './classic-group.ts'

export function groupMetadataRecord(group: ClassicGroup): GroupRecord {
  const members = [...group.members.values()].map(member => ({
    memberId: member.memberId,
    groupInstanceId: member.groupInstanceId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    rebalanceTimeout: member.rebalanceTimeoutMs,
    sessionTimeout: member.sessionTimeoutMs,
    subscription: metadataOf(member, group.protocolName),
    assignment: member.assignment,
  }))
  return {
    kind: 'GroupMetadata',
    key: { group: group.groupId },
    value: {
      protocolType: group.protocolType ?? '',
      generation: group.generationId,
      protocol: group.protocolName,
      leader: group.leaderId,
      currentStateTimestamp: group.stateSinceMs,
      members,
    },
  }
}

export function groupTombstone(groupId: string): GroupRecord {
  return { kind: 'GroupMetadata', key: { group: groupId }, value: null }
}

/** A group as it is after a restart: Stable with members, Empty without. Copies the bytes out of the log's buffer. */
export function groupFromRecord(key: GroupMetadataKey, value: GroupMetadataValue, nowMs: number): ClassicGroup {
  const members = value.members.map(row => ({
    ...newMember({
      memberId: row.memberId,
      groupInstanceId: row.groupInstanceId,
      clientId: row.clientId,
      clientHost: row.clientHost,
      sessionTimeoutMs: row.sessionTimeout,
      // Absent from records of version 0.
      rebalanceTimeoutMs: row.rebalanceTimeout < 0 ? row.sessionTimeout : row.rebalanceTimeout,
      protocols: [{ name: value.protocol ?? '', metadata: Buffer.from(row.subscription) }],
    }),
    assignment: Buffer.from(row.assignment),
    isNew: false,
    hasSynced: true,
  }))
  const staticMembers = new Map<string, string>()
  for (const member of members)
    if (member.groupInstanceId !== null) staticMembers.set(member.groupInstanceId, member.memberId)
  return {
    ...emptyGroup(key.group, value.currentStateTimestamp < 0 ? nowMs : value.currentStateTimestamp),
    state: members.length === 0 ? 'Empty' : 'Stable',
    generationId: value.generation,
    protocolType: value.protocolType === '' ? null : value.protocolType,
    protocolName: value.protocol,
    leaderId: value.leader,
    members: new Map(members.map(member => [member.memberId, member])),
    staticMembers,
  }
}
