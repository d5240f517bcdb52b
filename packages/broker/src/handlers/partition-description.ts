/** Where the replica of a partition is, as Metadata and DescribeTopicPartitions show it: here, or nowhere while its disk has failed. */
import { ErrorCode } from '@millrace/protocol'
import type { TopicImage } from '../metadata/metadata-image.ts'
import type { BrokerServices } from './services.ts'

export function describePartition({ topics, config }: BrokerServices, topic: TopicImage, partitionIndex: number) {
  const nodeId = config['node.id']
  const log = topics.log(topic.name, partitionIndex)
  const isOffline = log === undefined || log.offlineReason !== undefined
  return {
    errorCode: isOffline ? ErrorCode.LEADER_NOT_AVAILABLE : ErrorCode.NONE,
    partitionIndex,
    leaderId: isOffline ? -1 : nodeId,
    leaderEpoch: log?.leaderEpoch ?? -1,
    replicaNodes: [nodeId],
    isrNodes: isOffline ? [] : [nodeId],
    offlineReplicas: isOffline ? [nodeId] : [],
  }
}
