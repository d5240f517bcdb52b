/** When committed offsets and groups without any are forgotten. Source: KIP-211. */
import type { GroupRecord } from '@millrace/protocol'
import { subscribedTopics } from '../classic/subscribed-topics.ts'
import { subscribedTopicsOfGroup } from '../consumer/subscriptions.ts'
import type { Group } from '../group.ts'
import { groupTombstones } from '../group-tombstones.ts'
import type { CommittedOffset, CommittedOffsets } from './committed-offsets.ts'
import { offsetTombstone } from './offset-commit.ts'

/** Tombstones for what is over at `nowMs`; the group's own last, once it is empty and has no offset left. */
export function expireOffsets(
  group: Group,
  offsets: CommittedOffsets,
  retentionMs: number,
  nowMs: number,
): readonly GroupRecord[] {
  const topicsInUse = group.members.size === 0 ? null : topicsOf(group)
  // Members whose subscriptions the broker cannot read may need any of the offsets.
  if (group.members.size > 0 && topicsInUse === null) return []
  const tombstones: GroupRecord[] = []
  let left = 0
  for (const [topic, partitions] of offsets.topics())
    for (const [partition, committed] of partitions) {
      const isInUse = topicsInUse?.has(topic) === true || offsets.isPending(topic, partition)
      if (!isInUse && nowMs >= expiryMs(group, committed, retentionMs))
        tombstones.push(offsetTombstone(group.groupId, topic, partition))
      else left++
    }
  if (left === 0 && isEmpty(group) && !offsets.hasPending) tombstones.push(...groupTombstones(group))
  return tombstones
}

/** Null while that is not settled. */
function topicsOf(group: Group): ReadonlySet<string> | null {
  if (group.type === 'consumer') return subscribedTopicsOfGroup(group)
  return group.state === 'Stable' ? subscribedTopics(group) : null
}

function isEmpty(group: Group): boolean {
  return group.type === 'classic' ? group.state === 'Empty' : group.members.size === 0
}

/** A classic group that had members keeps its offsets from the moment it became empty; others count from each commit. */
function expiryMs(group: Group, committed: CommittedOffset, retentionMs: number): number {
  if (committed.expireTimestampMs >= 0) return committed.expireTimestampMs
  const emptySinceMs =
    group.type === 'classic' && group.protocolType !== null && group.state === 'Empty' ? group.stateSinceMs : undefined
  return (emptySinceMs ?? committed.commitTimestampMs) + retentionMs
}
