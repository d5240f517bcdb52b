/** `uniform`, the default: as many partitions for everyone, and as few moved as that allows. */
import type { GroupAssignment, GroupToAssign } from './assignor.ts'
import { assignEqualSubscriptions } from './uniform-equal-subscriptions.ts'
import { assignMixedSubscriptions } from './uniform-mixed-subscriptions.ts'

export function assignUniformly(group: GroupToAssign): GroupAssignment {
  if (group.members.size === 0) return new Map()
  return group.isHomogeneous ? assignEqualSubscriptions(group) : assignMixedSubscriptions(group)
}
