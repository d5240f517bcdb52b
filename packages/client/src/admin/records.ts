import { APIS, ErrorCode } from '@millrace/protocol'
import type { Cluster } from '../cluster/cluster.ts'
import { nameOfPartition, type TopicPartition, type TopicPartitionMap } from '../cluster/topic-partition.ts'
import type { TimeLimit } from '../connection/time-limit.ts'
import { callLeaders, failureOf } from './resource-calls.ts'

/** Stands for the high watermark: everything. */
const HIGH_WATERMARK = -1

export interface RecordsToDelete extends TopicPartition {
  /** Records below this offset go; null for all there are. */
  readonly beforeOffset: number | null
}

/** Resolves to the first offset that each log still has. */
export function deleteRecords(
  cluster: Cluster,
  deletions: readonly RecordsToDelete[],
  limit: TimeLimit,
): Promise<TopicPartitionMap<number>> {
  const call = { operation: 'deleting records', limit }
  return callLeaders<RecordsToDelete, number>(cluster, call, deletions, async (asked, node, remaining) => {
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
    return answer.topics.flatMap(({ name: topic, partitions }) =>
      partitions.map(({ partitionIndex: partition, lowWatermark, errorCode }) => {
        const at = { topic, partition }
        return [at, errorCode === ErrorCode.NONE ? lowWatermark : failureOf(errorCode, nameOfPartition(at))] as const
      }),
    )
  })
}
