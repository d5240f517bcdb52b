/** ListConfigResources (API key 74), v0 to v1: what has settings that can be described. v0 asks for client metrics only; there are none. */
import { APIS, ErrorCode, type ListConfigResourcesRequest } from '@millrace/protocol'
import { ConfigResource } from '../metadata/config-resource.ts'
import type { RequestContext, RequestHandler } from '../server/request-handler.ts'
import { type BrokerServices, handler } from './services.ts'

const FIRST_WITH_TYPES = 1
const ALL_TYPES: readonly number[] = Object.values(ConfigResource)

export function listConfigResources({ config, metadata, topics }: BrokerServices): RequestHandler {
  function handle({ resourceTypes }: ListConfigResourcesRequest, { apiVersion }: RequestContext) {
    if (apiVersion < FIRST_WITH_TYPES) return { errorCode: ErrorCode.NONE, configResources: [] }
    if (resourceTypes.some(type => !ALL_TYPES.includes(type)))
      return { errorCode: ErrorCode.UNSUPPORTED_VERSION, configResources: [] }
    const wanted = resourceTypes.length === 0 ? ALL_TYPES : [...new Set(resourceTypes)]
    const configResources = wanted.flatMap(resourceType =>
      namesOf(resourceType).map(resourceName => ({ resourceName, resourceType })),
    )
    return { errorCode: ErrorCode.NONE, configResources }
  }

  function namesOf(resourceType: number): readonly string[] {
    switch (resourceType) {
      case ConfigResource.topic:
        return [...topics.image.topics.keys()]
      case ConfigResource.broker:
      case ConfigResource.brokerLogger:
        return [String(config['node.id'])]
      case ConfigResource.group:
        return metadata.image.configuredGroups
      default:
        return []
    }
  }

  return handler(APIS.ListConfigResources, 'strict', handle)
}
