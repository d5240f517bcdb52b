/**
 * `range`: each topic is cut into ranges, one per subscribed member in order, so that members of a group with equal
 * subscriptions get the same partition numbers of topics of equal size. Static members come first, by instance id: they
 * keep their ranges over a restart. Source: Apache Kafka, `RangeAssignor`.
 */
import type { Assignment, GroupAssignment, GroupToAssign, MemberToAssign } from './assignor.ts'

interface TopicRanges {
  readonly partitionCount: number
  /** Every member gets this many, the first ones one more. */
  readonly quota: number
  extraPartitions: number
  /** Where the next range begins. */
  nextPartition: number
}

export function assignByRange(group: GroupToAssign): GroupAssignment {
  const members = [...group.members].sort(byInstanceThenMemberId)
  const subscribers = new Map<string, number>()
  for (const [, { topicIds }] of members)
    for (const topicId of topicIds) subscribers.set(topicId, (subscribers.get(topicId) ?? 0) + 1)
  const topics = new Map<string, TopicRanges>()
  for (const [topicId, memberCount] of subscribers) {
    const partitionCount = group.partitionCountOf(topicId)
    const quota = Math.floor(partitionCount / memberCount)
    topics.set(topicId, { partitionCount, quota, extraPartitions: partitionCount % memberCount, nextPartition: 0 })
  }
  return new Map(members.map(([memberId, { topicIds }]) => [memberId, nextRanges(topics, topicIds)]))
}

function nextRanges(topics: ReadonlyMap<string, TopicRanges>, topicIds: ReadonlySet<string>): Assignment {
  const assignment = new Map<string, ReadonlySet<number>>()
  for (const topicId of topicIds) {
    const range = takeRange(topics.get(topicId)!)
    if (range.size > 0) assignment.set(topicId, range)
  }
  return assignment
}

function takeRange(topic: TopicRanges): Set<number> {
  const extra = topic.extraPartitions > 0 ? 1 : 0
  topic.extraPartitions -= extra
  const end = Math.min(topic.nextPartition + topic.quota + extra, topic.partitionCount)
  const range = new Set<number>()
  for (; topic.nextPartition < end; topic.nextPartition++) range.add(topic.nextPartition)
  return range
}

function byInstanceThenMemberId([idA, a]: [string, MemberToAssign], [idB, b]: [string, MemberToAssign]): number {
  if (a.groupInstanceId !== null && b.groupInstanceId !== null) return compare(a.groupInstanceId, b.groupInstanceId)
  if (a.groupInstanceId !== null) return -1
  return b.groupInstanceId === null ? compare(idA, idB) : 1
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
