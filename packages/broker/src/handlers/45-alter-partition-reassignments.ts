/** AlterPartitionReassignments (API key 45), v0 to v1. There is one broker: a partition can only be where it is. */
import { type AlterPartitionReassignmentsRequest, APIS, ErrorCode, KafkaError } from '@millrace/protocol'
import type { RequestHandler } from '../server/request-handler.ts'
import { checkAssignments } from '../topics/create-topic.ts'
import { type BrokerServices, handler } from './services.ts'

export function alterPartitionReassignments({ topics, config }: BrokerServices): RequestHandler {
  function handle({ topics: asked, allowReplicationFactorChange }: AlterPartitionReassignmentsRequest) {
    const responses = asked.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex, replicas }) => {
        const problem = problemOf(name, partitionIndex, replicas)
        const errorCode = problem?.errorCode ?? ErrorCode.NONE
        return { partitionIndex, errorCode, errorMessage: problem?.message ?? null }
      }),
    }))
    return { errorCode: ErrorCode.NONE, errorMessage: null, allowReplicationFactorChange, responses }
  }

  function problemOf(topic: string, partition: number, replicas: readonly number[] | null): KafkaError | undefined {
    if (partition < 0 || partition >= (topics.get(topic)?.partitionCount ?? 0))
      return new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `${topic}-${partition}`)
    if (replicas === null) return new KafkaError(ErrorCode.NO_REASSIGNMENT_IN_PROGRESS)
    try {
      checkAssignments([{ partitionIndex: partition, brokerIds: replicas }], partition, config['node.id'])
      return undefined
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      return error
    }
  }

  return handler(APIS.AlterPartitionReassignments, 'strict', handle)
}
