/** DeleteGroups (API key 42) and OffsetDelete (47): what an administrator may take away, and the tombstones for it. */
import { ErrorCode, type GroupRecord } from '@millrace/protocol'
import { subscribedTopics } from './classic/subscribed-topics.ts'
import { stateOf } from './consumer/consumer-group.ts'
import { subscribedTopicsOfGroup } from './consumer/subscriptions.ts'
import type { Group } from './group.ts'
import { groupTombstones } from './group-tombstones.ts'
import type { CommittedOffsets } from './offsets/committed-offsets.ts'
import { offsetTombstone } from './offsets/offset-commit.ts'

export function mayDelete(group: Group | undefined): ErrorCode {
  if (group === undefined) return ErrorCode.GROUP_ID_NOT_FOUND
  const state = group.type === 'classic' ? group.state : stateOf(group)
  return state === 'Empty' ? ErrorCode.NONE : ErrorCode.NON_EMPTY_GROUP
}

/** The whole group: every offset, pending ones too, then itself. */
export function tombstonesOf(group: Group, offsets: CommittedOffsets): readonly GroupRecord[] {
  const tombstones: GroupRecord[] = []
  for (const [topic, partitions] of offsets.partitions())
    for (const partition of partitions) tombstones.push(offsetTombstone(group.groupId, topic, partition))
  tombstones.push(...groupTombstones(group))
  return tombstones
}

/** The error of the whole request; per topic see {@link mayDeleteOffsetsOf}. */
export function mayDeleteOffsets(group: Group | undefined): ErrorCode {
  if (group === undefined) return ErrorCode.GROUP_ID_NOT_FOUND
  if (group.type === 'consumer' || group.state === 'Empty' || group.protocolType === 'consumer') return ErrorCode.NONE
  return ErrorCode.NON_EMPTY_GROUP
}

export function mayDeleteOffsetsOf(group: Group, topic: string): ErrorCode {
  if (group.type === 'classic' && group.state === 'Empty') return ErrorCode.NONE
  const topics = group.type === 'classic' ? subscribedTopics(group) : subscribedTopicsOfGroup(group)
  return topics === null || topics.has(topic) ? ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC : ErrorCode.NONE
}
