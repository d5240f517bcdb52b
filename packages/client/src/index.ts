export { ADMIN_CONFIG, Admin, type AdminOptions, type ClusterDescription } from './admin/admin.ts'
export * from './admin/admin-errors.ts'
export type {
  ConfigAlteration,
  ConfigChange,
  ConfigDescription,
  ConfigEntry,
  ConfigQuery,
  ConfigResource,
  ConfigSource,
} from './admin/configs.ts'
export type { GroupDescription, GroupFilter, GroupListing, MemberDescription } from './admin/groups.ts'
export type { RecordsToDelete } from './admin/records.ts'
export type { CreatedTopic, MorePartitions, NewTopic, TopicListing } from './admin/topics.ts'
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
export { ConsumerRecord, type FetchedBatch } from './consumer/consumer-record.ts'
export type { Assignor, GroupMember, RebalanceProtocol } from './consumer/group/assignors/assignor.ts'
export { cooperativeStickyAssignor } from './consumer/group/assignors/cooperative-sticky-assignor.ts'
export { rangeAssignor } from './consumer/group/assignors/range-assignor.ts'
export { roundRobinAssignor } from './consumer/group/assignors/round-robin-assignor.ts'
export type { CommittedOffset, GroupIdentity, OffsetToCommit } from './consumer/group/group-offsets.ts'
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
