/** DescribeProducers (API key 61), v0: who writes to a partition (KIP-664). */
import { APIS, type DescribeProducersRequest, ErrorCode } from '@millrace/protocol'
import { topicNameProblem } from '../metadata/topic-name.ts'
import type { RequestHandler } from '../server/request-handler.ts'
import { type BrokerServices, handler } from './services.ts'

export function describeProducers({ topics }: BrokerServices): RequestHandler {
  function handle({ topics: asked }: DescribeProducersRequest) {
    return {
      topics: asked.map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map(partitionIndex => answerPartition(name, partitionIndex)),
      })),
    }
  }

  function answerPartition(topic: string, partitionIndex: number) {
    const problem = topicNameProblem(topic)
    if (problem !== undefined) return failed(partitionIndex, ErrorCode.INVALID_TOPIC_EXCEPTION, problem)
    const log = topics.log(topic, partitionIndex)
    if (log === undefined) return failed(partitionIndex, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, null)
    const activeProducers = log.activeProducers.map(producer => ({
      producerId: producer.producerId,
      producerEpoch: producer.producerEpoch,
      lastSequence: producer.lastSequence,
      lastTimestamp: producer.lastTimestampMs,
      coordinatorEpoch: producer.coordinatorEpoch,
      currentTxnStartOffset: producer.currentTransactionFirstOffset,
    }))
    return { partitionIndex, errorCode: ErrorCode.NONE, errorMessage: null, activeProducers }
  }

  return handler(APIS.DescribeProducers, 'read', handle)
}

function failed(partitionIndex: number, errorCode: number, errorMessage: string | null) {
  return { partitionIndex, errorCode, errorMessage, activeProducers: [] }
}
