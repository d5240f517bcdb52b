/** CreateTopics (API key 19), v2 to v7. Each topic succeeds or fails on its own. */
import {
  APIS,
  type CreateTopicsRequest,
  type CreateTopicsResponse,
  ErrorCode,
  type InputOf,
  KafkaError,
} from '@millrace/protocol'
import type { TopicImage } from '../metadata/metadata-image.ts'
import type { RequestHandler } from '../server/request-handler.ts'
import { describeTopicConfigs } from './config-description.ts'
import { type BrokerServices, handler } from './services.ts'

type TopicAnswer = InputOf<typeof CreateTopicsResponse>['topics'][number]

export function createTopics({ topics, settings }: BrokerServices): RequestHandler {
  async function handle({ topics: asked, validateOnly }: CreateTopicsRequest) {
    const timesNamed = new Map<string, number>()
    for (const { name } of asked) timesNamed.set(name, (timesNamed.get(name) ?? 0) + 1)
    const answers: TopicAnswer[] = []
    for (const name of timesNamed.keys()) {
      const topic = asked.find(one => one.name === name)!
      answers.push(await createOne(topic, timesNamed.get(name)! > 1, validateOnly))
    }
    return { topics: answers }
  }

  async function createOne(
    asked: CreateTopicsRequest['topics'][number],
    isRepeated: boolean,
    validateOnly: boolean,
  ): Promise<TopicAnswer> {
    const { name, replicationFactor, assignments, configs } = asked
    try {
      if (isRepeated) throw new KafkaError(ErrorCode.INVALID_REQUEST, `${name} is named more than once`)
      const topic = { name, partitionCount: asked.numPartitions, replicationFactor, assignments, configs }
      return created(await topics.create(topic, validateOnly))
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      return { name, errorCode: error.errorCode, errorMessage: error.message }
    }
  }

  function created({ name, id: topicId, partitionCount: numPartitions, configs }: TopicImage): TopicAnswer {
    const described = describeTopicConfigs(configs, settings)
    return {
      name,
      topicId,
      errorCode: ErrorCode.NONE,
      errorMessage: null,
      numPartitions,
      replicationFactor: 1,
      configs: described.map(({ name: setting, value, configSource }) => ({
        name: setting,
        value,
        readOnly: false,
        configSource,
        isSensitive: false,
      })),
    }
  }

  return handler(APIS.CreateTopics, 'strict', handle)
}
