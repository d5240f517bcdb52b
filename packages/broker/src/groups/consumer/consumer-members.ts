/** Which member of a KIP-848 group a request speaks for, and whether it may. */
import { ErrorCode, KafkaError } from '@millrace/protocol'
import { NO_PARTITIONS } from '../assignors/assignor.ts'
import type { ConsumerDraft } from './consumer-draft.ts'
import { AWAY, type ConsumerGroup, type ConsumerMember, newConsumerMember, staticMember } from './consumer-group.ts'
import { currentAssignmentRecord, memberRecord, memberTombstones, targetRecord } from './consumer-group-records.ts'
import { ownsAll, type TopicPartitions } from './owned-partitions.ts'
import { sameNames } from './subscriptions.ts'

/** Throws {@link KafkaError} GROUP_MAX_SIZE_REACHED when there is no room for one more. */
export function checkRoom({ group, surroundings }: ConsumerDraft, memberId: string): void {
  const { maxMembers } = surroundings.rules
  if (group.members.size < maxMembers || group.members.has(memberId)) return
  throw new KafkaError(ErrorCode.GROUP_MAX_SIZE_REACHED, `the consumer group is full with ${maxMembers} members`)
}

/** The member with this id and, if it names one, this instance id. Throws UNKNOWN_MEMBER_ID or FENCED_INSTANCE_ID. */
export function existingMember(group: ConsumerGroup, memberId: string, groupInstanceId: string | null): ConsumerMember {
  if (groupInstanceId === null) {
    const member = group.members.get(memberId)
    if (member !== undefined) return member
    throw new KafkaError(ErrorCode.UNKNOWN_MEMBER_ID, `member ${memberId} is not a member of group ${group.groupId}`)
  }
  const member = staticMember(group, groupInstanceId)
  if (member === undefined)
    throw new KafkaError(ErrorCode.UNKNOWN_MEMBER_ID, `instance id ${groupInstanceId} is unknown`)
  if (member.memberId !== memberId)
    throw new KafkaError(
      ErrorCode.FENCED_INSTANCE_ID,
      `static member ${memberId} with instance id ${groupInstanceId} was fenced by member ${member.memberId}`,
    )
  return member
}

/**
 * The member that joins: a new one, one that repeats its join, or a static member that comes back under a new id and takes
 * over what it left. `speaksClassic`: it joins with JoinGroup. Throws UNRELEASED_INSTANCE_ID while another holds the
 * instance id; a classic speaker, on either side, takes it over.
 */
export function joiningMember(
  draft: ConsumerDraft,
  memberId: string,
  groupInstanceId: string | null,
  speaksClassic: boolean,
): ConsumerMember {
  const { group } = draft
  const old = staticMember(group, groupInstanceId)
  if (old === undefined) return group.members.get(memberId) ?? newConsumerMember(memberId)
  if (!speaksClassic && old.classic === null && old.memberEpoch !== AWAY)
    throw new KafkaError(
      ErrorCode.UNRELEASED_INSTANCE_ID,
      `instance id ${groupInstanceId} is owned by member ${old.memberId}, so that ${memberId} cannot join with it`,
    )
  const next: ConsumerMember = { ...old, memberId, memberEpoch: 0, previousMemberEpoch: 0 }
  const target = group.targets.get(old.memberId) ?? NO_PARTITIONS
  draft.append(
    ...memberTombstones(group.groupId, old.memberId),
    memberRecord(group.groupId, next),
    targetRecord(group.groupId, memberId, target),
    currentAssignmentRecord(group.groupId, next),
  )
  draft.disarmAllOf(old.memberId)
  return next
}

/** `reported`: what the member says it has; null when it does not say. Throws FENCED_MEMBER_EPOCH. */
export function checkMemberEpoch(
  member: ConsumerMember,
  memberEpoch: number,
  reported: readonly TopicPartitions[] | null,
): void {
  if (memberEpoch === member.memberEpoch) return
  // The answer with the new epoch may have been lost, if the member has nothing that the new epoch took from it.
  const isPrevious = memberEpoch < member.memberEpoch && memberEpoch === member.previousMemberEpoch
  if (isPrevious && reported !== null && ownsAll(member.assigned, reported)) return
  throw new KafkaError(
    ErrorCode.FENCED_MEMBER_EPOCH,
    `the member has epoch ${memberEpoch} and the coordinator knows ${member.memberEpoch}: it has to give up all its partitions and join again`,
  )
}

/** Everything that `memberRecord` holds is the same. */
export function isSameDescription(a: ConsumerMember, b: ConsumerMember): boolean {
  if (a === b) return true
  return (
    a.groupInstanceId === b.groupInstanceId &&
    a.rackId === b.rackId &&
    a.clientId === b.clientId &&
    a.clientHost === b.clientHost &&
    a.rebalanceTimeoutMs === b.rebalanceTimeoutMs &&
    a.pattern === b.pattern &&
    a.serverAssignor === b.serverAssignor &&
    sameNames(a.topics, b.topics) &&
    isSameSpeaker(a.classic, b.classic)
  )
}

function isSameSpeaker(a: ConsumerMember['classic'], b: ConsumerMember['classic']): boolean {
  if (a === null || b === null) return a === b
  return (
    a.sessionTimeoutMs === b.sessionTimeoutMs &&
    a.protocols.length === b.protocols.length &&
    a.protocols.every(({ name, metadata }, index) => {
      const other = b.protocols[index]!
      return name === other.name && metadata.equals(other.metadata)
    })
  )
}
