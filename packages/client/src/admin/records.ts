import { APIS, ErrorCode, type KafkaError } from '@millrace/protocol'
import type { Cluster } from '../cluster/cluster.ts'
import type { Node } from '../cluster/metadata.ts'
import { nameOfPartition, type TopicPartition, TopicPartitionMap } from '../cluster/topic-partition.ts'
import type { TimeLimit } from '../connection/time-limit.ts'
import { callForEach, failureOf } from './resource-calls.ts'

/** Stands for the high watermark: everything. */
const HIGH_WATERMARK = -1

export interface RecordsToDelete extends TopicPartition {
  /** Records below this offset go; null for all there are. */
  readonly beforeOffset: number | null
}

/** Resolves to the first offset that each log still has. */
export async function deleteRecords(
  cluster: Cluster,
  deletions: readonly RecordsToDelete[],
  limit: TimeLimit,
): Promise<TopicPartitionMap<number>> {
  const byName = new Map(deletions.map(deletion => [nameOfPartition(deletion), deletion]))
  cluster.useTopics(deletions.map(({ topic }) => topic))
  const call = { operation: 'deleting records', limit }
  const found = await callForEach<number>(cluster, call, [...byName.keys()], async (pending, remaining) => {
    const outcomes = new Map<string, number | KafkaError>()
    const byLeader = new Map<Node, TopicPartitionMap<RecordsToDelete>>()
    if (deletions.some(({ topic }) => cluster.metadata.topic(topic) === undefined))
      await cluster.refreshMetadata(remaining)
    for (const name of pending) {
      const deletion = byName.get(name)!
      const leader = cluster.metadata.leaderOf(deletion.topic, deletion.partition)
      if (leader === undefined) {
        const isKnown = cluster.metadata.partition(deletion.topic, deletion.partition) !== undefined
        const code = isKnown ? ErrorCode.LEADER_NOT_AVAILABLE : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        outcomes.set(name, failureOf(code, name))
        continue
      }
      const others = byLeader.get(leader) ?? new TopicPartitionMap<RecordsToDelete>()
      others.set(deletion.topic, deletion.partition, deletion)
      byLeader.set(leader, others)
    }
    for (const [node, asked] of byLeader) {
      const answer = await cluster.request(
        { node, lane: 'main' },
        APIS.DeleteRecords,
        () => ({
          topics: [...asked.byTopic()].map(([name, partitions]) => ({
            name,
            partitions: [...partitions.values()].map(({ partition, beforeOffset }) => ({
              partitionIndex: partition,
              offset: beforeOffset ?? HIGH_WATERMARK,
            })),
          })),
          timeoutMs: Math.ceil(remaining.timeoutMs),
        }),
        remaining,
      )
      for (const { name: topic, partitions } of answer.topics) {
        for (const { partitionIndex: partition, lowWatermark, errorCode } of partitions) {
          const name = nameOfPartition({ topic, partition })
          outcomes.set(name, errorCode === ErrorCode.NONE ? lowWatermark : failureOf(errorCode, name))
        }
      }
    }
    return outcomes
  })
  return TopicPartitionMap.from([...found].map(([name, lowWatermark]) => [byName.get(name)!, lowWatermark]))
}
