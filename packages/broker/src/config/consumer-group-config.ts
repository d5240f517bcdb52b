/**
 * Settings of KIP-848 groups, with Apache Kafka's names and defaults (4.3): the broker's, and those that a group may have of
 * its own (config resource GROUP). The latter default to the broker's and stay within its bounds.
 */
import { type ConfigValues, defineConfig, InvalidConfigError, int, list, oneOf, parseSetting } from '@millrace/protocol'

const MAX_INT = 2 ** 31 - 1

export const CONSUMER_GROUP_CONFIG = defineConfig({
  'group.coordinator.rebalance.protocols': {
    type: list('classic', 'consumer'),
    default: ['classic', 'consumer'],
    doc: 'The protocols groups may use. classic cannot be left out.',
  },
  'group.consumer.assignors': {
    type: list('uniform', 'range'),
    default: ['uniform', 'range'],
    doc: 'What members of consumer groups may ask for; the first is the default.',
  },
  'group.consumer.assignment.interval.ms': {
    type: int({ min: 0 }),
    default: 1_000,
    doc: 'Least time between two target assignments of a group, so that members that join together share one.',
  },
  'group.consumer.min.assignment.interval.ms': {
    type: int({ min: 0 }),
    default: 0,
    doc: 'Least assignment interval that a group may have.',
  },
  'group.consumer.max.assignment.interval.ms': {
    type: int({ min: 0 }),
    default: 15_000,
    doc: 'Greatest assignment interval that a group may have.',
  },
  'group.consumer.heartbeat.interval.ms': {
    type: int({ min: 1 }),
    default: 5_000,
    doc: 'How often members of consumer groups send heartbeats.',
  },
  'group.consumer.min.heartbeat.interval.ms': {
    type: int({ min: 1 }),
    default: 5_000,
    doc: 'Least heartbeat interval that a group may have.',
  },
  'group.consumer.max.heartbeat.interval.ms': {
    type: int({ min: 1 }),
    default: 15_000,
    doc: 'Greatest heartbeat interval that a group may have.',
  },
  'group.consumer.max.size': { type: int({ min: 1 }), default: MAX_INT, doc: 'Members of a consumer group.' },
  'group.consumer.migration.policy': {
    type: oneOf('disabled', 'upgrade', 'downgrade', 'bidirectional'),
    default: 'bidirectional',
    doc: 'Whether groups with members change from the classic protocol to the consumer protocol, and back.',
  },
  'group.consumer.regex.refresh.interval.ms': {
    type: int({ min: 10_000 }),
    default: 600_000,
    doc: 'How often patterns of subscriptions are looked up again, besides when topics come.',
  },
  'group.consumer.session.timeout.ms': {
    type: int({ min: 1 }),
    default: 45_000,
    doc: 'How long a member of a consumer group may be silent.',
  },
  'group.consumer.min.session.timeout.ms': {
    type: int({ min: 1 }),
    default: 45_000,
    doc: 'Least session timeout that a group may have.',
  },
  'group.consumer.max.session.timeout.ms': {
    type: int({ min: 1 }),
    default: 60_000,
    doc: 'Greatest session timeout that a group may have.',
  },
})

export type ConsumerGroupConfig = ConfigValues<typeof CONSUMER_GROUP_CONFIG>
type IntervalName = 'assignment.interval.ms' | 'heartbeat.interval.ms' | 'session.timeout.ms'

const INTERVALS: readonly IntervalName[] = ['assignment.interval.ms', 'heartbeat.interval.ms', 'session.timeout.ms']

