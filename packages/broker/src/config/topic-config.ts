/**
 * Settings of a topic, with Apache Kafka's names, types and defaults (4.3, `TopicConfig` and `LogConfig`).
 *
 * Each setting takes its value from the topic itself, else from the first of its broker settings that is set
 * (`brokerSynonyms`, in Kafka's order), else from the default of the broker setting.
 *
 * One default differs: `flush.messages` is 1, so that an acknowledged record is on the disk. Kafka leaves that to
 * replicas, which one node does not have. Any greater value is Kafka's behaviour: acknowledged from the page cache, synced
 * at the latest after that many records or `flush.ms`.
 */
import {
  boolean,
  type ConfigSetting,
  type ConfigType,
  type ConfigValues,
  defineConfig,
  double,
  InvalidConfigError,
  int,
  LONG_MAX,
  list,
  long,
  oneOf,
  parseSetting,
} from '@millrace/protocol'
import type { LogConfig } from './log-config.ts'

/** A broker setting that stands in for a topic setting, and what its value is multiplied with on the way. */
export interface BrokerSynonym {
  readonly name: keyof LogConfig
  readonly factor: number
}

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** `*`, or `partition:broker` pairs. */
function throttledReplicas(): ConfigType<readonly string[]> {
  const replicas = list()
  return {
    ...replicas,
    parse: raw => {
      const elements = replicas.parse(raw)
      const isAll = elements.length === 1 && elements[0] === '*'
      if (isAll || elements.every(element => /^\d+:\d+$/.test(element))) return elements
      throw new Error('must be * or a list of partition:broker')
    },
  }
}

const as = (name: keyof LogConfig, factor = 1): BrokerSynonym => ({ name, factor })
const NO_SYNONYMS: readonly BrokerSynonym[] = []

