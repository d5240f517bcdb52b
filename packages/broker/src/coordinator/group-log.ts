import { type CoordinatorRecordInput, GROUP_RECORDS } from '@millrace/protocol'
import type { BrokerConfig } from '../config/broker-config.ts'
import type { Topics } from '../topics/topics.ts'
import { CoordinatorLog, type CoordinatorLogPlatform } from './coordinator-log.ts'
import { offsetsTopic } from './offsets-topic.ts'

/** Offsets with an expiry of their own need the one version of the value that has a field for it. */
const VERSION_WITH_EXPIRY = 1

/** `__consumer_offsets` as the group coordinator uses it. */
export class GroupLog extends CoordinatorLog<typeof GROUP_RECORDS> {
  constructor(topics: Topics, config: BrokerConfig, platform: CoordinatorLogPlatform) {
    const options = {
      recordTypes: GROUP_RECORDS,
      topic: offsetsTopic(config),
      loadBufferBytes: config['offsets.load.buffer.size'],
      valueVersionOf: (record: GroupRecordInput) => (hasExpiry(record) ? VERSION_WITH_EXPIRY : undefined),
    }
    super(topics, options, platform)
  }
}

type GroupRecordInput = CoordinatorRecordInput<typeof GROUP_RECORDS>

function hasExpiry(record: GroupRecordInput): boolean {
  return record.kind === 'OffsetCommit' && (record.value?.expireTimestamp ?? -1) >= 0
}
