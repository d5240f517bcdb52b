import { APIS, ErrorCode, type KafkaError } from '@millrace/protocol'
import type { Cluster } from '../cluster/cluster.ts'
import { nameOfPartition, type TopicPartition, TopicPartitionMap } from '../cluster/topic-partition.ts'
import type { TimeLimit } from '../connection/time-limit.ts'
import { callOnce, failureOf } from './resource-calls.ts'

const ELECTION_TYPES = { preferred: 0, unclean: 1 } as const
/** `unclean` lets a replica lead that lags, if no other is alive: records are lost then. */
export type ElectionType = keyof typeof ELECTION_TYPES

/**
 * Elects leaders of these partitions, or of all (null). Null where one was elected, else why not: that there was no need
 * to (ELECTION_NOT_NEEDED) is no failure of the call. Of all partitions, those without a need are left out.
 */
export function electLeaders(
  cluster: Cluster,
  type: ElectionType,
  partitions: readonly TopicPartition[] | null,
  limit: TimeLimit,
): Promise<TopicPartitionMap<KafkaError | null>> {
  const byTopic = partitions && TopicPartitionMap.from(partitions.map(partition => [partition, true]))
  const topicPartitions =
    byTopic && [...byTopic.byTopic()].map(([topic, ofTopic]) => ({ topic, partitions: [...ofTopic.keys()] }))
  return callOnce(cluster, 'electing leaders', limit, async (node, remaining) => {
    const answer = await cluster.request(
      { node, lane: 'main' },
      APIS.ElectLeaders,
      () => ({
        electionType: ELECTION_TYPES[type],
        topicPartitions,
        timeoutMs: Math.ceil(remaining.timeoutMs),
      }),
      remaining,
    )
    if (answer.errorCode !== ErrorCode.NONE) return failureOf(answer.errorCode, 'electing leaders')
    const outcomes = new TopicPartitionMap<KafkaError | null>()
    for (const { topic, partitionResult } of answer.replicaElectionResults)
      for (const { partitionId: partition, errorCode, errorMessage } of partitionResult) {
        const name = nameOfPartition({ topic, partition })
        const isElected = errorCode === ErrorCode.NONE
        outcomes.set(topic, partition, isElected ? null : failureOf(errorCode, name, errorMessage))
      }
    return outcomes
  })
}
