export { Branched } from './dsl/branched.ts'
export type { StreamsBuilderOptions } from './dsl/builder-defaults.ts'
export { Consumed } from './dsl/consumed.ts'
export { Grouped } from './dsl/grouped.ts'
export { Joined } from './dsl/joined.ts'
export { Materialized, type StoreType } from './dsl/materialized.ts'
export { Named } from './dsl/named.ts'
export { Produced } from './dsl/produced.ts'
export { Repartitioned } from './dsl/repartitioned.ts'
export { StreamJoined } from './dsl/stream-joined.ts'
export type {
  BranchedKStream,
  BranchOptions,
  KGroupedStream,
  KGroupedTable,
  KStream,
  KTable,
  Predicate,
  ProcessOptions,
  TimeWindowedKStream,
} from './dsl/streams-and-tables.ts'
export { StreamsBuilder } from './dsl/streams-builder.ts'
export { StreamsError, TopologyError } from './errors.ts'
export type {
  Cancellable,
  DropReason,
  ProcessorContext,
  PunctuationType,
  Punctuator,
  RecordMetadata,
} from './processor/context.ts'
export type {
  FixedKeyProcessorContext,
  FixedKeyProcessorSupplier,
  Processor,
  ProcessorSupplier,
} from './processor/processor.ts'
export { NO_HEADERS, Record, type RecordHeaders } from './processor/record.ts'
export type { Aggregator, Initializer } from './processors/aggregate.ts'
export type { KeyValue } from './processors/map.ts'
export type { ValueMapper } from './processors/map-values.ts'
export type { Reducer } from './processors/reduce.ts'
export type { ValueJoiner } from './processors/value-joiner.ts'
export { InternalTopicMismatchError } from './runtime/internal-topic-manager.ts'
export {
  ClosedBeforeRunningError,
  KafkaStreams,
  type KafkaStreamsOptions,
  type StreamsMetrics,
} from './runtime/kafka-streams.ts'
export type { KafkaStreamsState } from './runtime/kafka-streams-state.ts'
export type { Logger } from './runtime/logger.ts'
export { CopartitionError, MissingSourceTopicError } from './runtime/partition-counts.ts'
export type { ProductionExceptionHandler, ProductionFailure } from './runtime/producer-collector.ts'
export {
  type QueryableKeyValueStore,
  type QueryableStoreType,
  QueryableStoreTypes,
  type QueryableWindowStore,
} from './runtime/queryable-store.ts'
export { InvalidStateStoreError, NewPartitionsError, ProductionError } from './runtime/runtime-errors.ts'
export { StateDirectoryLockedError } from './runtime/state-directory.ts'
export type { StateRestoreListener } from './runtime/state-restore-listener.ts'
export { STREAMS_CONFIG } from './runtime/streams-config.ts'
export { TimeWindowedSerde } from './serdes/time-windowed-serde.ts'
export { type LevelEngineOptions, LevelEngines } from './state/engine/level-engine.ts'
export { SimulatedEngineDisk } from './state/engine/simulated-engine.ts'
export type { StateBatch, StateEngine, StateEngines, StateSnapshot } from './state/engine/state-engine.ts'
export { StateEngineError } from './state/engine/state-engine-error.ts'
export type {
  KeyValueStore,
  ReadOnlyKeyValueStore,
  ReadOnlyWindowStore,
  StateStore,
  TimestampedKeyValueStore,
  TimestampedWindowStore,
  ValueAndTimestamp,
  WindowStore,
} from './state/state-store.ts'
export {
  type KeyValueStoreSupplier,
  type StoreBuilder,
  Stores,
  type WindowStoreSupplier,
} from './state/store-builder.ts'
export type {
  DeserializationExceptionHandler,
  DeserializationFailure,
  HandlerResponse,
  ProcessingExceptionHandler,
  ProcessingFailure,
} from './task/task.ts'
export { ProcessingFailedError } from './task/task-errors.ts'
export { TestInputTopic, type TestInputTopicOptions } from './test-driver/test-input-topic.ts'
export { TestOutputTopic } from './test-driver/test-output-topic.ts'
export type { TestRecord } from './test-driver/test-record.ts'
export { TopologyTestDriver, type TopologyTestDriverOptions } from './test-driver/topology-test-driver.ts'
export type { DescribedNode, DescribedSubTopology, TopologyDescription } from './topology/describe.ts'
export type {
  AutoOffsetReset,
  ExtractableRecord,
  StreamPartitioner,
  TimestampExtractor,
  TopicNameExtractor,
} from './topology/nodes.ts'
export {
  failOnInvalidTimestamp,
  skipOnInvalidTimestamp,
  usePartitionTimeOnInvalidTimestamp,
  wallClockTimestamp,
} from './topology/timestamp-extractors.ts'
export { type SinkOptions, type SourceOptions, Topology } from './topology/topology.ts'
export { days, hours, milliseconds, minutes, seconds } from './windows/durations.ts'
export { JoinWindows } from './windows/join-windows.ts'
export { TimeWindows } from './windows/time-windows.ts'
export { Windowed } from './windows/windowed.ts'
