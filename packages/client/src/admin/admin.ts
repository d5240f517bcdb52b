import { defineConfig, type KafkaError } from '@millrace/protocol'
import { Cluster } from '../cluster/cluster.ts'
import type { IsolationLevel } from '../cluster/isolation-level.ts'
import { type FoundOffset, lookUpOffsets, type OffsetSpec } from '../cluster/offset-lookup.ts'
import { type TopicPartition, TopicPartitionMap } from '../cluster/topic-partition.ts'
import type { CallOptions } from '../config/call-options.ts'
import { CLIENT_OPTIONS, type ClientOptions, clientSurroundings } from '../config/client-options.ts'
import { CONNECTION_CONFIG } from '../config/connection-config.ts'
import { type OptionsOf, type ParsedOptions, parseOptions } from '../config/options.ts'
import type { TimeLimit } from '../connection/time-limit.ts'
import {
  type CommittedOffset,
  commitOffsets,
  fetchOffsets,
  type OffsetToCommit,
} from '../consumer/group/group-offsets.ts'
import { type AclBinding, type AclBindingFilter, createAcls, deleteAcls, describeAcls } from './acls.ts'
import {
  type ClusterDescription,
  describeCluster,
  describeMetadataQuorum,
  type QuorumInfo,
  unregisterBroker,
} from './cluster-description.ts'
import {
  alterConfigs,
  type ConfigAlteration,
  type ConfigDescription,
  type ConfigQuery,
  type ConfigReplacement,
  type ConfigResource,
  type DescribeConfigsOptions,
  describeConfigs,
  listConfigResources,
  replaceConfigs,
} from './configs.ts'
import { type ElectionType, electLeaders } from './elections.ts'
import { describeFeatures, type FeatureMetadata, type FeatureUpdate, updateFeatures } from './features.ts'
import {
  deleteGroupOffsets,
  deleteGroups,
  describeClassicGroups,
  describeConsumerGroups,
  type GroupDescription,
  type GroupFilter,
  type GroupListing,
  listGroups,
  removeMembers,
} from './groups.ts'
import {
  alterReplicaLogDirs,
  describeLogDirs,
  describeReplicaLogDirs,
  type LogDirDescription,
  type ReplicaLogDirDescription,
  type ReplicaPlacement,
  type TopicPartitionReplica,
} from './log-dirs.ts'
import { describeProducers, type FencedProducer, fenceProducers, type ProducerState } from './producers.ts'
import {
  alterClientQuotas,
  type ClientQuotaAlteration,
  type ClientQuotaFilter,
  type ClientQuotas,
  describeClientQuotas,
} from './quotas.ts'
import {
  alterPartitionReassignments,
  listPartitionReassignments,
  type PartitionReassignment,
  type PartitionReassignmentRequest,
} from './reassignments.ts'
import { deleteRecords, type RecordsToDelete } from './records.ts'
import {
  alterUserScramCredentials,
  describeUserScramCredentials,
  type ScramCredentialAlteration,
  type ScramCredentialInfo,
} from './scram-credentials.ts'
import {
  type CreatedTopic,
  createPartitions,
  createTopics,
  deleteTopics,
  describeTopics,
  listTopics,
  type MorePartitions,
  type NewTopic,
  type TopicCollection,
  type TopicDescription,
  type TopicListing,
} from './topics.ts'
import {
  abortTransaction,
  describeTransactions,
  type HangingTransaction,
  listTransactions,
  type TransactionDescription,
  type TransactionFilter,
  type TransactionListing,
} from './transactions.ts'

export const ADMIN_CONFIG = defineConfig({ ...CONNECTION_CONFIG })

export interface AdminOptions extends OptionsOf<typeof ADMIN_CONFIG>, ClientOptions {
  readonly bootstrapServers: readonly string[] | string
}

interface ValidateOnly {
  /** Check and change nothing. */
  readonly validateOnly?: boolean | undefined
}
interface WithAuthorizedOperations {
  /** Ask what this client may do with it. */
  readonly includeAuthorizedOperations?: boolean | undefined
}

/**
 * Manages a cluster. Calls are repeated while the cluster is in transition, for `default.api.timeout.ms` in all unless they
 * are given a time; a signal ends them at once. They reject with `FailedResourcesError` when some of several resources
 * failed, and with the `KafkaError` when there is one outcome for all.
 */
export class Admin implements AsyncDisposable {
  private readonly settings: ParsedOptions<typeof ADMIN_CONFIG>
  private readonly cluster: Cluster

