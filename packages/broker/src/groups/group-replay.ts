/** Records of `__consumer_offsets` to the group they make, of whichever type. */
import type { GroupRecord } from '@millrace/protocol'
import { emptyGroup } from './classic/classic-group.ts'
import { groupFromRecord } from './classic/classic-group-records.ts'
import { FIRST_EPOCH, newConsumerGroup } from './consumer/consumer-group.ts'
import {
  type ConsumerGroupRecord,
  type GroupBeingReplayed,
  isConsumerGroupRecord,
  isGroupTombstone,
  replayConsumerGroup,
  replayInto,
} from './consumer/consumer-group-replay.ts'
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

/** A record of `__consumer_offsets` that is about a group itself. */
export type RecordOfGroup = Exclude<GroupRecord, { readonly kind: 'OffsetCommit' }>

/** The group after one more record. A group that is gone is an empty classic one. */
export function replayGroup(group: Group, record: RecordOfGroup, nowMs: number): Group {
  if (record.kind !== 'GroupMetadata') return replayConsumerRecord(group, record, nowMs)
  const { key, value } = record
  if (value !== null) return groupFromRecord(key, value, nowMs)
  // What it was before it was upgraded is gone, it is not.
  return group.type === 'consumer' ? group : emptyGroup(key.group, nowMs)
}

/** The same for a group that only this function has made, as at a start: nobody else holds it, so it may change in place. */
export function restoreGroup(group: Group, record: RecordOfGroup, nowMs: number): Group {
  if (group.type === 'classic' || !isConsumerGroupRecord(record) || isGroupTombstone(record))
    return replayGroup(group, record, nowMs)
  replayInto(group as GroupBeingReplayed, record)
  return group
}

function replayConsumerRecord(group: Group, record: ConsumerGroupRecord, nowMs: number): Group {
  if (group.type === 'consumer')
    return isGroupTombstone(record) ? emptyGroup(group.groupId, nowMs) : replayConsumerGroup(group, [record])
  // What is left of it from before it was downgraded, or deleted.
  if (record.value === null) return group
  return replayConsumerGroup(newConsumerGroup(group.groupId), [record])
}
