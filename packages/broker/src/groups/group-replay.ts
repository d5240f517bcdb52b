/** Records of `__consumer_offsets` to the group they make, of whichever type. */
import type { GroupRecord } from '@millrace/protocol'
import { emptyGroup } from './classic/classic-group.ts'
import { groupFromRecord } from './classic/classic-group-records.ts'
import { FIRST_EPOCH, newConsumerGroup } from './consumer/consumer-group.ts'
import { type ConsumerGroupRecord, isGroupTombstone, replayConsumerGroup } from './consumer/consumer-group-replay.ts'
import type { Group } from './group.ts'

export function groupIdOf(record: GroupRecord): string {
  return 'group' in record.key ? record.key.group : record.key.groupId
}

/** True for a group that is more than an id: it has, or has had, members. */
export function isUsed(group: Group): boolean {
  if (group.members.size > 0) return true
  return group.type === 'classic'
    ? group.generationId > 0 || group.pendingMembers.size > 0
    : group.groupEpoch > FIRST_EPOCH
}

/** The group after one more record, which is not about offsets. A group that is gone is an empty classic one. */
export function replayGroup(
  group: Group,
  record: Exclude<GroupRecord, { kind: 'OffsetCommit' }>,
  nowMs: number,
): Group {
  if (record.kind !== 'GroupMetadata') return replayConsumerRecord(group, record, nowMs)
  const { key, value } = record
  if (value !== null) return groupFromRecord(key, value, nowMs)
  // What it was before it was upgraded is gone, it is not.
  return group.type === 'consumer' ? group : emptyGroup(key.group, nowMs)
}

function replayConsumerRecord(group: Group, record: ConsumerGroupRecord, nowMs: number): Group {
  if (group.type === 'consumer')
    return isGroupTombstone(record) ? emptyGroup(group.groupId, nowMs) : replayConsumerGroup(group, [record])
  // What is left of it from before it was downgraded, or deleted.
  if (record.value === null) return group
  return replayConsumerGroup(newConsumerGroup(group.groupId), [record])
}
