import { APIS, ErrorCode, type KafkaError, type MetadataResponse, ZERO_UUID } from '@millrace/protocol'
import type { Cluster } from '../cluster/cluster.ts'
import type { TopicMetadata } from '../cluster/metadata.ts'
import type { TimeLimit } from '../connection/time-limit.ts'
import { callForEach, failureOf } from './resource-calls.ts'

/** The broker's own default (`num.partitions`, `default.replication.factor`). */
const BROKER_DEFAULT = -1

export interface NewTopic {
  readonly name: string
  /** The broker's default if left out. */
  readonly partitions?: number | undefined
  readonly replicationFactor?: number | undefined
  /** Brokers of each partition, by partition number; instead of the two counts. */
  readonly replicaAssignments?: readonly (readonly number[])[] | undefined
  /** Under Kafka's names: `{ 'cleanup.policy': 'compact' }`. */
  readonly configs?: Readonly<Record<string, string | number | boolean>> | undefined
}

export interface CreatedTopic {
  readonly name: string
  readonly topicId: string | null
  readonly partitionCount: number
  readonly replicationFactor: number
}

export interface TopicListing {
  readonly name: string
  readonly topicId: string | null
  readonly isInternal: boolean
}

export interface MorePartitions {
  readonly topic: string
  /** Of the topic afterwards. */
  readonly totalCount: number
  /** Brokers of each new partition. */
  readonly replicaAssignments?: readonly (readonly number[])[] | undefined
}

export function createTopics(
  cluster: Cluster,
  topics: readonly NewTopic[],
  validateOnly: boolean,
  limit: TimeLimit,
): Promise<Map<string, CreatedTopic>> {
  const byName = new Map(topics.map(topic => [topic.name, topic]))
  return callForEach(
    cluster,
    { operation: 'creating topics', limit },
    [...byName.keys()],
    async (pending, remaining) => {
      const node = await cluster.controller(remaining)
      const answer = await cluster.request(
        { node, lane: 'main' },
        APIS.CreateTopics,
        () => ({
          topics: pending.map(name => creation(byName.get(name)!)),
          timeoutMs: Math.ceil(remaining.timeoutMs),
          validateOnly,
        }),
        remaining,
      )
      const outcomes = new Map<string, CreatedTopic | KafkaError>()
      for (const { name, topicId, errorCode, errorMessage, numPartitions, replicationFactor } of answer.topics)
        outcomes.set(
          name,
          errorCode === ErrorCode.NONE
            ? { name, topicId: idOf(topicId), partitionCount: numPartitions, replicationFactor }
            : failureOf(errorCode, `topic ${name}`, errorMessage),
        )
      return outcomes
    },
  )
}

function creation({ name, partitions, replicationFactor, replicaAssignments = [], configs = {} }: NewTopic) {
  const isAssigned = replicaAssignments.length > 0
  return {
    name,
    numPartitions: isAssigned ? BROKER_DEFAULT : (partitions ?? BROKER_DEFAULT),
    replicationFactor: isAssigned ? BROKER_DEFAULT : (replicationFactor ?? BROKER_DEFAULT),
    assignments: replicaAssignments.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds })),
    configs: Object.entries(configs).map(([setting, value]) => ({ name: setting, value: String(value) })),
  }
}

export async function deleteTopics(cluster: Cluster, names: readonly string[], limit: TimeLimit): Promise<void> {
  await callForEach(cluster, { operation: 'deleting topics', limit }, names, async (pending, remaining) => {
    const node = await cluster.controller(remaining)
    const answer = await cluster.request(
      { node, lane: 'main' },
      APIS.DeleteTopics,
      version => ({
        timeoutMs: Math.ceil(remaining.timeoutMs),
        ...(version >= 6
          ? { topics: pending.map(name => ({ name, topicId: ZERO_UUID })) }
          : { topicNames: [...pending] }),
      }),
      remaining,
    )
    const outcomes = new Map<string, true | KafkaError>()
    for (const { name, errorCode, errorMessage } of answer.responses)
      if (name !== null)
        outcomes.set(name, errorCode === ErrorCode.NONE || failureOf(errorCode, `topic ${name}`, errorMessage))
    return outcomes
  })
}

export async function createPartitions(
  cluster: Cluster,
  topics: readonly MorePartitions[],
  validateOnly: boolean,
  limit: TimeLimit,
): Promise<void> {
  const byName = new Map(topics.map(topic => [topic.topic, topic]))
  const names = [...byName.keys()]
  await callForEach(cluster, { operation: 'creating partitions', limit }, names, async (pending, remaining) => {
    const node = await cluster.controller(remaining)
    const answer = await cluster.request(
      { node, lane: 'main' },
      APIS.CreatePartitions,
      () => ({
        topics: pending.map(name => {
          const { totalCount, replicaAssignments } = byName.get(name)!
          return {
            name,
            count: totalCount,
            assignments: replicaAssignments?.map(brokerIds => ({ brokerIds })) ?? null,
          }
        }),
        timeoutMs: Math.ceil(remaining.timeoutMs),
        validateOnly,
      }),
      remaining,
    )
    const outcomes = new Map<string, true | KafkaError>()
    for (const { name, errorCode, errorMessage } of answer.results)
      outcomes.set(name, errorCode === ErrorCode.NONE || failureOf(errorCode, `topic ${name}`, errorMessage))
    return outcomes
  })
}

export async function listTopics(cluster: Cluster, limit: TimeLimit): Promise<TopicListing[]> {
  const answer = await metadataOf(cluster, null, limit)
  return answer.topics
    .filter(({ name, errorCode }) => name !== null && errorCode === ErrorCode.NONE)
    .map(({ name, topicId, isInternal }) => ({ name: name!, topicId: idOf(topicId), isInternal }))
}

export function describeTopics(
  cluster: Cluster,
  names: readonly string[],
  limit: TimeLimit,
): Promise<Map<string, TopicMetadata>> {
  const call = { operation: 'describing topics', limit }
  return callForEach(cluster, call, names, async (pending, remaining) => {
    const answer = await metadataOf(cluster, pending, remaining)
    const outcomes = new Map<string, TopicMetadata | KafkaError>()
    for (const topic of answer.topics)
      if (topic.name !== null)
        outcomes.set(
          topic.name,
          topic.errorCode === ErrorCode.NONE
            ? description(topic.name, topic)
            : failureOf(topic.errorCode, `topic ${topic.name}`),
        )
    return outcomes
  })
}

function description(name: string, topic: MetadataResponse['topics'][number]): TopicMetadata {
  const partitions = topic.partitions
    .map(({ partitionIndex, leaderId, leaderEpoch, replicaNodes, isrNodes, offlineReplicas }) => ({
      partition: partitionIndex,
      leaderId,
      leaderEpoch,
      replicaIds: replicaNodes,
      inSyncReplicaIds: isrNodes,
      offlineReplicaIds: offlineReplicas,
    }))
    .sort((a, b) => a.partition - b.partition)
  return { name, topicId: idOf(topic.topicId), isInternal: topic.isInternal, partitions }
}

function metadataOf(cluster: Cluster, names: readonly string[] | null, limit: TimeLimit): Promise<MetadataResponse> {
  return cluster.retrying('fetching metadata', limit, remaining =>
    cluster.requestAny(
      APIS.Metadata,
      () => ({ topics: names?.map(name => ({ name })) ?? null, allowAutoTopicCreation: false }),
      remaining,
    ),
  )
}

function idOf(topicId: string): string | null {
  return topicId === ZERO_UUID ? null : topicId
}