export const TOPIC_CONFIG = defineConfig({
  'cleanup.policy': {
    type: list('delete', 'compact'),
    default: ['delete'],
    doc: 'What happens to old segments: delete drops them by age and size, compact keeps the last record of each key.',
    brokerSynonyms: [as('log.cleanup.policy')],
  },
  'compression.gzip.level': {
    type: int({ min: -1, max: 9 }),
    default: -1,
    doc: 'Level when compression.type is gzip; -1 is the default of the codec.',
    brokerSynonyms: [as('compression.gzip.level')],
  },
  'compression.lz4.level': {
    type: int({ min: 1, max: 17 }),
    default: 9,
    doc: 'Level when compression.type is lz4.',
    brokerSynonyms: [as('compression.lz4.level')],
  },
  'compression.type': {
    type: oneOf('producer', 'uncompressed', 'gzip', 'snappy', 'lz4', 'zstd'),
    default: 'producer',
    doc: 'How batches are compressed in the log; producer keeps what the producer chose.',
    brokerSynonyms: [as('compression.type')],
  },
  'compression.zstd.level': {
    type: int({ min: -131_072, max: 22 }),
    default: 3,
    doc: 'Level when compression.type is zstd.',
    brokerSynonyms: [as('compression.zstd.level')],
  },
  'delete.retention.ms': {
    type: long({ min: 0 }),
    default: DAY_MS,
    doc: 'How long compaction keeps a tombstone: the time a reader from the start has to see it.',
    brokerSynonyms: [as('log.cleaner.delete.retention.ms')],
  },
  'file.delete.delay.ms': {
    type: long({ min: 0 }),
    default: MINUTE_MS,
    doc: 'How long a deleted segment or partition stays on the disk.',
    brokerSynonyms: [as('log.segment.delete.delay.ms')],
  },
  'flush.messages': {
    type: long({ min: 1 }),
    default: 1,
    doc: 'Records after which the log is synced to the disk. 1: acknowledged records are durable.',
    brokerSynonyms: [as('log.flush.interval.messages')],
  },
  'flush.ms': {
    type: long({ min: 0 }),
    default: LONG_MAX,
    doc: 'Time after which the log is synced to the disk; matters only when flush.messages is above 1.',
    brokerSynonyms: [as('log.flush.interval.ms'), as('log.flush.scheduler.interval.ms')],
  },
  'follower.replication.throttled.replicas': {
    type: throttledReplicas(),
    default: [],
    doc: 'Replicas throttled on the follower side. One node has none.',
    brokerSynonyms: NO_SYNONYMS,
  },
  'index.interval.bytes': {
    type: int({ min: 0 }),
    default: 4096,
    doc: 'Bytes of log between two entries of the offset index.',
    brokerSynonyms: [as('log.index.interval.bytes')],
  },
  'leader.replication.throttled.replicas': {
    type: throttledReplicas(),
    default: [],
    doc: 'Replicas throttled on the leader side. One node has none.',
    brokerSynonyms: NO_SYNONYMS,
  },
  'local.retention.bytes': {
    type: long({ min: -2 }),
    default: -2,
    doc: 'Local part of a tiered log; -2 follows retention.bytes. There is no tiered storage here.',
    brokerSynonyms: [as('log.local.retention.bytes')],
  },
  'local.retention.ms': {
    type: long({ min: -2 }),
    default: -2,
    doc: 'Local part of a tiered log; -2 follows retention.ms. There is no tiered storage here.',
    brokerSynonyms: [as('log.local.retention.ms')],
  },
  'max.compaction.lag.ms': {
    type: long({ min: 1 }),
    default: LONG_MAX,
    doc: 'How long a record may stay out of reach of compaction.',
    brokerSynonyms: [as('log.cleaner.max.compaction.lag.ms')],
  },
  'max.message.bytes': {
    type: int({ min: 0 }),
    default: 1_048_588,
    doc: 'The largest record batch, after compression.',
    brokerSynonyms: [as('message.max.bytes')],
  },
  'message.timestamp.after.max.ms': {
    type: long({ min: 0 }),
    default: HOUR_MS,
    doc: 'How far a CreateTime may lie ahead of the clock of the broker.',
    brokerSynonyms: [as('log.message.timestamp.after.max.ms')],
  },
  'message.timestamp.before.max.ms': {
    type: long({ min: 0 }),
    default: LONG_MAX,
    doc: 'How far a CreateTime may lie behind the clock of the broker.',
    brokerSynonyms: [as('log.message.timestamp.before.max.ms')],
  },
  'message.timestamp.type': {
    type: oneOf('CreateTime', 'LogAppendTime'),
    default: 'CreateTime',
    doc: 'Whether records keep the timestamp of the producer or get that of the append.',
    brokerSynonyms: [as('log.message.timestamp.type')],
  },
  'min.cleanable.dirty.ratio': {
    type: double({ min: 0, max: 1 }),
    default: 0.5,
    doc: 'Share of the log that must be uncompacted before compaction starts.',
    brokerSynonyms: [as('log.cleaner.min.cleanable.ratio')],
  },
  'min.compaction.lag.ms': {
    type: long({ min: 0 }),
    default: 0,
    doc: 'How long a record stays out of reach of compaction.',
    brokerSynonyms: [as('log.cleaner.min.compaction.lag.ms')],
  },
  'min.insync.replicas': {
    type: int({ min: 1 }),
    default: 1,
    doc: 'Replicas that must have a record before acks=all is answered. More than 1 refuses such writes here.',
    brokerSynonyms: [as('min.insync.replicas')],
  },
  preallocate: {
    type: boolean(),
    default: false,
    doc: 'Whether segment files are created at full size. They never are here.',
    brokerSynonyms: [as('log.preallocate')],
  },
  'remote.log.copy.disable': {
    type: boolean(),
    default: false,
    doc: 'Whether tiering stops. There is no tiered storage here.',
    brokerSynonyms: NO_SYNONYMS,
  },
  'remote.log.delete.on.disable': {
    type: boolean(),
    default: false,
    doc: 'Whether tiered data go when tiering is switched off. There is no tiered storage here.',
    brokerSynonyms: NO_SYNONYMS,
  },
  'remote.storage.enable': {
    type: boolean(),
    default: false,
    doc: 'Whether segments are tiered. There is no tiered storage here.',
    brokerSynonyms: NO_SYNONYMS,
  },
  'retention.bytes': {
    type: long(),
    default: -1,
    doc: 'Size of a partition above which its oldest segments are deleted; -1: no limit.',
    brokerSynonyms: [as('log.retention.bytes')],
  },
  'retention.ms': {
    type: long({ min: -1 }),
    default: 7 * DAY_MS,
    doc: 'Age above which segments are deleted; -1: no limit.',
    brokerSynonyms: [
      as('log.retention.ms'),
      as('log.retention.minutes', MINUTE_MS),
      as('log.retention.hours', HOUR_MS),
    ],
  },
  'segment.bytes': {
    type: int({ min: 1_048_576 }),
    default: 1_073_741_824,
    doc: 'Size at which a segment is closed and the next one begun.',
    brokerSynonyms: [as('log.segment.bytes')],
  },
  'segment.index.bytes': {
    type: int({ min: 4 }),
    default: 10_485_760,
    doc: 'Size at which an index is full, which closes its segment.',
    brokerSynonyms: [as('log.index.size.max.bytes')],
  },
  'segment.jitter.ms': {
    type: long({ min: 0 }),
    default: 0,
    doc: 'Up to this much is taken off segment.ms at random, so that segments do not close all at once.',
    brokerSynonyms: [as('log.roll.jitter.ms'), as('log.roll.jitter.hours', HOUR_MS)],
  },
  'segment.ms': {
    type: long({ min: 1 }),
    default: 7 * DAY_MS,
    doc: 'Age at which a segment is closed and the next one begun, by the timestamps of its records.',
    brokerSynonyms: [as('log.roll.ms'), as('log.roll.hours', HOUR_MS)],
  },
  'unclean.leader.election.enable': {
    type: boolean(),
    default: false,
    doc: 'Whether a replica that lags may lead. One node has no other replica.',
    brokerSynonyms: [as('unclean.leader.election.enable')],
  },
})

