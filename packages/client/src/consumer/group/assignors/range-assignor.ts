/**
 * Kafka's `range`: topic by topic, each subscribed member gets consecutive partitions, the first members one more if
 * there is a rest. Topics with equal partition counts and subscribers are divided alike, so joins find their partners.
 */
import type { TopicPartition } from '../../../cluster/topic-partition.ts'
import { type Assignor, compareMembers } from './assignor.ts'

export const rangeAssignor: Assignor = {
  name: 'range',
  assign(partitionCounts, members) {
    const sorted = [...members].sort(compareMembers)
    const assignment = new Map<string, TopicPartition[]>(sorted.map(({ memberId }) => [memberId, []]))
    for (const topic of new Set(sorted.flatMap(({ topics }) => topics))) {
      const subscribers = sorted.filter(({ topics }) => topics.includes(topic))
      const count = partitionCounts.get(topic) ?? 0
      const share = Math.floor(count / subscribers.length)
      const rest = count % subscribers.length
      let partition = 0
      for (const [index, { memberId }] of subscribers.entries()) {
        const end = partition + share + (index < rest ? 1 : 0)
        while (partition < end) assignment.get(memberId)!.push({ topic, partition: partition++ })
      }
    }
    return assignment
  },
}
