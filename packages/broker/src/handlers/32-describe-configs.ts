/** DescribeConfigs (API key 32), v1 to v4: every setting of a topic, of a group, of this broker or of all brokers, with defaults. */
import {
  APIS,
  type DescribeConfigsRequest,
  type DescribeConfigsResponse,
  ErrorCode,
  type InputOf,
  KafkaError,
} from '@millrace/protocol'
import { ALL_BROKERS, ConfigResource } from '../metadata/config-resource.ts'
import { topicNameProblem } from '../metadata/topic-name.ts'
import type { RequestHandler } from '../server/request-handler.ts'
import { checkBrokerName } from './config-alteration.ts'
import {
  type DescribedConfig,
  describeBrokerConfigs,
  describeGroupConfigs,
  describeSharedConfigs,
  describeTopicConfigs,
} from './config-description.ts'
import { type BrokerServices, handler } from './services.ts'

type Resource = DescribeConfigsRequest['resources'][number]
type ResourceAnswer = InputOf<typeof DescribeConfigsResponse>['results'][number]

export function describeConfigs(services: BrokerServices): RequestHandler {
  const { metadata, settings, topics } = services

  function handle({ resources, includeSynonyms, includeDocumentation }: DescribeConfigsRequest) {
    const results = resources.map((resource): ResourceAnswer => {
      const { resourceType, resourceName, configurationKeys } = resource
      try {
        const configs = configsOf(resource)
          .filter(({ name }) => !configurationKeys?.length || configurationKeys.includes(name))
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
    switch (resourceType) {
      case ConfigResource.topic:
        return configsOfTopic(resourceName)
      case ConfigResource.broker:
        if (resourceName === ALL_BROKERS)
          return describeSharedConfigs(metadata.image.configsOf(ConfigResource.broker, ALL_BROKERS))
        checkBrokerName(services, resourceName)
        return describeBrokerConfigs(settings)
      case ConfigResource.group:
        if (resourceName === '') throw new KafkaError(ErrorCode.INVALID_REQUEST, 'groups have no settings in common')
        return describeGroupConfigs(metadata.image.configsOf(ConfigResource.group, resourceName), settings)
      case ConfigResource.brokerLogger:
        // There are none.
        checkBrokerName(services, resourceName)
        return []
      default:
        throw new KafkaError(ErrorCode.INVALID_REQUEST, `resources of type ${resourceType} have no settings here`)
    }
  }

  function configsOfTopic(name: string): readonly DescribedConfig[] {
    const problem = topicNameProblem(name)
    if (problem !== undefined) throw new KafkaError(ErrorCode.INVALID_TOPIC_EXCEPTION, problem)
    const topic = topics.get(name)
    if (topic === undefined) throw new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    return describeTopicConfigs(topic.configs, settings)
  }

  return handler(APIS.DescribeConfigs, 'strict', handle)
}
