/**
 * What this client knows about the cluster: brokers, topics, leaders. Pure: answers come in, questions are answered.
 * Knowledge of a topic is replaced by what a newer answer says about it, except that a leader epoch never goes back: an
 * answer of a broker that lags behind must not send us to a leader that was deposed (KIP-320).
 */
import { ErrorCode, type MetadataResponse, ZERO_UUID } from '@millrace/protocol'
import type { BrokerAddress } from '../connection/broker-connection.ts'

export interface Node extends BrokerAddress {
  readonly nodeId: number
  readonly rack: string | null
}

export interface PartitionMetadata {
  readonly partition: number
  /** −1: there is none at the moment. */
  readonly leaderId: number
  readonly leaderEpoch: number
  readonly replicaIds: readonly number[]
  readonly inSyncReplicaIds: readonly number[]
  readonly offlineReplicaIds: readonly number[]
}

export interface TopicMetadata {
  readonly name: string
  /** Null from brokers before 3.1. */
  readonly topicId: string | null
  readonly isInternal: boolean
  /** By partition number, without holes. */
  readonly partitions: readonly PartitionMetadata[]
}

type TopicAnswer = MetadataResponse['topics'][number]

export class Metadata {
  private nodesById = new Map<number, Node>()
  private readonly topicsByName = new Map<string, TopicMetadata>()
  private readonly namesById = new Map<string, string>()
  private readonly errorsByName = new Map<string, number>()
  controllerId = -1
  clusterId: string | null = null

  get nodes(): readonly Node[] {
    return [...this.nodesById.values()]
  }
  node(nodeId: number): Node | undefined {
    return this.nodesById.get(nodeId)
  }
  topic(name: string): TopicMetadata | undefined {
    return this.topicsByName.get(name)
  }
  nameOf(topicId: string): string | undefined {
    return this.namesById.get(topicId)
  }
  get topicNames(): readonly string[] {
    return [...this.topicsByName.keys()]
  }
  /** The error code of the last answer about a topic: NONE when it was good or when nobody asked. */
  errorOf(name: string): number {
    return this.errorsByName.get(name) ?? ErrorCode.NONE
  }
  partition(topic: string, partition: number): PartitionMetadata | undefined {
    return this.topicsByName.get(topic)?.partitions[partition]
  }
  /** Undefined while there is no leader, or the broker that leads is not known. */
  leaderOf(topic: string, partition: number): Node | undefined {
    const leaderId = this.partition(topic, partition)?.leaderId
    return leaderId === undefined ? undefined : this.nodesById.get(leaderId)
  }

  /** `requested`: the topics asked for, null for all; topics that an answer about all does not have are gone. */
  update(answer: MetadataResponse, requested: readonly string[] | null): void {
    this.nodesById = new Map(answer.brokers.map(broker => [broker.nodeId, broker]))
    this.controllerId = answer.controllerId
    this.clusterId = answer.clusterId
    const answered = new Set<string>()
    for (const topic of answer.topics) {
      if (topic.name === null) continue
      answered.add(topic.name)
      this.updateTopic(topic.name, topic)
    }
    if (requested === null) for (const name of this.topicNames) if (!answered.has(name)) this.forget(name)
  }

  forget(name: string): void {
    this.namesById.delete(this.topicsByName.get(name)?.topicId ?? '')
    this.topicsByName.delete(name)
    this.errorsByName.delete(name)
  }

  private updateTopic(name: string, answer: TopicAnswer): void {
    this.errorsByName.set(name, answer.errorCode)
    if (answer.errorCode !== ErrorCode.NONE && answer.errorCode !== ErrorCode.LEADER_NOT_AVAILABLE) {
      // What was known stays: a broker that has just started may not know its topics yet.
      return
    }
    if (answer.partitions.length === 0) return
    const known = this.topicsByName.get(name)
    const topicId = answer.topicId === ZERO_UUID ? null : answer.topicId
    // A topic of another id was deleted and created again: its leader epochs start from 0.
    const comparable = known !== undefined && (known.topicId === topicId || topicId === null || known.topicId === null)
    const partitions: PartitionMetadata[] = []
    for (const partition of answer.partitions) {
      const before = comparable ? known.partitions[partition.partitionIndex] : undefined
      const isStale = before !== undefined && partition.leaderEpoch >= 0 && partition.leaderEpoch < before.leaderEpoch
      partitions[partition.partitionIndex] = isStale
        ? before
        : {
            partition: partition.partitionIndex,
            leaderId: partition.leaderId,
            leaderEpoch: partition.leaderEpoch,
            replicaIds: partition.replicaNodes,
            inSyncReplicaIds: partition.isrNodes,
            offlineReplicaIds: partition.offlineReplicas,
          }
    }
    if (known?.topicId != null) this.namesById.delete(known.topicId)
    if (topicId !== null) this.namesById.set(topicId, name)
    this.topicsByName.set(name, { name, topicId, isInternal: answer.isInternal, partitions })
  }
}
