import { boolean, defineConfig, InvalidConfigError, int, list, oneOf, text } from '@millrace/protocol'
import { CONNECTION_CONFIG } from '../config/connection-config.ts'
import { type OptionsOf, type ParsedOptions, parseOptions } from '../config/options.ts'
import { ContradictingSettingsError } from '../errors/client-errors.ts'
import { type OffsetResetRule, offsetResetRule } from './offset-reset.ts'

export const CONSUMER_CONFIG = defineConfig({
  ...CONNECTION_CONFIG,
  'group.id': {
    type: text(),
    default: '',
    doc: 'The group that shares the partitions of the subscription and keeps the committed offsets. Not needed with assign().',
  },
  'group.instance.id': {
    type: text(),
    default: '',
    doc: 'Makes the consumer a static member: a restart within the session timeout causes no rebalance. Unique in the group.',
  },
  'auto.offset.reset': {
    type: offsetResetRule,
    default: 'latest' as OffsetResetRule,
    doc: 'Where to begin when there is no committed offset, or it is no longer in the log: at the end, at the start, with an error (none), or as long ago as by_duration:PT1H says.',
  },
  'enable.auto.commit': {
    type: boolean(),
    default: true,
    doc: 'Commit what earlier polls returned, every auto.commit.interval.ms, before a rebalance and on close. False without a group.',
  },
  'auto.commit.interval.ms': {
    type: int({ min: 0 }),
    default: 5_000,
    doc: 'Time between automatic commits. They happen inside poll().',
  },
  'max.poll.records': {
    type: int({ min: 1 }),
    default: 500,
    doc: 'Most records that one poll() returns.',
  },
  'max.poll.interval.ms': {
    type: int({ min: 1 }),
    default: 300_000,
    doc: 'A consumer that does not poll for this long leaves the group, so that others can go on with its partitions. Also how long a rebalance waits for its members.',
  },
  'session.timeout.ms': {
    type: int({ min: 1 }),
    default: 45_000,
    doc: 'A member that the coordinator has not heard of for this long is dead.',
  },
  'heartbeat.interval.ms': {
    type: int({ min: 1 }),
    default: 3_000,
    doc: 'Time between heartbeats; at most a third of the session timeout. They do not depend on poll().',
  },
  'partition.assignment.strategy': {
    type: list('range', 'roundrobin', 'cooperative-sticky'),
    default: ['range', 'cooperative-sticky'],
    doc: 'How a group divides partitions, the favourite first. All members must share one.',
  },
  'group.protocol': {
    type: oneOf('classic', 'consumer'),
    default: 'classic',
    doc: 'classic: a member divides the partitions. consumer: the coordinator does (KIP-848), so that one slow member holds up nobody; needs Kafka 4.0.',
  },
  'group.remote.assignor': {
    type: text(),
    default: '',
    doc: "How the coordinator divides the partitions with group.protocol consumer: uniform or range; the broker's favourite if empty.",
  },
  'exclude.internal.topics': {
    type: boolean(),
    default: true,
    doc: 'A subscription by RegExp matches no internal topics.',
  },
  'fetch.min.bytes': {
    type: int({ min: 0 }),
    default: 1,
    doc: 'A broker waits for this much data, up to fetch.max.wait.ms, before it answers a fetch.',
  },
  'fetch.max.wait.ms': {
    type: int({ min: 0 }),
    default: 500,
    doc: 'Longest time a fetch may wait at the broker for fetch.min.bytes.',
  },
  'fetch.max.bytes': {
    type: int({ min: 0 }),
    default: 52_428_800,
    doc: 'Most bytes of one answer to a fetch, and most bytes held for polls to come. One batch may exceed it.',
  },
  'max.partition.fetch.bytes': {
    type: int({ min: 0 }),
    default: 1_048_576,
    doc: 'Most bytes of one partition in an answer; less than this is held for a partition before more is fetched. One batch may exceed it.',
  },
  'isolation.level': {
    type: oneOf('read_uncommitted', 'read_committed'),
    default: 'read_uncommitted',
    doc: 'read_committed leaves out records of aborted transactions and stops at the first open one.',
  },
  'check.crcs': {
    type: boolean(),
    default: true,
    doc: 'Verify the checksum of each batch.',
  },
  'allow.auto.create.topics': {
    type: boolean(),
    default: true,
    doc: 'Subscribing to a topic may create it, if the broker allows that too.',
  },
  'client.rack': {
    type: text(),
    default: '',
    doc: 'Where this consumer runs: leaders may send it to a replica in the same rack (KIP-392), assignors may care.',
  },
  'stall.timeout.ms': {
    type: int({ min: 1 }),
    default: 60_000,
    doc: 'A partition of which nothing has come for this long, although there is something, is reported as stalled.',
  },
})

/** Settings of members that brokers decide in the newer protocol, as in Java. */
const DECIDED_BY_COORDINATOR = ['partitionAssignmentStrategy', 'sessionTimeoutMs', 'heartbeatIntervalMs'] as const

export type ConsumerConfigOptions = OptionsOf<typeof CONSUMER_CONFIG>
export type ConsumerSettings = ParsedOptions<typeof CONSUMER_CONFIG>

/** Throws `InvalidConfigError` and {@link ContradictingSettingsError}, both with code INVALID_CONFIG. */
export function consumerSettings(
  options: Readonly<Record<string, unknown>>,
  others: readonly string[],
): ConsumerSettings {
  const { values, isGiven } = parseOptions(CONSUMER_CONFIG, options, others)
  if (values.heartbeatIntervalMs >= values.sessionTimeoutMs)
    throw new ContradictingSettingsError(
      ['heartbeatIntervalMs', 'sessionTimeoutMs'],
      'the session timeout must be longer than the heartbeat interval',
    )
  if (values.groupProtocol === 'consumer')
    for (const option of DECIDED_BY_COORDINATOR)
      if (isGiven(option))
        throw new ContradictingSettingsError(
          [option, 'groupProtocol'],
          'with consumer that is the coordinator’s decision',
        )
  if (values.groupProtocol === 'classic' && values.groupRemoteAssignor !== '')
    throw new ContradictingSettingsError(['groupRemoteAssignor', 'groupProtocol'], 'it needs consumer')
  if (values.groupId !== '') return values
  if (values.enableAutoCommit && isGiven('enableAutoCommit'))
    throw new ContradictingSettingsError(['enableAutoCommit', 'groupId'], 'only a group has offsets to commit')
  if (values.groupInstanceId !== '')
    throw new InvalidConfigError(
      'groupInstanceId',
      values.groupInstanceId,
      'only a member of a group has one: set groupId',
    )
  return { ...values, enableAutoCommit: false }
}
