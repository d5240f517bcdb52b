/** A KIP-848 group as its records in `__consumer_offsets` hold it: what each change writes. The way back is `consumer-group-replay.ts`. */
import type { GroupRecord } from '@millrace/protocol'
import type { Assignment } from '../assignors/assignor.ts'
import type { ConsumerGroup, ConsumerMember, MemberState, ResolvedPattern } from './consumer-group.ts'
import { rowsOf, rowsWithEpochs } from './owned-partitions.ts'

export const STATE_NUMBERS: Record<MemberState, number> = { stable: 0, unrevoked: 1, unreleased: 2, unknown: 127 }

export function groupEpochRecord(groupId: string, epoch: number, metadataHash: bigint): GroupRecord {
  return { kind: 'ConsumerGroupMetadata', key: { groupId }, value: { epoch, metadataHash } }
}

export function memberRecord(groupId: string, member: ConsumerMember): GroupRecord {
  return {
    kind: 'ConsumerGroupMemberMetadata',
    key: { groupId, memberId: member.memberId },
    value: {
      instanceId: member.groupInstanceId,
      rackId: member.rackId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      subscribedTopicNames: [...member.topics].sort(),
      subscribedTopicRegex: member.pattern,
      rebalanceTimeoutMs: member.rebalanceTimeoutMs,
      serverAssignor: member.serverAssignor,
      classicMemberMetadata:
        member.classic === null
          ? null
          : { sessionTimeoutMs: member.classic.sessionTimeoutMs, supportedProtocols: [...member.classic.protocols] },
    },
  }
}

export function targetRecord(groupId: string, memberId: string, target: Assignment): GroupRecord {
  return {
    kind: 'ConsumerGroupTargetAssignmentMember',
    key: { groupId, memberId },
    value: { topicPartitions: rowsOf(target) },
  }
}

export function targetEpochRecord(groupId: string, assignmentEpoch: number, assignmentTimestamp: number): GroupRecord {
  return {
    kind: 'ConsumerGroupTargetAssignmentMetadata',
    key: { groupId },
    value: { assignmentEpoch, assignmentTimestamp },
  }
}

export function currentAssignmentRecord(groupId: string, member: ConsumerMember): GroupRecord {
  return {
    kind: 'ConsumerGroupCurrentMemberAssignment',
    key: { groupId, memberId: member.memberId },
    value: {
      memberEpoch: member.memberEpoch,
      previousMemberEpoch: member.previousMemberEpoch,
      state: STATE_NUMBERS[member.state],
      assignedPartitions: rowsWithEpochs(member.assigned),
      partitionsPendingRevocation: rowsWithEpochs(member.revoking),
    },
  }
}

export function patternRecord(groupId: string, regularExpression: string, resolved: ResolvedPattern): GroupRecord {
  return {
    kind: 'ConsumerGroupRegularExpression',
    key: { groupId, regularExpression },
    value: { topics: [...resolved.topics].sort(), version: resolved.catalogueVersion, timestamp: resolved.resolvedMs },
  }
}
export function patternTombstone(groupId: string, regularExpression: string): GroupRecord {
  return { kind: 'ConsumerGroupRegularExpression', key: { groupId, regularExpression }, value: null }
}

export function partitionMetadataTombstone(groupId: string): GroupRecord {
  return { kind: 'ConsumerGroupPartitionMetadata', key: { groupId }, value: null }
}

/** In the order in which they were built up, backwards. */
export function memberTombstones(groupId: string, memberId: string): readonly GroupRecord[] {
  const key = { groupId, memberId }
  return [
    { kind: 'ConsumerGroupCurrentMemberAssignment', key, value: null },
    { kind: 'ConsumerGroupTargetAssignmentMember', key, value: null },
    { kind: 'ConsumerGroupMemberMetadata', key, value: null },
  ]
}

/** Everything there is of the group; its own record last. */
export function consumerGroupTombstones(group: ConsumerGroup): readonly GroupRecord[] {
  const { groupId } = group
  const key = { groupId }
  return [
    ...[...group.members.keys()].flatMap(memberId => memberTombstones(groupId, memberId)),
    { kind: 'ConsumerGroupTargetAssignmentMetadata', key, value: null },
    ...[...group.patterns.keys()].map(pattern => patternTombstone(groupId, pattern)),
    partitionMetadataTombstone(groupId),
    { kind: 'ConsumerGroupMetadata', key, value: null },
  ]
}

/** Everything there is of the group, as if it had been written anew. */
export function consumerGroupRecords(group: ConsumerGroup): readonly GroupRecord[] {
  const { groupId } = group
  const members = [...group.members.values()]
  return [
    ...members.map(member => memberRecord(groupId, member)),
    groupEpochRecord(groupId, group.groupEpoch, group.metadataHash),
    ...[...group.targets].map(([memberId, target]) => targetRecord(groupId, memberId, target)),
    targetEpochRecord(groupId, group.targetEpoch, group.targetComputedMs),
    ...members.map(member => currentAssignmentRecord(groupId, member)),
    ...[...group.patterns].map(([pattern, resolved]) => patternRecord(groupId, pattern, resolved)),
  ]
}
