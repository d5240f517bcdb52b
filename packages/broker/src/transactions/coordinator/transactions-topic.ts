import type { BrokerConfig } from '../../config/broker-config.ts'
import { TRANSACTIONS_TOPIC } from '../../metadata/topic-name.ts'
import type { NewTopic } from '../../topics/create-topic.ts'

export function transactionsTopic(config: BrokerConfig): NewTopic {
  return {
    name: TRANSACTIONS_TOPIC,
    partitionCount: config['transaction.state.log.num.partitions'],
    replicationFactor: config['transaction.state.log.replication.factor'],
    assignments: [],
    configs: [
      { name: 'cleanup.policy', value: 'compact' },
      { name: 'compression.type', value: 'uncompressed' },
      { name: 'min.insync.replicas', value: String(config['transaction.state.log.min.isr']) },
      { name: 'segment.bytes', value: String(config['transaction.state.log.segment.bytes']) },
      { name: 'unclean.leader.election.enable', value: 'false' },
    ],
  }
}
