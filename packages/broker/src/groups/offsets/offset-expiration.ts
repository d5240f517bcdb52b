/** When committed offsets and groups without any are forgotten. Source: KIP-211. */
import type { GroupRecord } from '@millrace/protocol'
import type { ClassicGroup } from '../classic/classic-group.ts'
import { groupTombstone } from '../classic/classic-group-records.ts'
import { subscribedTopics } from '../classic/subscribed-topics.ts'
import type { CommittedOffset, CommittedOffsets } from './committed-offsets.ts'
import { offsetTombstone } from './offset-commit.ts'

/** Tombstones for what is over at `nowMs`; the group's own last, once it is empty and has no offset left. */
export function expireOffsets(
  group: ClassicGroup,
  offsets: CommittedOffsets,
  retentionMs: number,
  nowMs: number,
): readonly GroupRecord[] {
  const topicsInUse = group.members.size === 0 ? null : subscribedTopics(group)
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
  if (left === 0 && group.state === 'Empty' && !offsets.hasPending) tombstones.push(groupTombstone(group.groupId))
  return tombstones
}

/** A group that had members keeps its offsets from the moment it became empty; others count from each commit. */
function expiryMs(group: ClassicGroup, committed: CommittedOffset, retentionMs: number): number {
  if (committed.expireTimestampMs >= 0) return committed.expireTimestampMs
  const hadMembers = group.protocolType !== null && group.state === 'Empty'
  return (hadMembers ? group.stateSinceMs : committed.commitTimestampMs) + retentionMs
}