  /** Connects on the first call. Throws for wrong options, code INVALID_CONFIG. */
  constructor(options: AdminOptions) {
    const { values } = parseOptions(ADMIN_CONFIG, { ...options }, CLIENT_OPTIONS)
    this.settings = values
    this.cluster = new Cluster(values, false, clientSurroundings('admin', values, options))
  }

  /** By name. A topic that exists already is a failure with code TOPIC_ALREADY_EXISTS. */
  async createTopics(
    topics: readonly NewTopic[],
    options: CallOptions & ValidateOnly = {},
  ): Promise<Map<string, CreatedTopic>> {
    return createTopics(this.cluster, topics, options.validateOnly === true, this.limit(options))
  }
  async deleteTopics(topics: TopicCollection, options: CallOptions = {}): Promise<void> {
    await deleteTopics(this.cluster, topics, this.limit(options))
  }
  /** Without Kafka's own topics (`__consumer_offsets`, …) unless `includeInternal`. */
  async listTopics(options: CallOptions & { readonly includeInternal?: boolean } = {}): Promise<TopicListing[]> {
    const topics = await listTopics(this.cluster, this.limit(options))
    return options.includeInternal === true ? topics : topics.filter(({ isInternal }) => !isInternal)
  }
  /** By name or id, as asked. By id from brokers from 3.1 on. */
  async describeTopics(
    topics: TopicCollection,
    options: CallOptions & WithAuthorizedOperations = {},
  ): Promise<Map<string, TopicDescription>> {
    return describeTopics(this.cluster, topics, options.includeAuthorizedOperations === true, this.limit(options))
  }
  /** A topic only ever gets more partitions; records with keys then go to other ones. */
  async createPartitions(topics: readonly MorePartitions[], options: CallOptions & ValidateOnly = {}): Promise<void> {
    await createPartitions(this.cluster, topics, options.validateOnly === true, this.limit(options))
  }

  /** In the order of the queries. */
  async describeConfigs(
    queries: readonly ConfigQuery[],
    options: CallOptions & DescribeConfigsOptions = {},
  ): Promise<ConfigDescription[]> {
    return describeConfigs(this.cluster, queries, options, this.limit(options))
  }
  /** Changes single settings and leaves the others. */
  async incrementalAlterConfigs(
    alterations: readonly ConfigAlteration[],
    options: CallOptions & ValidateOnly = {},
  ): Promise<void> {
    await alterConfigs(this.cluster, alterations, options.validateOnly === true, this.limit(options))
  }

  /** Sets all settings of resources at once: what is not named goes back to its default. */
  async alterConfigs(
    replacements: readonly ConfigReplacement[],
    options: CallOptions & ValidateOnly = {},
  ): Promise<void> {
    await replaceConfigs(this.cluster, replacements, options.validateOnly === true, this.limit(options))
  }
  /** What has settings (brokers from 4.1 on; before, client metrics only). */
  async listConfigResources(
    options: CallOptions & { readonly types?: readonly ConfigResource['type'][] | undefined } = {},
  ): Promise<ConfigResource[]> {
    return listConfigResources(this.cluster, options.types ?? [], this.limit(options))
  }

  /** Offsets by place or time. */
  async listOffsets(
    partitions: readonly (TopicPartition & { readonly at: OffsetSpec })[],
    options: CallOptions & { readonly isolationLevel?: IsolationLevel } = {},
  ): Promise<TopicPartitionMap<FoundOffset>> {
    const specs = TopicPartitionMap.from<OffsetSpec>(partitions.map(partition => [partition, partition.at]))
    const isolation = options.isolationLevel ?? 'read_uncommitted'
    return lookUpOffsets(this.cluster, specs, isolation, this.limit(options))
  }
  async deleteRecords(
    deletions: readonly RecordsToDelete[],
    options: CallOptions = {},
  ): Promise<TopicPartitionMap<number>> {
    return deleteRecords(this.cluster, deletions, this.limit(options))
  }

