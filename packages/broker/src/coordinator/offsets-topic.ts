import type { BrokerConfig } from '../config/broker-config.ts'
import { javaHashCode } from '../groups/assignors/java-hash-code.ts'
import { OFFSETS_TOPIC } from '../metadata/topic-name.ts'
import type { NewTopic } from '../topics/create-topic.ts'

/** The partition of `__consumer_offsets` that holds a group, as Kafka computes it. */
export function partitionOfGroup(groupId: string, partitionCount: number): number {
  return (javaHashCode(groupId) & 0x7fff_ffff) % partitionCount
}

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
