/**
 * A classic group of consumers becomes a KIP-848 group when the first member that speaks the consumer protocol joins. Its members
 * keep what they have and go on with JoinGroup, SyncGroup and Heartbeat (`consumer/classic-speakers.ts`).
 * Source: KIP-848, "Upgrading".
 */
import { ErrorCode, KafkaError } from '@millrace/protocol'
import { ClassicDraft } from '../classic/classic-draft.ts'
import { type ClassicGroup, type Member, metadataOf } from '../classic/classic-group.ts'
import { groupTombstone } from '../classic/classic-group-records.ts'
import { answerParked } from '../classic/membership.ts'
import type { ConsumerGroupSurroundings } from '../consumer/consumer-draft.ts'
import {
  type ConsumerGroup,
  type ConsumerMember,
  newConsumerGroup,
  newConsumerMember,
} from '../consumer/consumer-group.ts'
import { consumerGroupRecords } from '../consumer/consumer-group-records.ts'
import { type OwnedPartitions, ownedFrom } from '../consumer/owned-partitions.ts'
import { currentMetadataHash } from '../consumer/subscriptions.ts'
import type { Decision } from '../decision.ts'
import { assignmentIn, byTopicId, subscriptionIn } from './consumer-protocol-bytes.ts'

/**
 * The KIP-848 group that a member may join. A group without members starts from nothing; its offsets stay. Throws
 * {@link KafkaError} GROUP_ID_NOT_FOUND when the group has to stay classic.
 */
export function upgrade(
  group: ClassicGroup,
  surroundings: ConsumerGroupSurroundings,
): Decision<undefined> & { readonly group: ConsumerGroup } {
  const draft = new ClassicDraft(group, surroundings.classic, surroundings.nowMs)
  draft.append(groupTombstone(group.groupId))
  draft.disarm({ kind: 'join' })
  draft.disarm({ kind: 'sync' })
  for (const memberId of group.pendingMembers) draft.disarm({ kind: 'member', memberId })
  if (group.members.size === 0) return { ...draft.decide(undefined), group: newConsumerGroup(group.groupId) }
  checkUpgrade(group, surroundings)
  // They join again, and find the new group.
  for (const member of group.members.values()) answerParked(draft, member, ErrorCode.REBALANCE_IN_PROGRESS)
  const next = consumerGroupOf(group, surroundings)
  for (const record of consumerGroupRecords(next)) draft.append(record)
  for (const { memberId, sessionTimeoutMs } of group.members.values())
    draft.arm({ kind: 'member', memberId }, sessionTimeoutMs)
  return { ...draft.decide(undefined), group: next }
}

function checkUpgrade(group: ClassicGroup, { rules }: ConsumerGroupSurroundings): void {
  const { migrationPolicy, maxMembers } = rules
  if (migrationPolicy !== 'upgrade' && migrationPolicy !== 'bidirectional') refuse(group, 'online upgrade is disabled')
  if (group.protocolType !== 'consumer') refuse(group, 'the group does not use the consumer embedded protocol')
  if (group.members.size > maxMembers) refuse(group, 'the group size exceeds the consumer group maximum size')
}

/** All members in the group's generation, with what they have as what they shall have. */
function consumerGroupOf(group: ClassicGroup, surroundings: ConsumerGroupSurroundings): ConsumerGroup {
  const { groupId, generationId } = group
  const members = [...group.members.values()].map(member => consumerMemberOf(group, member, surroundings))
  const upgraded: ConsumerGroup = {
    ...newConsumerGroup(groupId),
    groupEpoch: generationId,
    targetEpoch: generationId,
    members: new Map(members.map(member => [member.memberId, member])),
    targets: new Map(members.map(({ memberId, assigned }) => [memberId, targetOf(assigned)])),
    staticMembers: group.staticMembers,
  }
  return { ...upgraded, metadataHash: currentMetadataHash(upgraded, surroundings.topics) }
}

function consumerMemberOf(group: ClassicGroup, member: Member, { topics }: ConsumerGroupSurroundings): ConsumerMember {
  const { generationId } = group
  const protocolName = group.protocolName ?? member.protocols[0]!.name
  const subscription = subscriptionIn(metadataOf(member, protocolName))
  const assignment = assignmentIn(member.assignment)
  if (subscription === undefined || assignment === undefined)
    return refuse(group, 'the embedded consumer protocol is malformed')
  if ((assignment.userData?.length ?? 0) > 0) return refuse(group, 'an unsupported custom assignor is in use')
  const rows = byTopicId(assignment.assignedPartitions, topics)
  return {
    ...newConsumerMember(member.memberId),
    memberEpoch: generationId,
    previousMemberEpoch: generationId,
    groupInstanceId: member.groupInstanceId,
    rackId: subscription.rackId || null,
    clientId: member.clientId,
    clientHost: member.clientHost,
    rebalanceTimeoutMs: member.rebalanceTimeoutMs,
    topics: new Set(subscription.topics),
    assigned: ownedFrom(
      rows.map(row => ({ ...row, assignmentEpochs: null })),
      generationId,
    ),
    classic: { sessionTimeoutMs: member.sessionTimeoutMs, protocols: member.protocols },
  }
}

function targetOf(assigned: OwnedPartitions): ReadonlyMap<string, ReadonlySet<number>> {
  return new Map([...assigned].map(([topicId, partitions]) => [topicId, new Set(partitions.keys())]))
}

function refuse({ groupId }: ClassicGroup, reason: string): never {
  throw new KafkaError(
    ErrorCode.GROUP_ID_NOT_FOUND,
    `Cannot upgrade classic group ${groupId} to consumer group because ${reason}.`,
  )
}