  async listGroups(options: CallOptions & GroupFilter = {}): Promise<GroupListing[]> {
    return listGroups(this.cluster, options, this.limit(options))
  }
  /** Groups of consumers, whichever protocol they use. A group that does not exist is `Dead`. */
  async describeConsumerGroups(
    groupIds: readonly string[],
    options: CallOptions & WithAuthorizedOperations = {},
  ): Promise<Map<string, GroupDescription>> {
    const { includeAuthorizedOperations = false } = options
    return describeConsumerGroups(this.cluster, groupIds, includeAuthorizedOperations, this.limit(options))
  }
  /** Groups of the classic protocol, also those that are not of consumers (Kafka Connect). */
  async describeClassicGroups(
    groupIds: readonly string[],
    options: CallOptions & WithAuthorizedOperations = {},
  ): Promise<Map<string, GroupDescription>> {
    const { includeAuthorizedOperations = false } = options
    return describeClassicGroups(this.cluster, groupIds, includeAuthorizedOperations, this.limit(options))
  }
  /** Committed offsets, of all partitions if none are named. */
  async listConsumerGroupOffsets(
    groupId: string,
    options: CallOptions & {
      readonly partitions?: readonly TopicPartition[] | undefined
      /** Wait until transactions that commit offsets for the group are over. */
      readonly requireStable?: boolean | undefined
    } = {},
  ): Promise<TopicPartitionMap<CommittedOffset>> {
    const { partitions = null, requireStable = false } = options
    return fetchOffsets(this.cluster, groupId, partitions, requireStable, this.limit(options))
  }
  /** Only while the group has no members. */
  async alterConsumerGroupOffsets(
    groupId: string,
    offsets: readonly OffsetToCommit[],
    options: CallOptions = {},
  ): Promise<void> {
    const identity = { groupId, generationId: -1, memberId: '', groupInstanceId: null }
    await commitOffsets(this.cluster, identity, offsets, this.limit(options))
  }
  /** Not of topics that members of the group subscribe to. */
  async deleteConsumerGroupOffsets(
    groupId: string,
    partitions: readonly TopicPartition[],
    options: CallOptions = {},
  ): Promise<void> {
    await deleteGroupOffsets(this.cluster, groupId, partitions, this.limit(options))
  }
  /** Static members, who do not leave by themselves, or all members. */
  async removeMembersFromConsumerGroup(
    groupId: string,
    groupInstanceIds: readonly string[] | 'all',
    options: CallOptions = {},
  ): Promise<void> {
    await removeMembers(this.cluster, groupId, groupInstanceIds, this.limit(options))
  }
  /** Only groups without members. */
  async deleteConsumerGroups(groupIds: readonly string[], options: CallOptions = {}): Promise<void> {
    await deleteGroups(this.cluster, groupIds, this.limit(options))
  }

  /** The idempotent and transactional producers that partitions know. */
  async describeProducers(
    partitions: readonly TopicPartition[],
    options: CallOptions = {},
  ): Promise<TopicPartitionMap<readonly ProducerState[]>> {
    return describeProducers(this.cluster, partitions, this.limit(options))
  }
  /** Shuts out producers under these transactional ids and aborts what they have open. */
  async fenceProducers(
    transactionalIds: readonly string[],
    options: CallOptions = {},
  ): Promise<Map<string, FencedProducer>> {
    return fenceProducers(this.cluster, transactionalIds, this.limit(options))
  }
  async listTransactions(options: CallOptions & TransactionFilter = {}): Promise<TransactionListing[]> {
    return listTransactions(this.cluster, options, this.limit(options))
  }
  async describeTransactions(
    transactionalIds: readonly string[],
    options: CallOptions = {},
  ): Promise<Map<string, TransactionDescription>> {
    return describeTransactions(this.cluster, transactionalIds, this.limit(options))
  }
  /** Ends a transaction in one partition. Only for one that its coordinator has forgotten; {@link forceTerminateTransaction} is for others. */
  async abortTransaction(hanging: HangingTransaction, options: CallOptions = {}): Promise<void> {
    await abortTransaction(this.cluster, hanging, this.limit(options))
  }
  /** Aborts the open transaction of a transactional id; its producer is shut out. */
  async forceTerminateTransaction(transactionalId: string, options: CallOptions = {}): Promise<void> {
    await fenceProducers(this.cluster, [transactionalId], this.limit(options))
  }

  /** By broker, then by path. */
  async describeLogDirs(
    brokerIds: readonly number[],
    options: CallOptions & { readonly partitions?: readonly TopicPartition[] | undefined } = {},
  ): Promise<Map<number, Map<string, LogDirDescription>>> {
    return describeLogDirs(this.cluster, brokerIds, options.partitions ?? null, this.limit(options))
  }
  /** In the order of the replicas. */
  async describeReplicaLogDirs(
    replicas: readonly TopicPartitionReplica[],
    options: CallOptions = {},
  ): Promise<ReplicaLogDirDescription[]> {
    return describeReplicaLogDirs(this.cluster, replicas, this.limit(options))
  }
  /** Begins to move replicas between the data directories of their brokers. */
  async alterReplicaLogDirs(placements: readonly ReplicaPlacement[], options: CallOptions = {}): Promise<void> {
    await alterReplicaLogDirs(this.cluster, placements, this.limit(options))
  }

