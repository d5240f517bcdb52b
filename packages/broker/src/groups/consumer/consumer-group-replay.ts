/**
 * Records of `__consumer_offsets` to the KIP-848 group they make. A compacted log may lack what a record builds on, and hold
 * tombstones of what is not there any more; both are taken as they come.
 */
import type { ConsumerGroupMemberMetadataValue, GroupRecord } from '@millrace/protocol'
import type { Assignment } from '../assignors/assignor.ts'
import {
  type ClassicSpeaker,
  type ConsumerGroup,
  type ConsumerMember,
  FIRST_EPOCH,
  type MemberState,
  newConsumerMember,
  type ResolvedPattern,
} from './consumer-group.ts'
import { STATE_NUMBERS } from './consumer-group-records.ts'
import { NOTHING_OWNED, ownedFrom } from './owned-partitions.ts'

export type ConsumerGroupRecord = Extract<GroupRecord, { readonly kind: `ConsumerGroup${string}` }>

/** A group whose maps nobody else has: replaying into it copies nothing. */
export type GroupBeingReplayed = {
  -readonly [Field in keyof ConsumerGroup]: ConsumerGroup[Field] extends ReadonlyMap<infer Key, infer Value>
    ? Map<Key, Value>
    : ConsumerGroup[Field]
}

/** The record says that the group is gone. */
export function isGroupTombstone(record: ConsumerGroupRecord): boolean {
  return record.kind === 'ConsumerGroupMetadata' && record.value === null
}

export function isConsumerGroupRecord(record: GroupRecord): record is ConsumerGroupRecord {
  return record.kind.startsWith('ConsumerGroup')
}

/** The next value of the group. The given one stays as it is. */
export function replayConsumerGroup(group: ConsumerGroup, records: readonly ConsumerGroupRecord[]): ConsumerGroup {
  if (records.length === 0) return group
  const next = beingReplayed(group)
  for (const record of records) replayInto(next, record)
  return next
}

function beingReplayed(group: ConsumerGroup): GroupBeingReplayed {
  return {
    ...group,
    members: new Map(group.members),
    targets: new Map(group.targets),
    staticMembers: new Map(group.staticMembers),
    patterns: new Map(group.patterns),
  }
}

export function replayInto(group: GroupBeingReplayed, record: ConsumerGroupRecord): void {
  switch (record.kind) {
    case 'ConsumerGroupMetadata':
      group.groupEpoch = record.value?.epoch ?? FIRST_EPOCH
      group.metadataHash = record.value?.metadataHash ?? 0n
      return
    case 'ConsumerGroupPartitionMetadata':
      group.hasPartitionMetadataRecord = record.value !== null
      return
    case 'ConsumerGroupMemberMetadata':
      if (record.value === null) removeMember(group, record.key.memberId)
      else describeMember(group, record.key.memberId, record.value)
      return
    case 'ConsumerGroupTargetAssignmentMetadata':
      group.targetEpoch = record.value?.assignmentEpoch ?? FIRST_EPOCH
      group.targetComputedMs = record.value?.assignmentTimestamp ?? 0
      return
    case 'ConsumerGroupTargetAssignmentMember':
      if (record.value === null) group.targets.delete(record.key.memberId)
      else group.targets.set(record.key.memberId, assignmentFrom(record.value.topicPartitions))
      return
    case 'ConsumerGroupCurrentMemberAssignment':
      return replayCurrentAssignment(group, record)
    case 'ConsumerGroupRegularExpression': {
      const { key, value } = record
      if (value === null) group.patterns.delete(key.regularExpression)
      else group.patterns.set(key.regularExpression, resolvedFrom(value))
    }
  }
}

function describeMember(group: GroupBeingReplayed, memberId: string, value: ConsumerGroupMemberMetadataValue): void {
  const member = group.members.get(memberId) ?? newConsumerMember(memberId)
  const groupInstanceId = value.instanceId
  if (groupInstanceId !== null) group.staticMembers.set(groupInstanceId, memberId)
  group.members.set(memberId, {
    ...member,
    groupInstanceId,
    rackId: value.rackId,
    clientId: value.clientId,
    clientHost: value.clientHost,
    rebalanceTimeoutMs: value.rebalanceTimeoutMs,
    topics: new Set(value.subscribedTopicNames),
    pattern: value.subscribedTopicRegex,
    serverAssignor: value.serverAssignor,
    classic: classicSpeakerFrom(value.classicMemberMetadata),
  })
}

/** A live record may be replayed as it was made: its bytes are nobody else's. Those of the log are copied. */
function classicSpeakerFrom(value: ConsumerGroupMemberMetadataValue['classicMemberMetadata']): ClassicSpeaker | null {
  if (value === null) return null
  return {
    sessionTimeoutMs: value.sessionTimeoutMs,
    protocols: value.supportedProtocols.map(({ name, metadata }) => ({ name, metadata: Buffer.from(metadata) })),
  }
}

function removeMember(group: GroupBeingReplayed, memberId: string): void {
  const instanceId = group.members.get(memberId)?.groupInstanceId ?? null
  if (instanceId !== null && group.staticMembers.get(instanceId) === memberId) group.staticMembers.delete(instanceId)
  group.members.delete(memberId)
}

function replayCurrentAssignment(
  group: GroupBeingReplayed,
  { key, value }: Extract<ConsumerGroupRecord, { readonly kind: 'ConsumerGroupCurrentMemberAssignment' }>,
): void {
  const member = group.members.get(key.memberId)
  if (value === null) {
    if (member !== undefined) group.members.set(key.memberId, withoutAssignment(member))
    return
  }
  group.members.set(key.memberId, {
    ...(member ?? newConsumerMember(key.memberId)),
    memberEpoch: value.memberEpoch,
    previousMemberEpoch: value.previousMemberEpoch,
    state: stateFrom(value.state),
    assigned: ownedFrom(value.assignedPartitions, value.memberEpoch),
    revoking: ownedFrom(value.partitionsPendingRevocation, value.memberEpoch),
  })
}

function withoutAssignment(member: ConsumerMember): ConsumerMember {
  const { memberEpoch, previousMemberEpoch } = newConsumerMember(member.memberId)
  return {
    ...member,
    memberEpoch,
    previousMemberEpoch,
    state: 'stable',
    assigned: NOTHING_OWNED,
    revoking: NOTHING_OWNED,
  }
}

function stateFrom(stateNumber: number): MemberState {
  for (const [state, known] of Object.entries(STATE_NUMBERS)) if (known === stateNumber) return state as MemberState
  return 'unknown'
}

function assignmentFrom(
  rows: readonly { readonly topicId: string; readonly partitions: readonly number[] }[],
): Assignment {
  return new Map(rows.map(({ topicId, partitions }) => [topicId, new Set(partitions)]))
}

function resolvedFrom(value: { topics: readonly string[]; version: number; timestamp: number }): ResolvedPattern {
  return { topics: new Set(value.topics), catalogueVersion: value.version, resolvedMs: value.timestamp }
}
