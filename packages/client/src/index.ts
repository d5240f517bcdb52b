export type { AclOperation } from './admin/acl-operations.ts'
export type {
  AclBinding,
  AclBindingFilter,
  AclPatternType,
  AclPermissionType,
  AclResourceType,
} from './admin/acls.ts'
export { ADMIN_CONFIG, Admin, type AdminOptions } from './admin/admin.ts'
export * from './admin/admin-errors.ts'
export type { ClusterDescription, QuorumInfo, QuorumReplica } from './admin/cluster-description.ts'
export type {
  ConfigAlteration,
  ConfigChange,
  ConfigDescription,
  ConfigEntry,
  ConfigQuery,
  ConfigReplacement,
  ConfigResource,
  ConfigSource,
} from './admin/configs.ts'
export type { ElectionType } from './admin/elections.ts'
export type { FeatureMetadata, FeatureUpdate, VersionLevels } from './admin/features.ts'
export type { GroupDescription, GroupFilter, GroupListing, MemberDescription } from './admin/groups.ts'
export type {
  LogDirDescription,
  ReplicaInLogDir,
  ReplicaLogDirDescription,
  ReplicaPlacement,
  TopicPartitionReplica,
} from './admin/log-dirs.ts'
export type { FencedProducer, ProducerState } from './admin/producers.ts'
export type { ClientQuotaAlteration, ClientQuotaEntity, ClientQuotaFilter, ClientQuotas } from './admin/quotas.ts'
export type { PartitionReassignment, PartitionReassignmentRequest } from './admin/reassignments.ts'
export type { RecordsToDelete } from './admin/records.ts'
export type {
  ScramCredentialAlteration,
  ScramCredentialDeletion,
  ScramCredentialInfo,
  ScramCredentialUpsertion,
} from './admin/scram-credentials.ts'
export type {
  CreatedTopic,
  DescribedPartition,
  MorePartitions,
  NewTopic,
  TopicCollection,
  TopicDescription,
  TopicListing,
} from './admin/topics.ts'
export type {
  HangingTransaction,
  TransactionDescription,
  TransactionFilter,
  TransactionListing,
  TransactionState,
} from './admin/transactions.ts'
export type { Node, PartitionMetadata, TopicMetadata } from './cluster/metadata.ts'
export type { FoundOffset, OffsetSpec } from './cluster/offset-lookup.ts'
export { nameOfPartition, type TopicPartition, TopicPartitionMap } from './cluster/topic-partition.ts'
export type { CallOptions } from './config/call-options.ts'
export type { ClientOptions } from './config/client-options.ts'
export { type OptionsOf, type ParsedOptions, parseOptions } from './config/options.ts'
export type { PlatformOption } from './config/platform-option.ts'
export { Consumer, type ConsumerOptions } from './consumer/consumer.ts'
export { CONSUMER_CONFIG } from './consumer/consumer-config.ts'
export * from './consumer/consumer-errors.ts'
export type { ConsumerEvents } from './consumer/consumer-events.ts'
export { ConsumerRecord, type FetchedBatch } from './consumer/consumer-record.ts'
export type { Assignor, GroupMember, RebalanceProtocol } from './consumer/group/assignors/assignor.ts'
export { cooperativeStickyAssignor } from './consumer/group/assignors/cooperative-sticky-assignor.ts'
export { rangeAssignor } from './consumer/group/assignors/range-assignor.ts'
export { roundRobinAssignor } from './consumer/group/assignors/round-robin-assignor.ts'
export type { CommittedOffset, GroupIdentity, OffsetToCommit } from './consumer/group/group-offsets.ts'
export type { Stall } from './consumer/progress-watchdog.ts'
export type { RebalanceListener } from './consumer/rebalance-listener.ts'
export { SubscriptionPattern } from './consumer/subscription-pattern.ts'
export * from './errors/client-errors.ts'
export {
  type ClientEvent,
  type ClientEventName,
  type ClientEvents,
  type ClientKind,
  clientChannel,
} from './observability/client-events.ts'
export type { ClientMetric } from './observability/client-telemetry.ts'
export type { Logger } from './observability/logger.ts'
export { PROCESSING_CONFIG } from './processing/processing-config.ts'
export { ProcessingFailedError } from './processing/processing-errors.ts'
export {
  type ProcessingContext,
  type RecordHandler,
  RecordProcessor,
  type RecordProcessorOptions,
} from './processing/record-processor.ts'
export type { PartitionableRecord, Partitioner } from './producer/partitioner.ts'
export { Producer, type ProducerOptions } from './producer/producer.ts'
export { type Acks, PRODUCER_CONFIG } from './producer/producer-config.ts'
export * from './producer/producer-errors.ts'
export type {
  AppendedRange,
  ProducerRecord,
  ProducerRecordHeader,
  RecordBytes,
  RecordMetadata,
  SendListener,
} from './producer/producer-record.ts'
export * from './producer/session/transaction-errors.ts'
export type { SecurityOptions } from './security/connection-security.ts'
export type { OAuthBearerToken, OAuthBearerTokenProvider } from './security/oauth-bearer.ts'
export { AuthenticationError, type SaslExchange, type SaslMechanism } from './security/sasl-exchange.ts'
export { type Serde, SerializationError } from './serdes/serde.ts'
export { Serdes } from './serdes/serdes.ts'
export type { StandardSchema } from './serdes/standard-schema.ts'
