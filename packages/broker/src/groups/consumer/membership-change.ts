/**
 * From a changed member to the next epoch of its group, to the next target, to the member's next step. ConsumerGroupHeartbeat
 * and, for members that speak the classic protocol, JoinGroup go through here.
 */
import { NO_PARTITIONS } from '../assignors/assignor.ts'
import type { ConsumerDraft } from './consumer-draft.ts'
import { type ConsumerMember, isReconciled } from './consumer-group.ts'
import {
  currentAssignmentRecord,
  groupEpochRecord,
  memberRecord,
  partitionMetadataTombstone,
} from './consumer-group-records.ts'
import { isSameDescription } from './consumer-members.ts'
import { sameOwned, type TopicPartitions } from './owned-partitions.ts'
import { choosePatternsToResolve, followPattern } from './pattern-subscriptions.ts'
import { reconcile } from './reconciliation.ts'
import { currentMetadataHash, sameNames, subscribedTopicsOf } from './subscriptions.ts'
import { topicIdsOf } from './topic-catalogue.ts'

/** Takes over what a member says of itself. True when its subscription is another one than before. */
export function describeMember(draft: ConsumerDraft, before: ConsumerMember, after: ConsumerMember): boolean {
  const { groupId } = draft.group
  const isNew = !draft.group.members.has(after.memberId)
  if (isNew || !isSameDescription(before, after)) draft.append(memberRecord(groupId, after))
  const topicsChanged = !sameNames(before.topics, after.topics)
  const pattern = followPattern(draft, before, after)
  updateGroupEpoch(draft, topicsChanged || pattern === 'resolved')
  choosePatternsToResolve(draft, pattern)
  return topicsChanged || pattern !== 'unchanged'
}

/** `isDue`: there has to be a new target. Otherwise there has to be one if the subscribed topics are not what they were. */
function updateGroupEpoch(draft: ConsumerDraft, isDue: boolean): void {
  const { group, surroundings } = draft
  const { topics } = surroundings
  if (!isDue && group.checkedTopicsVersion === topics.topicsVersion) return
  const hash = currentMetadataHash(group, topics)
  if (isDue || hash !== group.metadataHash) draft.append(groupEpochRecord(group.groupId, group.groupEpoch + 1, hash))
  if (group.hasPartitionMetadataRecord) draft.append(partitionMetadataTombstone(group.groupId))
  draft.topicsChecked()
}

/** Moves the member one step on. `reported`: what it says it has; null when it does not say. */
export function reconcileMember(
  draft: ConsumerDraft,
  memberId: string,
  reported: readonly TopicPartitions[] | null,
  hasSubscriptionChanged: boolean,
): ConsumerMember {
  const { group } = draft
  const member = group.members.get(memberId)!
  if (!hasSubscriptionChanged && isReconciled(member, group.targetEpoch)) return member
  const next = reconcile({
    group,
    member,
    target: group.targets.get(memberId) ?? NO_PARTITIONS,
    targetEpoch: group.targetEpoch,
    subscribedTopicIds: topicIdsOf(subscribedTopicsOf(group, member), draft.surroundings.topics),
    hasSubscriptionChanged,
    reported,
  })
  if (isSamePlace(member, next)) return member
  draft.append(currentAssignmentRecord(group.groupId, next))
  // Members that speak the classic protocol have timers of their own.
  if (next.classic === null) {
    const { memberEpoch, rebalanceTimeoutMs } = next
    if (next.state === 'unrevoked') draft.arm({ kind: 'revocation', memberId, memberEpoch }, rebalanceTimeoutMs)
    else draft.disarmRevocation(memberId)
  }
  return next
}

function isSamePlace(a: ConsumerMember, b: ConsumerMember): boolean {
  return (
    a.memberEpoch === b.memberEpoch &&
    a.previousMemberEpoch === b.previousMemberEpoch &&
    a.state === b.state &&
    sameOwned(a.assigned, b.assigned) &&
    sameOwned(a.revoking, b.revoking)
  )
}
