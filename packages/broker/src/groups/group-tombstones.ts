import type { GroupRecord } from '@millrace/protocol'
import { groupTombstone } from './classic/classic-group-records.ts'
import { consumerGroupTombstones } from './consumer/consumer-group-records.ts'
import type { Group } from './group.ts'

/** For everything of the group but its offsets. */
export function groupTombstones(group: Group): readonly GroupRecord[] {
  return group.type === 'classic' ? [groupTombstone(group.groupId)] : consumerGroupTombstones(group)
}
