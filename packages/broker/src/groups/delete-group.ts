/** DeleteGroups (API key 42) and OffsetDelete (47): what an administrator may take away, and the tombstones for it. */
import { ErrorCode, type GroupRecord } from '@millrace/protocol'
import type { ClassicGroup } from './classic/classic-group.ts'
import { groupTombstone } from './classic/classic-group-records.ts'
import { subscribedTopics } from './classic/subscribed-topics.ts'
import type { CommittedOffsets } from './offsets/committed-offsets.ts'
import { offsetTombstone } from './offsets/offset-commit.ts'

export function mayDelete(group: ClassicGroup | undefined): ErrorCode {
  if (group === undefined) return ErrorCode.GROUP_ID_NOT_FOUND
  return group.state === 'Empty' ? ErrorCode.NONE : ErrorCode.NON_EMPTY_GROUP
}

/** The whole group: every offset, pending ones too, then itself. */
export function tombstonesOf(group: ClassicGroup, offsets: CommittedOffsets): readonly GroupRecord[] {
  const tombstones: GroupRecord[] = []
  for (const [topic, partitions] of offsets.partitions())
    for (const partition of partitions) tombstones.push(offsetTombstone(group.groupId, topic, partition))
  tombstones.push(groupTombstone(group.groupId))
  return tombstones
}

/** The error of the whole request; per topic see {@link mayDeleteOffsetsOf}. */
export function mayDeleteOffsets(group: ClassicGroup | undefined): ErrorCode {
  if (group === undefined) return ErrorCode.GROUP_ID_NOT_FOUND
  if (group.state === 'Empty' || group.protocolType === 'consumer') return ErrorCode.NONE
  return ErrorCode.NON_EMPTY_GROUP
}

export function mayDeleteOffsetsOf(group: ClassicGroup, topic: string): ErrorCode {
  if (group.state === 'Empty') return ErrorCode.NONE
  const topics = subscribedTopics(group)
  return topics === null || topics.has(topic) ? ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC : ErrorCode.NONE
}
