export type { PartitionMetadata } from './cluster/metadata.ts'
export { nameOfPartition, type TopicPartition, TopicPartitionMap } from './cluster/topic-partition.ts'
export type { PlatformOption } from './config/default-platform.ts'
export { type CallOptions, Consumer, type ConsumerOptions } from './consumer/consumer.ts'
export { CONSUMER_CONFIG } from './consumer/consumer-config.ts'
export * from './consumer/consumer-errors.ts'
export { ConsumerRecord, type FetchedBatch } from './consumer/consumer-record.ts'
export type { Assignor, GroupMember } from './consumer/group/assignor.ts'
export type { CommittedOffset, GroupIdentity, OffsetToCommit } from './consumer/group/group-offsets.ts'
export { rangeAssignor } from './consumer/group/range-assignor.ts'
export { roundRobinAssignor } from './consumer/group/round-robin-assignor.ts'
export type { RebalanceListener } from './consumer/rebalance-listener.ts'
export * from './errors/client-errors.ts'
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
export { type Serde, SerializationError } from './serdes/serde.ts'
export { Serdes } from './serdes/serdes.ts'
