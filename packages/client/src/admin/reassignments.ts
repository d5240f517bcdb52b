/** Moving replicas of partitions between brokers (KIP-455). */
import { APIS, ErrorCode, type KafkaError } from '@millrace/protocol'
import type { Cluster } from '../cluster/cluster.ts'
import { nameOfPartition, type TopicPartition, TopicPartitionMap } from '../cluster/topic-partition.ts'
import type { TimeLimit } from '../connection/time-limit.ts'
import { callForEach, callOnce, failureOf } from './resource-calls.ts'

export interface PartitionReassignmentRequest extends TopicPartition {
  /** The brokers that shall have it, the preferred leader first; null gives up the reassignment under way. */
  readonly replicas: readonly number[] | null
}

export interface PartitionReassignment {
  readonly replicas: readonly number[]
  readonly addingReplicas: readonly number[]
  readonly removingReplicas: readonly number[]
}

/** Begins reassignments; they are over when `listPartitionReassignments` no longer has them. */
export async function alterPartitionReassignments(
  cluster: Cluster,
  reassignments: readonly PartitionReassignmentRequest[],
  allowReplicationFactorChange: boolean,
  limit: TimeLimit,
): Promise<void> {
  const byName = new Map(reassignments.map(reassignment => [nameOfPartition(reassignment), reassignment]))
  const call = { operation: 'reassigning partitions', limit }
  await callForEach<true>(cluster, call, [...byName.keys()], async (pending, remaining) => {
    const asked = TopicPartitionMap.from(pending.map(name => [byName.get(name)!, byName.get(name)!]))
    const node = await cluster.controller(remaining)
    const answer = await cluster.request(
      { node, lane: 'main' },
      APIS.AlterPartitionReassignments,
      () => ({
        timeoutMs: Math.ceil(remaining.timeoutMs),
        ...(allowReplicationFactorChange ? {} : { allowReplicationFactorChange }),
        topics: [...asked.byTopic()].map(([name, partitions]) => ({
          name,
          partitions: [...partitions].map(([partitionIndex, { replicas }]) => ({ partitionIndex, replicas })),
        })),
      }),
      remaining,
    )
    const { errorCode, errorMessage } = answer
    if (errorCode !== ErrorCode.NONE)
      return new Map(pending.map(name => [name, failureOf(errorCode, name, errorMessage)]))
    const outcomes = new Map<string, true | KafkaError>()
    for (const { name: topic, partitions } of answer.responses)
      for (const { partitionIndex: partition, errorCode, errorMessage } of partitions) {
        const name = nameOfPartition({ topic, partition })
        outcomes.set(name, errorCode === ErrorCode.NONE || failureOf(errorCode, name, errorMessage))
      }
    return outcomes
  })
}

/** Those under way, of these partitions or of all (null). */
export function listPartitionReassignments(
  cluster: Cluster,
  partitions: readonly TopicPartition[] | null,
  limit: TimeLimit,
): Promise<TopicPartitionMap<PartitionReassignment>> {
  const byTopic = partitions && TopicPartitionMap.from(partitions.map(partition => [partition, true]))
  const topics = byTopic && [...byTopic.byTopic()].map(([name, of]) => ({ name, partitionIndexes: [...of.keys()] }))
  return callOnce(cluster, 'listing reassignments', limit, async (node, remaining) => {
    const answer = await cluster.request(
      { node, lane: 'main' },
      APIS.ListPartitionReassignments,
      () => ({ timeoutMs: Math.ceil(remaining.timeoutMs), topics }),
      remaining,
    )
    const { errorCode, errorMessage } = answer
    if (errorCode !== ErrorCode.NONE) return failureOf(errorCode, 'listing reassignments', errorMessage)
    const found = new TopicPartitionMap<PartitionReassignment>()
    for (const { name, partitions: ofTopic } of answer.topics)
      for (const { partitionIndex, replicas, addingReplicas, removingReplicas } of ofTopic)
        found.set(name, partitionIndex, { replicas, addingReplicas, removingReplicas })
    return found
  })
}
