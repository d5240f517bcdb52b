import {
  APIS,
  type DescribeTopicPartitionsResponse,
  ErrorCode,
  KafkaError,
  type MetadataResponse,
  ZERO_UUID,
} from '@millrace/protocol'
import type { Cluster } from '../cluster/cluster.ts'
import type { PartitionMetadata, TopicMetadata } from '../cluster/metadata.ts'
import type { TimeLimit } from '../connection/time-limit.ts'
import { UnsupportedBrokerError } from '../errors/client-errors.ts'
import { type AclOperation, authorizedOperations } from './acl-operations.ts'
import { callForEach, failureOf } from './resource-calls.ts'

const FIRST_DELETION_BY_ID = 6
/** As many as Kafka's brokers put into one answer. */
const PARTITIONS_PER_PAGE = 2_000
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

/** Topics by their names, or by their ids: a topic that was made again under the name of another has another id. */
export type TopicCollection = readonly string[] | { readonly topicIds: readonly string[] }

export async function deleteTopics(cluster: Cluster, topics: TopicCollection, limit: TimeLimit): Promise<void> {
  const byId = 'topicIds' in topics
  const call = { operation: 'deleting topics', limit }
  await callForEach<true>(cluster, call, byId ? topics.topicIds : topics, async (pending, remaining) => {
    const node = await cluster.controller(remaining)
    const answer = await cluster.request(
      { node, lane: 'main' },
      APIS.DeleteTopics,
      version => ({
        timeoutMs: Math.ceil(remaining.timeoutMs),
        ...(byId || version >= FIRST_DELETION_BY_ID
          ? { topics: pending.map(key => (byId ? { name: null, topicId: key } : { name: key, topicId: ZERO_UUID })) }
          : { topicNames: [...pending] }),
      }),
      remaining,
    )
    const outcomes = new Map<string, true | KafkaError>()
    for (const { name, topicId, errorCode, errorMessage } of answer.responses) {
      const key = byId ? topicId : name
      if (key !== null)
        outcomes.set(key, errorCode === ErrorCode.NONE || failureOf(errorCode, `topic ${key}`, errorMessage))
    }
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

export interface DescribedPartition extends PartitionMetadata {
  /** Out of sync, but known to have everything committed (KIP-966); null from brokers before 4.0. */
  readonly eligibleLeaderReplicaIds: readonly number[] | null
}

export interface TopicDescription extends TopicMetadata {
  readonly partitions: readonly DescribedPartition[]
  /** Null unless asked for. */
  readonly authorizedOperations: readonly AclOperation[] | null
}

/** By name or id, as asked. Page by page where the broker can, so that large topics need no large answers. */
export function describeTopics(
  cluster: Cluster,
  topics: TopicCollection,
  includeAuthorizedOperations: boolean,
  limit: TimeLimit,
): Promise<Map<string, TopicDescription>> {
  const call = { operation: 'describing topics', limit }
  const byId = 'topicIds' in topics
  const keys = byId ? topics.topicIds : topics
  return callForEach<TopicDescription>(cluster, call, keys, async (pending, remaining) => {
    if (byId) {
      const asked = pending.map(topicId => ({ name: null, topicId }))
      return describeAtOnce(cluster, asked, includeAuthorizedOperations, remaining)
    }
    const described = await describeInPages(cluster, pending, remaining).catch((error: unknown) => {
      if (error instanceof UnsupportedBrokerError) return undefined
      throw error
    })
    const asked = pending.map(name => ({ name, topicId: ZERO_UUID }))
    const outcomes = described ?? (await describeAtOnce(cluster, asked, includeAuthorizedOperations, remaining))
    if (includeAuthorizedOperations) return outcomes
    return new Map(
      [...outcomes].map(([name, outcome]) => [
        name,
        outcome instanceof KafkaError ? outcome : { ...outcome, authorizedOperations: null },
      ]),
    )
  })
}

type DescriptionOutcomes = Map<string, TopicDescription | KafkaError>

async function describeInPages(
  cluster: Cluster,
  names: readonly string[],
  limit: TimeLimit,
): Promise<DescriptionOutcomes> {
  const outcomes: DescriptionOutcomes = new Map()
  const node = await cluster.controller(limit)
  let cursor: DescribeTopicPartitionsResponse['nextCursor'] = null
  do {
    const from: typeof cursor = cursor
    // A cursor names the topic to go on with; those before it are done.
    const asked = names.filter(name => from === null || name >= from.topicName)
    const answer: DescribeTopicPartitionsResponse = await cluster.request(
      { node, lane: 'main' },
      APIS.DescribeTopicPartitions,
      () => ({ topics: asked.map(name => ({ name })), responsePartitionLimit: PARTITIONS_PER_PAGE, cursor: from }),
      limit,
    )
    for (const topic of answer.topics) if (topic.name !== null) addPage(outcomes, topic.name, topic)
    cursor = answer.nextCursor
  } while (cursor !== null)
  return outcomes
}

function addPage(
  outcomes: DescriptionOutcomes,
  name: string,
  topic: DescribeTopicPartitionsResponse['topics'][number],
): void {
  const before = outcomes.get(name)
  if (topic.errorCode !== ErrorCode.NONE) {
    outcomes.set(name, failureOf(topic.errorCode, `topic ${name}`))
    return
  }
  const partitions = topic.partitions.map(partition => ({
    ...describedPartition(partition),
    eligibleLeaderReplicaIds: partition.eligibleLeaderReplicas,
  }))
  const known = before === undefined || before instanceof KafkaError ? [] : before.partitions
  outcomes.set(name, {
    name,
    topicId: idOf(topic.topicId),
    isInternal: topic.isInternal,
    partitions: [...known, ...partitions],
    authorizedOperations: authorizedOperations(topic.topicAuthorizedOperations),
  })
}

/** A topic as Metadata requests name it: by name, or by id with no name. */
interface AskedTopic {
  readonly name: string | null
  readonly topicId: string
}

async function describeAtOnce(
  cluster: Cluster,
  asked: readonly AskedTopic[],
  includeTopicAuthorizedOperations: boolean,
  limit: TimeLimit,
): Promise<DescriptionOutcomes> {
  const answer = await metadataOf(cluster, asked, limit, includeTopicAuthorizedOperations)
  const isById = asked.some(({ name }) => name === null)
  const outcomes: DescriptionOutcomes = new Map()
  for (const topic of answer.topics) {
    const { name, topicId, errorCode } = topic
    const key = isById ? topicId : name
    if (key === null) continue
    const isFound = errorCode === ErrorCode.NONE && name !== null
    outcomes.set(key, isFound ? description(name, topic) : failureOf(errorCode, `topic ${key}`))
  }
  return outcomes
}

function description(name: string, topic: MetadataResponse['topics'][number]): TopicDescription {
  const partitions = topic.partitions
    .map(partition => ({ ...describedPartition(partition), eligibleLeaderReplicaIds: null }))
    .sort((a, b) => a.partition - b.partition)
  const operations = authorizedOperations(topic.topicAuthorizedOperations)
  return {
    name,
    topicId: idOf(topic.topicId),
    isInternal: topic.isInternal,
    partitions,
    authorizedOperations: operations,
  }
}

interface PartitionRow {
  readonly partitionIndex: number
  readonly leaderId: number
  readonly leaderEpoch: number
  readonly replicaNodes: readonly number[]
  readonly isrNodes: readonly number[]
  readonly offlineReplicas: readonly number[]
}
function describedPartition(row: PartitionRow): PartitionMetadata {
  return {
    partition: row.partitionIndex,
    leaderId: row.leaderId,
    leaderEpoch: row.leaderEpoch,
    replicaIds: row.replicaNodes,
    inSyncReplicaIds: row.isrNodes,
    offlineReplicaIds: row.offlineReplicas,
  }
}

function metadataOf(
  cluster: Cluster,
  topics: readonly AskedTopic[] | null,
  limit: TimeLimit,
  includeTopicAuthorizedOperations = false,
): Promise<MetadataResponse> {
  return cluster.retrying('fetching metadata', limit, remaining =>
    cluster.requestAny(
      APIS.Metadata,
      () => ({
        topics,
        allowAutoTopicCreation: false,
        includeTopicAuthorizedOperations,
      }),
      remaining,
    ),
  )
}

function idOf(topicId: string): string | null {
  return topicId === ZERO_UUID ? null : topicId
}
