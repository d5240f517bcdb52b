/** DescribeConfigs (API key 32), v1 to v4: every setting of a topic or of this broker, with defaults. */
import {
  APIS,
  type DescribeConfigsRequest,
  type DescribeConfigsResponse,
  ErrorCode,
  type InputOf,
  KafkaError,
} from '@millrace/protocol'
import { ConfigResource } from '../metadata/config-resource.ts'
import { topicNameProblem } from '../metadata/topic-name.ts'
import type { RequestHandler } from '../server/request-handler.ts'
import { type DescribedConfig, describeBrokerConfigs, describeTopicConfigs } from './config-description.ts'
import { type BrokerServices, handler } from './services.ts'

type Resource = DescribeConfigsRequest['resources'][number]
type ResourceAnswer = InputOf<typeof DescribeConfigsResponse>['results'][number]

export function describeConfigs({ topics, config }: BrokerServices): RequestHandler {
  function handle({ resources, includeSynonyms, includeDocumentation }: DescribeConfigsRequest) {
    const results = resources.map((resource): ResourceAnswer => {
      const { resourceType, resourceName, configurationKeys } = resource
      try {
        const configs = configsOf(resource)
          .filter(({ name }) => configurationKeys === null || configurationKeys.includes(name))
          .map(described => ({
            ...described,
            synonyms: includeSynonyms ? described.synonyms : [],
            documentation: includeDocumentation ? described.documentation : null,
          }))
        return { errorCode: ErrorCode.NONE, errorMessage: null, resourceType, resourceName, configs }
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error
        return { errorCode: error.errorCode, errorMessage: error.message, resourceType, resourceName, configs: [] }
      }
    })
    return { results }
  }

  function configsOf({ resourceType, resourceName }: Resource): readonly DescribedConfig[] {
    if (resourceType === ConfigResource.topic) {
      const problem = topicNameProblem(resourceName)
      if (problem !== undefined) throw new KafkaError(ErrorCode.INVALID_TOPIC_EXCEPTION, problem)
      const topic = topics.get(resourceName)
      if (topic === undefined) throw new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
      return describeTopicConfigs(topic.configs, config)
    }
    if (resourceType !== ConfigResource.broker)
      throw new KafkaError(ErrorCode.INVALID_REQUEST, `resources of type ${resourceType} have no settings here`)
    // The name of all brokers together: their dynamic defaults, of which there are none.
    if (resourceName === '') return []
    if (resourceName === String(config['node.id'])) return describeBrokerConfigs(config)
    throw new KafkaError(ErrorCode.INVALID_REQUEST, `this is broker ${config['node.id']}, not ${resourceName}`)
  }

  return handler(APIS.DescribeConfigs, 'strict', handle)
}
