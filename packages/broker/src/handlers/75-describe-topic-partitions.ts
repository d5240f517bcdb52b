/** DescribeTopicPartitions (API key 75), v0: metadata page by page, in the order of the topics' names. */
import {
  APIS,
  type DescribeTopicPartitionsRequest,
  type DescribeTopicPartitionsResponse,
  ErrorCode,
  type InputOf,
  ZERO_UUID,
} from '@millrace/protocol'
import { INTERNAL_TOPICS, topicNameProblem } from '../metadata/topic-name.ts'
import type { RequestHandler } from '../server/request-handler.ts'
import { TOPIC_OPERATIONS } from './authorized-operations.ts'
import { describePartition } from './partition-description.ts'
import { type BrokerServices, handler } from './services.ts'

type Answer = InputOf<typeof DescribeTopicPartitionsResponse>
type TopicAnswer = Answer['topics'][number]

export function describeTopicPartitions(services: BrokerServices): RequestHandler {
  const { topics, config } = services

  function handle({ topics: asked, cursor, responsePartitionLimit }: DescribeTopicPartitionsRequest): Answer {
    const wantsAll = asked.length === 0
    const names = wantsAll ? [...topics.image.topics.keys()] : [...new Set(asked.map(({ name }) => name))]
    const cursorIsWrong =
      cursor !== null && (cursor.partitionIndex < 0 || !(wantsAll || names.includes(cursor.topicName)))
    if (cursorIsWrong) return { topics: asked.map(({ name }) => missing(name, ErrorCode.INVALID_REQUEST)) }
    let partitionsLeft = Math.max(Math.min(responsePartitionLimit, config['max.request.partition.size.limit']), 1)
    const answers: TopicAnswer[] = []
    for (const name of names.filter(name => cursor === null || name >= cursor.topicName).sort()) {
      const topic = topics.get(name)
      if (topic === undefined) {
        const isValid = topicNameProblem(name) === undefined
        answers.push(missing(name, isValid ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.INVALID_TOPIC_EXCEPTION))
        continue
      }
      const first = name === cursor?.topicName ? cursor.partitionIndex : 0
      if (partitionsLeft === 0) return { topics: answers, nextCursor: { topicName: name, partitionIndex: first } }
      const end = Math.min(first + partitionsLeft, topic.partitionCount)
      const partitions: TopicAnswer['partitions'][number][] = []
      for (let index = first; index < end; index++)
        partitions.push({ ...describePartition(services, topic, index), eligibleLeaderReplicas: [], lastKnownElr: [] })
      partitionsLeft -= partitions.length
      answers.push({
        errorCode: ErrorCode.NONE,
        name,
        topicId: topic.id,
        isInternal: INTERNAL_TOPICS.has(name),
        partitions,
        topicAuthorizedOperations: TOPIC_OPERATIONS,
      })
      if (end < topic.partitionCount) return { topics: answers, nextCursor: { topicName: name, partitionIndex: end } }
    }
    return { topics: answers }
  }

  return handler(APIS.DescribeTopicPartitions, 'strict', handle)
}

function missing(name: string, errorCode: ErrorCode): TopicAnswer {
  return {
    errorCode,
    name,
    topicId: ZERO_UUID,
    isInternal: INTERNAL_TOPICS.has(name),
    partitions: [],
    topicAuthorizedOperations: TOPIC_OPERATIONS,
  }
}
