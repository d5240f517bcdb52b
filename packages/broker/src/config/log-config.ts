/**
 * The broker settings that concern the log, with Apache Kafka's names and defaults (4.3, `ServerLogConfigs`,
 * `CleanerConfig`). Most of them are what topics inherit: see `topic-config.ts`, also for the one default that differs,
 * `log.flush.interval.messages`.
 */
import {
  boolean,
  type ConfigValues,
  defineConfig,
  double,
  int,
  LONG_MAX,
  list,
  long,
  oneOf,
  text,
} from '@millrace/protocol'
import { optional } from './optional-setting.ts'

export const LOG_CONFIG = defineConfig({
  'node.id': { type: int({ min: 0 }), default: 1, doc: 'The id of this node, written into meta.properties.' },
  'log.dirs': { type: optional(list()), default: null, doc: 'Data directories. Default: that of log.dir.' },
  'log.dir': { type: text(), default: '/tmp/kafka-logs', doc: 'The data directory when log.dirs is not set.' },
  'num.recovery.threads.per.data.dir': {
    type: int({ min: 1 }),
    default: 2,
    doc: 'Partitions of a directory that are recovered side by side after an unclean stop.',
  },
  'log.flush.offset.checkpoint.interval.ms': {
    type: int({ min: 0 }),
    default: 60_000,
    doc: 'How often the offsets below which recovery need not look are written.',
  },
  'log.flush.start.offset.checkpoint.interval.ms': {
    type: int({ min: 0 }),
    default: 60_000,
    doc: 'How often the start offsets of logs are written.',
  },
  'producer.id.expiration.check.interval.ms': {
    type: int({ min: 1 }),
    default: 600_000,
    doc: 'How often producers that write nothing are looked for.',
  },
  'producer.id.expiration.ms': {
    type: int({ min: 1 }),
    default: 86_400_000,
    doc: 'How long a partition remembers a producer that writes nothing.',
  },
  'compression.gzip.level': { type: int({ min: -1, max: 9 }), default: -1, doc: 'As the topic setting.' },
  'compression.lz4.level': { type: int({ min: 1, max: 17 }), default: 9, doc: 'As the topic setting.' },
  'compression.type': {
    type: oneOf('producer', 'uncompressed', 'gzip', 'snappy', 'lz4', 'zstd'),
    default: 'producer',
    doc: 'As the topic setting.',
  },
  'compression.zstd.level': { type: int({ min: -131_072, max: 22 }), default: 3, doc: 'As the topic setting.' },
  'log.cleaner.backoff.ms': {
    type: long({ min: 0 }),
    default: 15_000,
    doc: 'How often compaction looks for logs that need it.',
  },
  'log.cleaner.dedupe.buffer.size': {
    type: long({ min: 1_048_576 }),
    default: 134_217_728,
    doc: 'Memory for the keys of the logs being compacted, taken as needed.',
  },
  'log.cleaner.delete.retention.ms': {
    type: long({ min: 0 }),
    default: 86_400_000,
    doc: 'delete.retention.ms of topics.',
  },
  'log.cleaner.enable': {
    type: boolean(),
    default: true,
    doc: 'Whether logs with cleanup.policy=compact are compacted.',
  },
  'log.cleaner.io.buffer.load.factor': {
    type: double({ min: 0, max: 1 }),
    default: 0.9,
    doc: 'How full the memory for keys may become.',
  },
  'log.cleaner.io.buffer.size': {
    type: int({ min: 0 }),
    default: 524_288,
    doc: 'Memory of compaction for reading and writing.',
  },
  'log.cleaner.io.max.bytes.per.second': {
    type: double({ min: 1 }),
    default: Number.MAX_VALUE,
    doc: 'What compaction may read and write, for each log being compacted.',
  },
  'log.cleaner.max.compaction.lag.ms': {
    type: long({ min: 1 }),
    default: LONG_MAX,
    doc: 'max.compaction.lag.ms of topics.',
  },
  'log.cleaner.min.cleanable.ratio': {
    type: double({ min: 0, max: 1 }),
    default: 0.5,
    doc: 'min.cleanable.dirty.ratio of topics.',
  },
  'log.cleaner.min.compaction.lag.ms': { type: long({ min: 0 }), default: 0, doc: 'min.compaction.lag.ms of topics.' },
  'log.cleaner.threads': { type: int({ min: 0 }), default: 1, doc: 'Logs that are compacted side by side.' },
  'log.cleanup.policy': { type: list('delete', 'compact'), default: ['delete'], doc: 'cleanup.policy of topics.' },
  'log.flush.interval.messages': {
    type: long({ min: 1 }),
    default: 1,
    doc: 'flush.messages of topics. 1: acknowledged records are durable; more: as in Kafka.',
  },
  'log.flush.interval.ms': { type: optional(long({ min: 0 })), default: null, doc: 'flush.ms of topics.' },
  'log.flush.scheduler.interval.ms': {
    type: long({ min: 0 }),
    default: LONG_MAX,
    doc: 'flush.ms of topics when log.flush.interval.ms is not set.',
  },
  'log.index.interval.bytes': { type: int({ min: 0 }), default: 4096, doc: 'index.interval.bytes of topics.' },
  'log.index.size.max.bytes': { type: int({ min: 4 }), default: 10_485_760, doc: 'segment.index.bytes of topics.' },
  'log.local.retention.bytes': { type: long({ min: -2 }), default: -2, doc: 'local.retention.bytes of topics.' },
  'log.local.retention.ms': { type: long({ min: -2 }), default: -2, doc: 'local.retention.ms of topics.' },
  'log.message.timestamp.after.max.ms': {
    type: long({ min: 0 }),
    default: 3_600_000,
    doc: 'message.timestamp.after.max.ms of topics.',
  },
  'log.message.timestamp.before.max.ms': {
    type: long({ min: 0 }),
    default: LONG_MAX,
    doc: 'message.timestamp.before.max.ms of topics.',
  },
  'log.message.timestamp.type': {
    type: oneOf('CreateTime', 'LogAppendTime'),
    default: 'CreateTime',
    doc: 'message.timestamp.type of topics.',
  },
  'log.preallocate': { type: boolean(), default: false, doc: 'preallocate of topics.' },
  'log.retention.bytes': { type: long(), default: -1, doc: 'retention.bytes of topics.' },
  'log.retention.hours': { type: int(), default: 168, doc: 'retention.ms of topics, in hours.' },
  'log.retention.minutes': { type: optional(int()), default: null, doc: 'retention.ms of topics, in minutes.' },
  'log.retention.check.interval.ms': {
    type: long({ min: 1 }),
    default: 300_000,
    doc: 'How often segments that are over are looked for.',
  },
  'log.retention.ms': { type: optional(long()), default: null, doc: 'retention.ms of topics.' },
  'log.roll.hours': { type: int({ min: 1 }), default: 168, doc: 'segment.ms of topics, in hours.' },
  'log.roll.jitter.hours': { type: int({ min: 0 }), default: 0, doc: 'segment.jitter.ms of topics, in hours.' },
  'log.roll.jitter.ms': { type: optional(long({ min: 0 })), default: null, doc: 'segment.jitter.ms of topics.' },
  'log.roll.ms': { type: optional(long({ min: 1 })), default: null, doc: 'segment.ms of topics.' },
  'log.segment.bytes': { type: int({ min: 1_048_576 }), default: 1_073_741_824, doc: 'segment.bytes of topics.' },
  'log.segment.delete.delay.ms': { type: long({ min: 0 }), default: 60_000, doc: 'file.delete.delay.ms of topics.' },
  'message.max.bytes': { type: int({ min: 0 }), default: 1_048_588, doc: 'max.message.bytes of topics.' },
  'min.insync.replicas': { type: int({ min: 1 }), default: 1, doc: 'As the topic setting.' },
  'unclean.leader.election.enable': { type: boolean(), default: false, doc: 'As the topic setting.' },
})

export type LogConfig = ConfigValues<typeof LOG_CONFIG>

/** The data directories, the first of which holds the metadata log. */
export function dataDirectories(config: LogConfig): readonly string[] {
  const { 'log.dirs': directories, 'log.dir': single } = config
  return directories === null || directories.length === 0 ? [single] : directories
}
