/** The settings that decisions about groups depend on, as the pure core takes them. */
import type { BrokerConfig } from '../config/broker-config.ts'
import { groupSettingValue } from '../config/consumer-group-config.ts'
import type { GroupLimits } from '../groups/classic/classic-draft.ts'
import type { ConsumerGroupRules } from '../groups/consumer/consumer-draft.ts'

export function classicLimits(config: BrokerConfig): GroupLimits {
  return {
    minSessionTimeoutMs: config['group.min.session.timeout.ms'],
    maxSessionTimeoutMs: config['group.max.session.timeout.ms'],
    maxMembers: config['group.max.size'],
    initialRebalanceDelayMs: config['group.initial.rebalance.delay.ms'],
  }
}

/** `own`: the group's own settings, in Kafka's text form. */
export function consumerGroupRules(config: BrokerConfig, own: ReadonlyMap<string, string>): ConsumerGroupRules {
  return {
    sessionTimeoutMs: groupSettingValue('consumer.session.timeout.ms', own, config),
    heartbeatIntervalMs: groupSettingValue('consumer.heartbeat.interval.ms', own, config),
    assignmentIntervalMs: groupSettingValue('consumer.assignment.interval.ms', own, config),
    maxMembers: config['group.consumer.max.size'],
    assignors: config['group.consumer.assignors'],
    patternRefreshIntervalMs: config['group.consumer.regex.refresh.interval.ms'],
    migrationPolicy: config['group.consumer.migration.policy'],
  }
}
