/** What may become a topic, and the metadata records that make it one. Pure. Source: Kafka, `ReplicationControlManager`. */
import { ErrorCode, InvalidConfigError, KafkaError, type MetadataRecordInput, ZERO_UUID } from '@millrace/protocol'
import type { BrokerConfig } from '../config/broker-config.ts'
import { checkTopicConfig, resolveTopicConfig } from '../config/topic-config.ts'
import { configRecord } from '../metadata/config-changes.ts'
import { ConfigResource } from '../metadata/config-resource.ts'
import type { MetadataImage, TopicImage } from '../metadata/metadata-image.ts'
import { METADATA_TOPIC, topicNameProblem } from '../metadata/topic-name.ts'

/** Kafka's bound on what one request may create (`MAX_PARTITIONS_PER_BATCH`). */
export const MAX_PARTITIONS_PER_CHANGE = 10_000

export interface NewTopic {
  readonly name: string
  /** −1: the broker's default. */
  readonly partitionCount: number
  /** −1: the broker's default. */
  readonly replicationFactor: number
  /** Replicas by partition, given by hand; empty: the broker decides. */
  readonly assignments: readonly { readonly partitionIndex: number; readonly brokerIds: readonly number[] }[]
  readonly configs: readonly { readonly name: string; readonly value: string | null }[]
}

export interface TopicCreation {
  readonly topic: TopicImage
  readonly records: readonly MetadataRecordInput[]
}

/** Throws {@link KafkaError} with the code Kafka gives. `id`: of the new topic. */
export function createTopic(image: MetadataImage, topic: NewTopic, id: string, config: BrokerConfig): TopicCreation {
  checkName(image, topic.name)
  const configs = checkConfigs(topic.configs, config)
  const partitionCount = countPartitions(topic, config)
  const created: TopicImage = { name: topic.name, id, partitionCount, configs }
  const records: MetadataRecordInput[] = [{ kind: 'TopicRecord', value: { name: topic.name, topicId: id } }]
  for (const [name, value] of configs) records.push(configRecord(ConfigResource.topic, topic.name, name, value))
  for (let index = 0; index < partitionCount; index++) records.push(partitionRecord(id, index, config['node.id']))
  return { topic: created, records }
}

function checkName(image: MetadataImage, name: string): void {
  const problem = topicNameProblem(name)
  if (problem !== undefined) throw new KafkaError(ErrorCode.INVALID_TOPIC_EXCEPTION, problem)
  if (name === METADATA_TOPIC) throw new KafkaError(ErrorCode.INVALID_REQUEST, `${name} cannot be created`)
  if (image.topics.has(name)) throw new KafkaError(ErrorCode.TOPIC_ALREADY_EXISTS, name)
  const colliding = image.collidingTopic(name)
  if (colliding !== undefined)
    throw new KafkaError(ErrorCode.INVALID_TOPIC_EXCEPTION, `${name} collides with ${colliding.name}`)
}

function checkConfigs(configs: NewTopic['configs'], broker: BrokerConfig): ReadonlyMap<string, string> {
  const overrides = new Map<string, string>()
  for (const { name, value } of configs) {
    if (value === null) throw new KafkaError(ErrorCode.INVALID_CONFIG, `${name} has no value`)
    overrides.set(name, value)
  }
  checkTopicConfigs(overrides, broker)
  return overrides
}

/** Throws {@link KafkaError} INVALID_CONFIG. */
export function checkTopicConfigs(overrides: ReadonlyMap<string, string>, broker: BrokerConfig): void {
  try {
    checkTopicConfig(resolveTopicConfig(overrides, broker))
  } catch (error) {
    if (!(error instanceof InvalidConfigError)) throw error
    throw new KafkaError(ErrorCode.INVALID_CONFIG, error.message)
  }
}

function countPartitions(topic: NewTopic, config: BrokerConfig): number {
  const { partitionCount, replicationFactor, assignments } = topic
  if (assignments.length > 0) return countAssigned(topic, config)
  if (replicationFactor === 0 || replicationFactor < -1)
    throw new KafkaError(ErrorCode.INVALID_REPLICATION_FACTOR, `replication factor ${replicationFactor}`)
  if (partitionCount === 0 || partitionCount < -1)
    throw new KafkaError(ErrorCode.INVALID_PARTITIONS, `${partitionCount} partitions`)
  const replicas = replicationFactor === -1 ? config['default.replication.factor'] : replicationFactor
  if (replicas > 1)
    throw new KafkaError(ErrorCode.INVALID_REPLICATION_FACTOR, `replication factor ${replicas}, there is 1 broker`)
  const count = partitionCount === -1 ? config['num.partitions'] : partitionCount
  if (count > MAX_PARTITIONS_PER_CHANGE)
    throw new KafkaError(
      ErrorCode.POLICY_VIOLATION,
      `${count} partitions at once, ${MAX_PARTITIONS_PER_CHANGE} allowed`,
    )
  return count
}

function countAssigned(topic: NewTopic, config: BrokerConfig): number {
  const { partitionCount, replicationFactor, assignments } = topic
  if (replicationFactor !== -1 || partitionCount !== -1)
    throw new KafkaError(
      ErrorCode.INVALID_REQUEST,
      'an assignment and a number of partitions or replicas exclude each other',
    )
  checkAssignments(assignments, 0, config['node.id'])
  return assignments.length
}

/** By-hand assignments must name the partitions from `first` on, once each, and brokers that exist. */
export function checkAssignments(assignments: NewTopic['assignments'], first: number, nodeId: number): void {
  const indexes = assignments.map(assignment => assignment.partitionIndex).sort((a, b) => a - b)
  if (indexes.some((index, position) => index !== first + position))
    throw new KafkaError(ErrorCode.INVALID_REPLICA_ASSIGNMENT, `partitions must be numbered from ${first} without gaps`)
  for (const { partitionIndex, brokerIds } of assignments)
    if (brokerIds.length !== 1 || brokerIds[0] !== nodeId)
      throw new KafkaError(
        ErrorCode.INVALID_REPLICA_ASSIGNMENT,
        `partition ${partitionIndex} on brokers [${brokerIds.join(', ')}], there is only ${nodeId}`,
      )
}

export function partitionRecord(topicId: string, partitionId: number, nodeId: number): MetadataRecordInput {
  return {
    kind: 'PartitionRecord',
    value: {
      partitionId,
      topicId,
      replicas: [nodeId],
      isr: [nodeId],
      removingReplicas: [],
      addingReplicas: [],
      leader: nodeId,
      leaderEpoch: 0,
      partitionEpoch: 0,
      // "Unassigned": the log manager chooses the directory.
      directories: [ZERO_UUID],
    },
  }
}
