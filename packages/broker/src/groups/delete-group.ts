/** DeleteGroups (API key 42) and OffsetDelete (47): what an administrator may take away, and the tombstones for it. */
import { ErrorCode, type GroupRecord } from '@millrace/protocol'
import type { CommittedOffsets } from './committed-offsets.ts'
import type { Group } from './group.ts'
import { groupTombstone } from './group-records.ts'
import { offsetTombstone } from './offset-commit.ts'
import { subscribedTopics } from './subscribed-topics.ts'

export function mayDelete(group: Group | undefined): ErrorCode {
  if (group === undefined) return ErrorCode.GROUP_ID_NOT_FOUND
  return group.state === 'Empty' ? ErrorCode.NONE : ErrorCode.NON_EMPTY_GROUP
}

/** The whole group: every offset, then itself. */
export function tombstonesOf(group: Group, offsets: CommittedOffsets): readonly GroupRecord[] {
  const tombstones: GroupRecord[] = []
  for (const [topic, partitions] of offsets.topics())
    for (const partition of partitions.keys()) tombstones.push(offsetTombstone(group.groupId, topic, partition))
  tombstones.push(groupTombstone(group.groupId))
  return tombstones
}

/** The error of the whole request; per topic see {@link mayDeleteOffsetsOf}. */
export function mayDeleteOffsets(group: Group | undefined): ErrorCode {
  if (group === undefined) return ErrorCode.GROUP_ID_NOT_FOUND
  if (group.state === 'Empty' || group.protocolType === 'consumer') return ErrorCode.NONE
  return ErrorCode.NON_EMPTY_GROUP
}

export function mayDeleteOffsetsOf(group: Group, topic: string): ErrorCode {
  if (group.state === 'Empty') return ErrorCode.NONE
  const topics = subscribedTopics(group)
  return topics === null || topics.has(topic) ? ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC : ErrorCode.NONE
}
