/** DeleteTopics (API key 20), v1 to v6. Up to v5 by name, in v6 by name or id. */
import {
  APIS,
  type DeleteTopicsRequest,
  type DeleteTopicsResponse,
  ErrorCode,
  type InputOf,
  KafkaError,
  ZERO_UUID,
} from '@millrace/protocol'
import type { RequestContext, RequestHandler } from '../server/request-handler.ts'
import { type BrokerServices, handler } from './services.ts'

type TopicAnswer = InputOf<typeof DeleteTopicsResponse>['responses'][number]

const FIRST_WITH_IDS = 6

export function deleteTopics({ topics }: BrokerServices): RequestHandler {
  async function handle(request: DeleteTopicsRequest, { apiVersion }: RequestContext) {
    const asked =
      apiVersion < FIRST_WITH_IDS ? request.topicNames.map(name => ({ name, topicId: ZERO_UUID })) : request.topics
    const responses: TopicAnswer[] = []
    const timesNamed = new Map<string, number>()
    for (const topic of asked) timesNamed.set(keyOf(topic), (timesNamed.get(keyOf(topic)) ?? 0) + 1)
    for (const topic of asked) {
      const times = timesNamed.get(keyOf(topic))
      timesNamed.delete(keyOf(topic))
      if (times === 1) responses.push(await deleteOne(topic.name, topic.topicId))
      else if (times !== undefined) responses.push(repeated(topic))
    }
    return { responses }
  }

  async function deleteOne(name: string | null, topicId: string): Promise<TopicAnswer> {
    try {
      if ((name === null) === (topicId === ZERO_UUID))
        throw new KafkaError(ErrorCode.INVALID_REQUEST, 'a topic is named either by name or by id')
      const deleted =
        name === null
          ? await topics.delete(image => image.topicById(topicId), ErrorCode.UNKNOWN_TOPIC_ID)
          : await topics.delete(image => image.topics.get(name), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
      return { name: deleted.name, topicId: deleted.id, errorCode: ErrorCode.NONE }
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      return { name, topicId, errorCode: error.errorCode, errorMessage: error.message }
    }
  }

  return handler(APIS.DeleteTopics, 'strict', handle)
}

interface NamedTopic {
  readonly name: string | null
  readonly topicId: string
}
function keyOf({ name, topicId }: NamedTopic): string {
  return `${topicId} ${name}`
}

function repeated({ name, topicId }: NamedTopic): TopicAnswer {
  return { name, topicId, errorCode: ErrorCode.INVALID_REQUEST, errorMessage: 'the topic is named more than once' }
}