/** What a group may set for itself. The default of each is the broker's `group.` setting of the same name. */
export const GROUP_RESOURCE_CONFIG = defineConfig({
  'consumer.assignment.interval.ms': {
    type: int({ min: 0 }),
    default: CONSUMER_GROUP_CONFIG['group.consumer.assignment.interval.ms'].default,
    doc: CONSUMER_GROUP_CONFIG['group.consumer.assignment.interval.ms'].doc,
  },
  'consumer.heartbeat.interval.ms': {
    type: int({ min: 1 }),
    default: CONSUMER_GROUP_CONFIG['group.consumer.heartbeat.interval.ms'].default,
    doc: CONSUMER_GROUP_CONFIG['group.consumer.heartbeat.interval.ms'].doc,
  },
  'consumer.session.timeout.ms': {
    type: int({ min: 1 }),
    default: CONSUMER_GROUP_CONFIG['group.consumer.session.timeout.ms'].default,
    doc: CONSUMER_GROUP_CONFIG['group.consumer.session.timeout.ms'].doc,
  },
})

export type GroupSetting = keyof typeof GROUP_RESOURCE_CONFIG

/** Throws {@link InvalidConfigError} when a default is outside of its own bounds, or the heartbeats too slow for the session. */
export function checkConsumerGroupConfig(config: ConsumerGroupConfig): void {
  for (const name of INTERVALS) {
    const value = config[`group.consumer.${name}`]
    const [min, max] = [config[`group.consumer.min.${name}`], config[`group.consumer.max.${name}`]]
    if (value < min || value > max)
      throw new InvalidConfigError(`group.consumer.${name}`, value, `must be between ${min} and ${max}`)
  }
  const heartbeatMs = config['group.consumer.heartbeat.interval.ms']
  if (heartbeatMs >= config['group.consumer.session.timeout.ms'])
    throw new InvalidConfigError(
      'group.consumer.heartbeat.interval.ms',
      heartbeatMs,
      'must be below the session timeout',
    )
  if (config['group.consumer.assignors'].length === 0)
    throw new InvalidConfigError('group.consumer.assignors', [], 'must not be empty')
  if (!config['group.coordinator.rebalance.protocols'].includes('classic'))
    throw new InvalidConfigError('group.coordinator.rebalance.protocols', [], 'must include classic')
}

/** Throws {@link InvalidConfigError} for a name or value that Kafka would refuse. `overrides`: in Kafka's text form. */
export function checkGroupConfigs(overrides: ReadonlyMap<string, string>, broker: ConsumerGroupConfig): void {
  for (const [name, text] of overrides) {
    if (!isGroupSetting(name)) throw new InvalidConfigError(name, text, 'there is no such group setting')
    const value = parseSetting(name, GROUP_RESOURCE_CONFIG[name].type, text)
    const { min, max } = boundsOf(name, broker)
    if (value < min || value > max) throw new InvalidConfigError(name, text, `must be between ${min} and ${max}`)
  }
  const heartbeatMs = groupSettingValue('consumer.heartbeat.interval.ms', overrides, broker)
  if (heartbeatMs >= groupSettingValue('consumer.session.timeout.ms', overrides, broker))
    throw new InvalidConfigError('consumer.heartbeat.interval.ms', heartbeatMs, 'must be below the session timeout')
}

/**
 * The setting as a group with these overrides has it. A value that a changed bound of the broker leaves outside is moved to
 * the bound; one that does not parse is passed over.
 */
export function groupSettingValue(
  name: GroupSetting,
  overrides: ReadonlyMap<string, string>,
  broker: ConsumerGroupConfig,
): number {
  const value = Number(overrides.get(name) ?? Number.NaN)
  const { min, max } = boundsOf(name, broker)
  return Number.isInteger(value) ? Math.min(Math.max(value, min), max) : broker[`group.${name}`]
}

export function isGroupSetting(name: string): name is GroupSetting {
  return Object.hasOwn(GROUP_RESOURCE_CONFIG, name)
}

function boundsOf(name: GroupSetting, broker: ConsumerGroupConfig): { min: number; max: number } {
  const interval = name.slice('consumer.'.length) as IntervalName
  return { min: broker[`group.consumer.min.${interval}`], max: broker[`group.consumer.max.${interval}`] }
}
