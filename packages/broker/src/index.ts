export { Broker, type BrokerOptions } from './broker.ts'
export { BROKER_CONFIG, type BrokerConfig, type BrokerConfigInput } from './config/broker-config.ts'
export type { Endpoint } from './config/listener.ts'
export { LOG_CONFIG, type LogConfig } from './config/log-config.ts'
export { resolveTopicConfig, type TopicConfig } from './config/topic-config.ts'
export { type DumpOptions, dumpFile, filesToDump } from './dump-log/dump-log.ts'
export type { Dumped } from './dump-log/dumped.ts'
export { dumpedText } from './dump-log/dumped-text.ts'
export type { RecordDecoder } from './dump-log/record-content.ts'
export { type CompactionReport, LogCleaner } from './log/compaction/log-cleaner.ts'
export {
  LogManager,
  type LogPlatform,
  type PartitionToOpen,
  type RecoveryProgress,
} from './log/directory/log-manager.ts'
export type {
  AppendResult,
  FetchedBytes,
  IsolationLevel,
  LogIdentity,
  PartitionLog,
  ReadOptions,
} from './log/partition-log.ts'
export { type StorageFailure, storageFailureText } from './log/storage-failure.ts'
