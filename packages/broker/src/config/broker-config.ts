/**
 * All settings of the broker, with Apache Kafka's names and defaults (4.3, `KafkaConfig`). Defaults differ where one
 * node calls for it: `listeners` (loopback only, because nobody has to authenticate), replication factors (1),
 * `queued.max.request.bytes` (bounded); `socket.request.max.bytes` has a ceiling.
 */
import {
  boolean,
  type ConfigValues,
  defineConfig,
  InvalidConfigError,
  int,
  long,
  parseConfig,
  text,
} from '@millrace/protocol'
import { CONSUMER_GROUP_CONFIG, checkConsumerGroupConfig } from './consumer-group-config.ts'
import { LOG_CONFIG } from './log-config.ts'
import { optional } from './optional-setting.ts'
import { TRANSACTION_CONFIG } from './transaction-config.ts'

const MAX_INT = 2 ** 31 - 1
/** Recovery takes a greater size for damage, not for a batch: what passes this must not get into a log. */
export const LARGEST_REQUEST_BYTES = 256 * 1024 * 1024

const SOCKET_CONFIG = defineConfig({
  listeners: {
    type: text(),
    default: 'PLAINTEXT://127.0.0.1:9092',
    doc: 'Where the broker listens: PLAINTEXT://host:port. Port 0 takes a free one; no host means all interfaces.',
  },
  'advertised.listeners': {
    type: optional(text()),
    default: null,
    doc: 'What clients are told to connect to. Default: listeners, with 127.0.0.1 in place of all interfaces.',
  },
  'socket.request.max.bytes': {
    type: int({ min: 1, max: LARGEST_REQUEST_BYTES }),
    default: 104_857_600,
    doc: 'The largest request. A connection that announces a larger one is closed.',
  },
  'queued.max.requests': {
    type: int({ min: 1 }),
    default: 500,
    doc: 'Requests of one connection that may be in process at once.',
  },
  'queued.max.request.bytes': {
    type: long({ min: -1 }),
    default: 268_435_456,
    doc: 'Memory for requests above 64 KiB, of all connections together; connections wait above it. -1: no limit.',
  },
  'connections.max.idle.ms': {
    type: long(),
    default: 600_000,
    doc: 'Connections on which nothing happens for this long are closed; negative: never.',
  },
  'max.connections': {
    type: int({ min: 0 }),
    default: MAX_INT,
    doc: 'Connections above this are closed as they come.',
  },
  'max.incremental.fetch.session.cache.slots': {
    type: int({ min: 0 }),
    default: 1_000,
    doc: 'Fetch sessions that are kept at once.',
  },
  'max.request.partition.size.limit': {
    type: int({ min: 1 }),
    default: 2_000,
    doc: 'Partitions that one answer about topics page by page describes.',
  },
  'fetch.max.bytes': { type: int({ min: 1024 }), default: 57_671_680, doc: 'The most one fetch returns.' },
})

const TOPIC_DEFAULTS_CONFIG = defineConfig({
  'auto.create.topics.enable': {
    type: boolean(),
    default: true,
    doc: 'Whether asking for the metadata of a missing topic creates it.',
  },
  'delete.topic.enable': { type: boolean(), default: true, doc: 'Whether topics can be deleted.' },
  'num.partitions': { type: int({ min: 1 }), default: 1, doc: 'Partitions of a topic that does not say how many.' },
  'default.replication.factor': { type: int({ min: 1 }), default: 1, doc: 'Replicas of a topic. One node has one.' },
  'broker.rack': { type: optional(text()), default: null, doc: 'The rack clients are told.' },
})

export const GROUP_CONFIG = defineConfig({
  'group.min.session.timeout.ms': {
    type: int({ min: 1 }),
    default: 6_000,
    doc: 'Shortest session a member may ask for.',
  },
  'group.max.session.timeout.ms': { type: int({ min: 1 }), default: 1_800_000, doc: 'Longest session.' },
  'group.initial.rebalance.delay.ms': {
    type: int({ min: 0 }),
    default: 3_000,
    doc: 'How long an empty group waits for more members before the first rebalance.',
  },
  'group.max.size': { type: int({ min: 1 }), default: MAX_INT, doc: 'Members of a group.' },
  'offsets.topic.num.partitions': {
    type: int({ min: 1 }),
    default: 50,
    doc: 'Partitions of __consumer_offsets. Not to be changed once it exists.',
  },
  'offsets.topic.replication.factor': { type: int({ min: 1 }), default: 1, doc: 'Replicas of __consumer_offsets.' },
  'offsets.topic.segment.bytes': {
    // The topic could not be created with less.
    type: int({ min: 1_048_576 }),
    default: 104_857_600,
    doc: 'Segment size of __consumer_offsets; small keeps it quick to load.',
  },
  'offset.metadata.max.bytes': {
    type: int({ min: 0 }),
    default: 4_096,
    doc: 'Text that goes with a committed offset.',
  },
  'offsets.load.buffer.size': {
    type: int({ min: 1 }),
    default: 5_242_880,
    doc: 'Bytes read at once while loading groups.',
  },
  'offsets.retention.minutes': {
    type: int({ min: 1 }),
    default: 10_080,
    doc: 'How long offsets are kept after their group became empty.',
  },
  'offsets.retention.check.interval.ms': {
    type: long({ min: 1 }),
    default: 600_000,
    doc: 'How often offsets that are over are looked for.',
  },
})

export const BROKER_CONFIG = Object.freeze({
  ...LOG_CONFIG,
  ...SOCKET_CONFIG,
  ...TOPIC_DEFAULTS_CONFIG,
  ...GROUP_CONFIG,
  ...CONSUMER_GROUP_CONFIG,
  ...TRANSACTION_CONFIG,
})

export type BrokerConfig = ConfigValues<typeof BROKER_CONFIG>
/** Settings by Kafka's names, as typed values or in text form. */
export type BrokerConfigInput = Readonly<{
  [Setting in keyof BrokerConfig]?: BrokerConfig[Setting] | string | undefined
}>

/** Throws {@link InvalidConfigError}. */
export function parseBrokerConfig(input: BrokerConfigInput): BrokerConfig {
  const config = parseConfig(BROKER_CONFIG, input)
  if (config['group.min.session.timeout.ms'] > config['group.max.session.timeout.ms'])
    throw new InvalidConfigError(
      'group.min.session.timeout.ms',
      config['group.min.session.timeout.ms'],
      'must not be above group.max.session.timeout.ms',
    )
  checkConsumerGroupConfig(config)
  return config
}
