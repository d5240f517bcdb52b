import type { MetadataRecordInput } from '@millrace/protocol'
import { ConfigResource, type ConfigResourceType } from './config-resource.ts'
import { FeatureLevels } from './features.ts'
import { collisionKey } from './topic-name.ts'

export interface TopicImage {
  readonly name: string
  /** Kafka's text form. */
  readonly id: string
  readonly partitionCount: number
  /** Settings of the topic itself, Kafka's names and text forms. */
  readonly configs: ReadonlyMap<string, string>
}

type ConfigRecord = Extract<MetadataRecordInput, { kind: 'ConfigRecord' }>['value']

/**
 * What the metadata log says. Pure: {@link replay} alone changes it, at start and after each change alike. A topic's image
 * is never changed but replaced.
 */
export class MetadataImage {
  readonly features = new FeatureLevels()
  private readonly byName = new Map<string, TopicImage>()
  private readonly nameById = new Map<string, string>()
  private readonly nameByCollisionKey = new Map<string, string>()
  /** Settings of resources other than topics, by {@link configKey}. */
  private readonly configsByKey = new Map<string, ReadonlyMap<string, string>>()
  private firstFreeProducerId = 0
  private changesOfTopics = 0
  private lastCreation = 0

  /** By name, in order of creation. */
  get topics(): ReadonlyMap<string, TopicImage> {
    return this.byName
  }
  /** Grows whenever a topic is created, grows or goes; the same after a restart. */
  get topicsVersion(): number {
    return this.changesOfTopics
  }
  /** The version with which the newest topic came. */
  get newestTopicVersion(): number {
    return this.lastCreation
  }
  /** First producer id that has not been reserved. */
  get nextProducerId(): number {
    return this.firstFreeProducerId
  }

  topicById(id: string): TopicImage | undefined {
    const name = this.nameById.get(id)
    return name === undefined ? undefined : this.byName.get(name)
  }

  /** The topic that `name` equals or collides with (`.` and `_` count as the same), undefined if there is none. */
  collidingTopic(name: string): TopicImage | undefined {
    const taken = this.nameByCollisionKey.get(collisionKey(name))
    return taken === undefined ? undefined : this.byName.get(taken)
  }

  /** The settings of one broker, of all brokers or of a group, Kafka's names and text forms. */
  configsOf(type: Exclude<ConfigResourceType, typeof ConfigResource.topic>, name: string): ReadonlyMap<string, string> {
    return this.configsByKey.get(configKey(type, name)) ?? NO_CONFIGS
  }
  /** Names of the groups that have settings. */
  get configuredGroups(): readonly string[] {
    const prefix = configKey(ConfigResource.group, '')
    return [...this.configsByKey.keys()].filter(key => key.startsWith(prefix)).map(key => key.slice(prefix.length))
  }

  /** Records of kinds that a single node does not write are passed over. */
  replay(record: MetadataRecordInput): void {
    switch (record.kind) {
      case 'TopicRecord':
        return this.addTopic(record.value.name, record.value.topicId)
      case 'PartitionRecord':
        return this.addPartition(record.value.topicId, record.value.partitionId ?? 0)
      case 'RemoveTopicRecord':
        return this.removeTopic(record.value.topicId)
      case 'ConfigRecord':
        return this.setConfig(record.value)
      case 'FeatureLevelRecord':
        return this.features.set(record.value.name, record.value.featureLevel)
      case 'ProducerIdsRecord':
        this.firstFreeProducerId = Math.max(this.firstFreeProducerId, record.value.nextProducerId)
    }
  }

  private addTopic(name: string, id: string): void {
    this.byName.set(name, { name, id, partitionCount: 0, configs: new Map() })
    this.nameById.set(id, name)
    this.nameByCollisionKey.set(collisionKey(name), name)
    this.lastCreation = ++this.changesOfTopics
  }

  private addPartition(topicId: string, partition: number): void {
    const topic = this.topicById(topicId)
    if (topic === undefined) return
    this.byName.set(topic.name, { ...topic, partitionCount: Math.max(topic.partitionCount, partition + 1) })
    this.changesOfTopics++
  }

  private removeTopic(id: string): void {
    const topic = this.topicById(id)
    if (topic === undefined) return
    this.byName.delete(topic.name)
    this.nameById.delete(id)
    this.nameByCollisionKey.delete(collisionKey(topic.name))
    this.changesOfTopics++
  }

  private setConfig({ resourceType, resourceName, name, value }: ConfigRecord): void {
    const topic = resourceType === ConfigResource.topic ? this.byName.get(resourceName) : undefined
    if (resourceType === ConfigResource.topic && topic === undefined) return
    const key = configKey(resourceType, resourceName)
    const configs = new Map(topic?.configs ?? this.configsByKey.get(key))
    if (value === null) configs.delete(name)
    else configs.set(name, value)
    if (topic !== undefined) this.byName.set(resourceName, { ...topic, configs })
    else if (configs.size === 0) this.configsByKey.delete(key)
    else this.configsByKey.set(key, configs)
  }
}

const NO_CONFIGS: ReadonlyMap<string, string> = new Map()

function configKey(resourceType: number, resourceName: string): string {
  return `${resourceType} ${resourceName}`
}