  /** Begins to move replicas between brokers. */
  async alterPartitionReassignments(
    reassignments: readonly PartitionReassignmentRequest[],
    options: CallOptions & {
      /** True by default; false is known to brokers from 4.1 on. */
      readonly allowReplicationFactorChange?: boolean | undefined
    } = {},
  ): Promise<void> {
    const { allowReplicationFactorChange = true } = options
    await alterPartitionReassignments(this.cluster, reassignments, allowReplicationFactorChange, this.limit(options))
  }
  /** Those under way. */
  async listPartitionReassignments(
    options: CallOptions & { readonly partitions?: readonly TopicPartition[] | undefined } = {},
  ): Promise<TopicPartitionMap<PartitionReassignment>> {
    return listPartitionReassignments(this.cluster, options.partitions ?? null, this.limit(options))
  }
  /** Null where a leader was elected, else why not; ELECTION_NOT_NEEDED is no failure. Without partitions: of all that need it. */
  async electLeaders(
    type: ElectionType,
    options: CallOptions & { readonly partitions?: readonly TopicPartition[] | undefined } = {},
  ): Promise<TopicPartitionMap<KafkaError | null>> {
    return electLeaders(this.cluster, type, options.partitions ?? null, this.limit(options))
  }

  async describeClientQuotas(options: CallOptions & ClientQuotaFilter = {}): Promise<ClientQuotas[]> {
    return describeClientQuotas(this.cluster, options, this.limit(options))
  }
  async alterClientQuotas(
    alterations: readonly ClientQuotaAlteration[],
    options: CallOptions & ValidateOnly = {},
  ): Promise<void> {
    await alterClientQuotas(this.cluster, alterations, options.validateOnly === true, this.limit(options))
  }

  async describeAcls(filter: AclBindingFilter, options: CallOptions = {}): Promise<AclBinding[]> {
    return describeAcls(this.cluster, filter, this.limit(options))
  }
  async createAcls(bindings: readonly AclBinding[], options: CallOptions = {}): Promise<void> {
    await createAcls(this.cluster, bindings, this.limit(options))
  }
  /** Resolves to what was deleted, by filter in their order. */
  async deleteAcls(filters: readonly AclBindingFilter[], options: CallOptions = {}): Promise<AclBinding[][]> {
    return deleteAcls(this.cluster, filters, this.limit(options))
  }

  /** Of all users who have credentials, if none are named. */
  async describeUserScramCredentials(
    options: CallOptions & { readonly users?: readonly string[] | undefined } = {},
  ): Promise<Map<string, ScramCredentialInfo[]>> {
    return describeUserScramCredentials(this.cluster, options.users ?? null, this.limit(options))
  }
  async alterUserScramCredentials(
    alterations: readonly ScramCredentialAlteration[],
    options: CallOptions = {},
  ): Promise<void> {
    await alterUserScramCredentials(this.cluster, alterations, this.limit(options))
  }

  async describeFeatures(options: CallOptions = {}): Promise<FeatureMetadata> {
    return describeFeatures(this.cluster, this.limit(options))
  }
  /** All together, or none. */
  async updateFeatures(updates: readonly FeatureUpdate[], options: CallOptions & ValidateOnly = {}): Promise<void> {
    await updateFeatures(this.cluster, updates, options.validateOnly === true, this.limit(options))
  }

  async describeCluster(options: CallOptions & WithAuthorizedOperations = {}): Promise<ClusterDescription> {
    return describeCluster(this.cluster, options.includeAuthorizedOperations === true, this.limit(options))
  }
  /** Who keeps the metadata log. */
  async describeMetadataQuorum(options: CallOptions = {}): Promise<QuorumInfo> {
    return describeMetadataQuorum(this.cluster, this.limit(options))
  }
  /** Makes the cluster forget a broker that is gone for good. */
  async unregisterBroker(brokerId: number, options: CallOptions = {}): Promise<void> {
    await unregisterBroker(this.cluster, brokerId, this.limit(options))
  }

  /** Calls in flight fail. Idempotent. */
  async close(): Promise<void> {
    this.cluster.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  private limit(options: CallOptions): TimeLimit {
    return { timeoutMs: options.timeoutMs ?? this.settings.defaultApiTimeoutMs, signal: options.signal }
  }
}
