import type { BrokerConfig } from '../config/broker-config.ts'
import { OFFSETS_TOPIC } from '../metadata/topic-name.ts'
import type { NewTopic } from '../topics/create-topic.ts'

export function offsetsTopic(config: BrokerConfig): NewTopic {
  return {
    name: OFFSETS_TOPIC,
    partitionCount: config['offsets.topic.num.partitions'],
    replicationFactor: config['offsets.topic.replication.factor'],
    assignments: [],
    configs: [
      { name: 'cleanup.policy', value: 'compact' },
      { name: 'compression.type', value: 'producer' },
      { name: 'segment.bytes', value: String(config['offsets.topic.segment.bytes']) },
    ],
  }
}
