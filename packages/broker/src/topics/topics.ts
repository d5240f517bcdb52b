/**
 * The topics of this broker: a change is decided on the metadata image, becomes durable in the metadata log, and then
 * takes effect on the partition logs. A start applies the same image to the same logs.
 */
import type { Random } from '@millrace/platform'
import { ErrorCode, KafkaError, type MetadataRecordInput } from '@millrace/protocol'
import type { BrokerConfig } from '../config/broker-config.ts'
import { resolveTopicConfig, type TopicConfig } from '../config/topic-config.ts'
import { newKafkaUuid } from '../log/directory/data-directory.ts'
import type { LogIdentity, LogManager } from '../log/directory/log-manager.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import { type ConfigChanges, changedConfigs, configRecords } from '../metadata/config-changes.ts'
import { ConfigResource } from '../metadata/config-resource.ts'
import type { MetadataImage, TopicImage } from '../metadata/metadata-image.ts'
import type { MetadataLog } from '../metadata/metadata-log.ts'
import {
  checkAssignments,
  checkTopicConfigs,
  createTopic,
  MAX_PARTITIONS_PER_CHANGE,
  type NewTopic,
  partitionRecord,
} from './create-topic.ts'

export class Topics {
  private readonly deletionListeners = new Set<(topic: TopicImage) => void>()

  constructor(
    private readonly metadata: MetadataLog,
    private readonly logs: LogManager,
    /** In effect: changes while the broker runs. */
    private readonly config: BrokerConfig,
    private readonly random: Random,
  ) {
    metadata.onChange(record => this.apply(record))
  }

  get image(): MetadataImage {
    return this.metadata.image
  }
  get(name: string): TopicImage | undefined {
    return this.image.topics.get(name)
  }
  byId(id: string): TopicImage | undefined {
    return this.image.topicById(id)
  }
  /** Undefined when the topic has no such partition. */
  log(topic: string, partition: number): PartitionLog | undefined {
    return this.logs.get(topic, partition)
  }
  /** Called after a topic is gone, with what it was. */
  onDelete(listener: (topic: TopicImage) => void): void {
    this.deletionListeners.add(listener)
  }

  /** Every partition there is, for the log manager to open. */
  partitions(): (LogIdentity & { readonly config: TopicConfig })[] {
    const partitions: (LogIdentity & { readonly config: TopicConfig })[] = []
    for (const topic of this.image.topics.values()) {
      const config = resolveTopicConfig(topic.configs, this.config)
      for (let partition = 0; partition < topic.partitionCount; partition++)
        partitions.push({ topic: topic.name, topicId: topic.id, partition, config })
    }
    return partitions
  }

  /** Throws {@link KafkaError}. With `validateOnly` nothing happens. */
  create(topic: NewTopic, validateOnly = false): Promise<TopicImage> {
    return this.metadata.change(image => {
      const { records, topic: created } = createTopic(image, topic, newKafkaUuid(this.random), this.config)
      return { records: validateOnly ? [] : records, result: created }
    })
  }

  /** The topic as it was. Throws {@link KafkaError}. */
  async delete(find: (image: MetadataImage) => TopicImage | undefined, notFound: ErrorCode): Promise<TopicImage> {
    const deleted = await this.metadata.change(image => {
      const topic = find(image)
      if (topic === undefined) throw new KafkaError(notFound)
      if (!this.config['delete.topic.enable']) throw new KafkaError(ErrorCode.TOPIC_DELETION_DISABLED)
      return { records: [{ kind: 'RemoveTopicRecord', value: { topicId: topic.id } }], result: topic }
    })
    for (let partition = 0; partition < deleted.partitionCount; partition++) this.logs.delete(deleted.name, partition)
    for (const listener of this.deletionListeners) listener(deleted)
    return deleted
  }

  /** Grows a topic to `partitionCount` partitions. Throws {@link KafkaError}. */
  async addPartitions(
    name: string,
    partitionCount: number,
    assignments: readonly { readonly brokerIds: readonly number[] }[] | null,
    validateOnly: boolean,
  ): Promise<void> {
    await this.metadata.change(image => {
      const topic = image.topics.get(name)
      if (topic === undefined) throw new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
      const added = partitionCount - topic.partitionCount
      if (added <= 0)
        throw new KafkaError(ErrorCode.INVALID_PARTITIONS, `${name} has ${topic.partitionCount} partitions already`)
      if (added > MAX_PARTITIONS_PER_CHANGE)
        throw new KafkaError(ErrorCode.POLICY_VIOLATION, `${added} partitions at once`)
      if (assignments !== null) {
        if (assignments.length !== added)
          throw new KafkaError(ErrorCode.INVALID_REPLICA_ASSIGNMENT, `${assignments.length} assignments for ${added}`)
        const first = topic.partitionCount
        const numbered = assignments.map((row, index) => ({ partitionIndex: first + index, brokerIds: row.brokerIds }))
        checkAssignments(numbered, first, this.config['node.id'])
      }
      const records: MetadataRecordInput[] = []
      for (let index = topic.partitionCount; index < partitionCount; index++)
        records.push(partitionRecord(topic.id, index, this.config['node.id']))
      return { records: validateOnly ? [] : records, result: undefined }
    })
  }

  /** `decide` sees the topic's own settings and says what changes. Throws {@link KafkaError}. */
  async changeConfigs(
    name: string,
    decide: (own: ReadonlyMap<string, string>) => ConfigChanges,
    validateOnly: boolean,
  ): Promise<void> {
    await this.metadata.change(image => {
      const topic = image.topics.get(name)
      if (topic === undefined) throw new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
      const changes = decide(topic.configs)
      checkTopicConfigs(changedConfigs(topic.configs, changes), this.config)
      const records = configRecords(ConfigResource.topic, name, changes)
      return { records: validateOnly ? [] : records, result: undefined }
    })
  }

  /** Takes a replayed record over to the logs. The records of a new topic's settings come before its partitions. */
  private apply(record: MetadataRecordInput): void {
    if (record.kind === 'PartitionRecord') {
      const topic = this.byId(record.value.topicId)!
      const identity = { topic: topic.name, topicId: topic.id, partition: record.value.partitionId ?? 0 }
      this.logs.create(identity, resolveTopicConfig(topic.configs, this.config))
    } else if (record.kind === 'ConfigRecord' && record.value.resourceType === ConfigResource.topic) {
      const topic = this.get(record.value.resourceName)
      if (topic !== undefined) this.configure(topic)
    } else if (record.kind === 'ConfigRecord' && record.value.resourceType === ConfigResource.broker) {
      // Topics inherit the settings of the broker.
      for (const topic of this.image.topics.values()) this.configure(topic)
    }
  }

  private configure(topic: TopicImage): void {
    const config = resolveTopicConfig(topic.configs, this.config)
    for (let partition = 0; partition < topic.partitionCount; partition++) {
      const log = this.log(topic.name, partition)
      if (log !== undefined) log.config = config
    }
  }
}
