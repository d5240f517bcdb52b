/** Kafka's `roundrobin`: all partitions in order of topic and number, dealt one by one to the next member subscribed. */
import type { TopicPartition } from '../../../cluster/topic-partition.ts'
import { type Assignor, compareMembers } from './assignor.ts'

export const roundRobinAssignor: Assignor = {
  name: 'roundrobin',
  assign(partitionCounts, members) {
    const sorted = [...members].sort(compareMembers)
    const assignment = new Map<string, TopicPartition[]>(sorted.map(({ memberId }) => [memberId, []]))
    let next = 0
    for (const topic of [...new Set(sorted.flatMap(({ topics }) => topics))].sort()) {
      for (let partition = 0; partition < (partitionCounts.get(topic) ?? 0); partition++) {
        while (!sorted[next % sorted.length]!.topics.includes(topic)) next++
        assignment.get(sorted[next % sorted.length]!.memberId)!.push({ topic, partition })
        next++
      }
    }
    return assignment
  },
}
