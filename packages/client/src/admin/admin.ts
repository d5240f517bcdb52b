import { APIS, defineConfig, ErrorCode, KafkaError } from '@millrace/protocol'
import { Cluster } from '../cluster/cluster.ts'
import type { IsolationLevel } from '../cluster/isolation-level.ts'
import type { Node, TopicMetadata } from '../cluster/metadata.ts'
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
import {
  alterConfigs,
  type ConfigAlteration,
  type ConfigDescription,
  type ConfigQuery,
  type DescribeConfigsOptions,
  describeConfigs,
} from './configs.ts'
import {
  deleteGroups,
  describeGroups,
  type GroupDescription,
  type GroupFilter,
  type GroupListing,
  listGroups,
  removeStaticMembers,
} from './groups.ts'
import { deleteRecords, type RecordsToDelete } from './records.ts'
import {
  type CreatedTopic,
  createPartitions,
  createTopics,
  deleteTopics,
  describeTopics,
  listTopics,
  type MorePartitions,
  type NewTopic,
  type TopicListing,
} from './topics.ts'

export const ADMIN_CONFIG = defineConfig({ ...CONNECTION_CONFIG })

export interface AdminOptions extends OptionsOf<typeof ADMIN_CONFIG>, ClientOptions {
  readonly bootstrapServers: readonly string[] | string
}

interface ValidateOnly {
  /** Check and change nothing. */
  readonly validateOnly?: boolean | undefined
}

export interface ClusterDescription {
  readonly clusterId: string
  /** −1 if unknown. With KRaft it is some broker that passes requests on. */
  readonly controllerId: number
  readonly nodes: readonly Node[]
}

/**
 * Manages topics, configs, groups and records. Calls are repeated while the cluster is in transition, for
 * `default.api.timeout.ms` in all; they reject with `FailedResourcesError` when some of several resources failed.
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
  async deleteTopics(names: readonly string[], options: CallOptions = {}): Promise<void> {
    await deleteTopics(this.cluster, names, this.limit(options))
  }
  /** Without Kafka's own topics (`__consumer_offsets`, …) unless `includeInternal`. */
  async listTopics(options: CallOptions & { readonly includeInternal?: boolean } = {}): Promise<TopicListing[]> {
    const topics = await listTopics(this.cluster, this.limit(options))
    return options.includeInternal === true ? topics : topics.filter(({ isInternal }) => !isInternal)
  }
  async describeTopics(names: readonly string[], options: CallOptions = {}): Promise<Map<string, TopicMetadata>> {
    return describeTopics(this.cluster, names, this.limit(options))
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
  async describeGroups(groupIds: readonly string[], options: CallOptions = {}): Promise<Map<string, GroupDescription>> {
    return describeGroups(this.cluster, groupIds, this.limit(options))
  }
  /** Committed offsets, of all partitions if none are named. */
  async listGroupOffsets(
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
  async alterGroupOffsets(
    groupId: string,
    offsets: readonly OffsetToCommit[],
    options: CallOptions = {},
  ): Promise<void> {
    const identity = { groupId, generationId: -1, memberId: '', groupInstanceId: null }
    await commitOffsets(this.cluster, identity, offsets, this.limit(options))
  }
  /** `removeMembersFromConsumerGroup`: static members, who do not leave by themselves. */
  async removeMembersFromConsumerGroup(
    groupId: string,
    groupInstanceIds: readonly string[],
    options: CallOptions = {},
  ): Promise<void> {
    await removeStaticMembers(this.cluster, groupId, groupInstanceIds, this.limit(options))
  }
  async deleteGroups(groupIds: readonly string[], options: CallOptions = {}): Promise<void> {
    await deleteGroups(this.cluster, groupIds, this.limit(options))
  }

  async describeCluster(options: CallOptions = {}): Promise<ClusterDescription> {
    const { cluster } = this
    return cluster.retrying('describing the cluster', this.limit(options), async remaining => {
      const answer = await cluster.requestAny(
        APIS.DescribeCluster,
        () => ({ includeClusterAuthorizedOperations: false }),
        remaining,
      )
      const { errorCode, errorMessage, clusterId, controllerId, brokers } = answer
      if (errorCode !== ErrorCode.NONE) throw new KafkaError(errorCode, errorMessage ?? 'describing the cluster')
      const nodes = brokers.map(({ brokerId, host, port, rack }) => ({ nodeId: brokerId, host, port, rack }))
      return { clusterId, controllerId, nodes }
    })
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
