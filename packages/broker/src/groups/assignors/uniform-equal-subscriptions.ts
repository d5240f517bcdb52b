/**
 * The uniform assignor for members with one and the same subscription. Everyone has a quota: all partitions divided by all
 * members, and one more for as many members as there are partitions left over. What a member has above its quota is
 * taken, and everything that is free goes to those below theirs. The quotas with one more go to members that use them
 * already, so that a member that joins or leaves moves no more than it must.
 * Source: Apache Kafka, `UniformHomogeneousAssignmentBuilder`.
 */
import type { Assignment, GroupAssignment, GroupToAssign } from './assignor.ts'
import { hashOfName, hashOfPartition, hashOfTopicId, inCopiedSetOrder, inMapOrder } from './hash-order.ts'

interface FreePartition {
  readonly topicId: string
  readonly partition: number
}
interface Share {
  readonly partitions: Map<string, Set<number>>
  /** How many more the member shall get. */
  readonly missing: number
}

export function assignEqualSubscriptions(group: GroupToAssign): GroupAssignment {
  const [first] = group.members.values()
  const topicIds = inCopiedSetOrder(first?.topicIds ?? [], hashOfTopicId)
  if (topicIds.length === 0) return new Map()
  const free = unassignedPartitions(group, topicIds)
  let partitionCount = 0
  for (const topicId of topicIds) partitionCount += group.partitionCountOf(topicId)
  const shares = cutToQuota(group, partitionCount, free)
  let next = 0
  for (const { partitions, missing } of shares.values())
    for (let left = missing; left > 0 && next < free.length; left--, next++) add(partitions, free[next]!)
  return new Map([...shares].map(([memberId, { partitions }]) => [memberId, partitions]))
}

function unassignedPartitions(group: GroupToAssign, topicIds: readonly string[]): FreePartition[] {
  const assigned = new Map<string, Set<number>>()
  for (const member of group.members.values())
    for (const [topicId, partitions] of member.assigned)
      for (const partition of partitions) add(assigned, { topicId, partition })
  const free: FreePartition[] = []
  for (const topicId of topicIds)
    for (let partition = 0; partition < group.partitionCountOf(topicId); partition++)
      if (assigned.get(topicId)?.has(partition) !== true) free.push({ topicId, partition })
  return free
}

/** What members keep, and how much each still misses. Adds to `free` what is taken from them. */
function cutToQuota(group: GroupToAssign, partitionCount: number, free: FreePartition[]): Map<string, Share> {
  const quota = Math.floor(partitionCount / group.members.size)
  let extraQuotas = partitionCount % group.members.size
  let membersLeft = group.members.size
  const shares = new Map<string, Share>()
  for (const memberId of inMapOrder(group.members.keys(), hashOfName)) {
    const { assigned, topicIds } = group.members.get(memberId)!
    let hasExtra = extraQuotas > 0
    const kept = keepUpTo(quota + (hasExtra ? 1 : 0), assigned, topicIds, free)
    let { missing } = kept
    // It does not use the extra one; somebody behind it may, unless all behind it will have to take one.
    if (missing > 0 && hasExtra && membersLeft > extraQuotas) {
      missing--
      hasExtra = false
    }
    if (hasExtra) extraQuotas--
    membersLeft--
    shares.set(memberId, { partitions: kept.partitions, missing })
  }
  return shares
}

function keepUpTo(quota: number, assigned: Assignment, topicIds: ReadonlySet<string>, free: FreePartition[]): Share {
  const partitions = new Map<string, Set<number>>()
  let missing = quota
  for (const topicId of inMapOrder(assigned.keys(), hashOfTopicId)) {
    if (!topicIds.has(topicId)) continue
    const own = [...assigned.get(topicId)!].sort((a, b) => a - b)
    for (const partition of inCopiedSetOrder(own, hashOfPartition)) {
      if (missing === 0) free.push({ topicId, partition })
      else {
        add(partitions, { topicId, partition })
        missing--
      }
    }
  }
  return { partitions, missing }
}

function add(partitions: Map<string, Set<number>>, { topicId, partition }: FreePartition): void {
  const own = partitions.get(topicId)
  if (own === undefined) partitions.set(topicId, new Set([partition]))
  else own.add(partition)
}