/** Every setting of a topic with its effective value, under Kafka's names. */
export type TopicConfig = ConfigValues<typeof TOPIC_CONFIG>
export type TopicSetting = keyof TopicConfig

type TopicConfigRow = ConfigSetting<unknown> & { readonly brokerSynonyms: readonly BrokerSynonym[] }
const ROWS: ReadonlyMap<string, TopicConfigRow> = new Map(
  Object.entries(TOPIC_CONFIG as Record<string, TopicConfigRow>),
)

export function isTopicSetting(name: string): name is TopicSetting {
  return ROWS.has(name)
}

/** Where the value of a setting comes from: the topic, or the broker setting that gave it; null is the default. */
export interface TopicSettingValue {
  readonly value: unknown
  /** Kafka's text form. */
  readonly text: string
  readonly source: 'topic' | BrokerSynonym | null
}

/** One setting as a topic with these overrides has it. An override that does not parse throws {@link InvalidConfigError}. */
export function topicSettingValue(
  setting: TopicSetting,
  overrides: ReadonlyMap<string, string>,
  broker: LogConfig,
): TopicSettingValue {
  const { type, default: defaultValue, brokerSynonyms } = ROWS.get(setting)!
  const override = overrides.get(setting)
  if (override !== undefined) {
    const value = parseSetting(setting, type, override)
    return { value, text: type.print(value), source: 'topic' }
  }
  for (const synonym of brokerSynonyms) {
    const brokerValue = broker[synonym.name]
    if (brokerValue === null) continue
    const value = parseSetting(setting, type, inTopicUnit(brokerValue, synonym))
    return { value, text: type.print(value), source: synonym }
  }
  return { value: defaultValue, text: type.print(defaultValue), source: null }
}

/** −1 means "no limit" in every unit. */
function inTopicUnit(value: unknown, { factor }: BrokerSynonym): unknown {
  return typeof value === 'number' && value > 0 ? value * factor : value
}

/**
 * The effective settings of a topic. `overrides`: its own settings in Kafka's text form. Throws
 * {@link InvalidConfigError} for a name or value that Kafka would refuse.
 */
export function resolveTopicConfig(overrides: ReadonlyMap<string, string>, broker: LogConfig): TopicConfig {
  for (const [name, value] of overrides)
    if (!isTopicSetting(name)) throw new InvalidConfigError(name, value, 'there is no such topic setting')
  const values: Record<string, unknown> = Object.create(null)
  for (const setting of ROWS.keys())
    values[setting] = topicSettingValue(setting as TopicSetting, overrides, broker).value
  return Object.freeze(values) as TopicConfig
}

/** Throws {@link InvalidConfigError} for settings that a topic cannot have together, or not here. */
export function checkTopicConfig(config: TopicConfig): void {
  const { 'min.compaction.lag.ms': minLagMs, 'max.compaction.lag.ms': maxLagMs } = config
  if (minLagMs > maxLagMs)
    throw new InvalidConfigError('min.compaction.lag.ms', minLagMs, `max.compaction.lag.ms is only ${maxLagMs}`)
  if (config['remote.storage.enable'])
    throw new InvalidConfigError('remote.storage.enable', true, 'there is no tiered storage here')
}
