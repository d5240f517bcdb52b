/**
 * AlterConfigs (API key 33), v0 to v2, for topics: replaces all settings of a topic. Older clients know no other way;
 * newer ones use IncrementalAlterConfigs.
 */
import { type AlterConfigsRequest, APIS, ErrorCode, KafkaError } from '@millrace/protocol'
import type { RequestHandler } from '../server/request-handler.ts'
import type { ConfigChanges } from '../topics/topics.ts'
import { alterEach } from './config-alteration.ts'
import { type BrokerServices, handler } from './services.ts'

type Resource = AlterConfigsRequest['resources'][number]

export function alterConfigs({ topics }: BrokerServices): RequestHandler {
  function handle({ resources, validateOnly }: AlterConfigsRequest) {
    return alterEach(resources, topic =>
      topics.changeConfigs(topic.resourceName, own => replacement(topic, own), validateOnly),
    )
  }
  return handler(APIS.AlterConfigs, 'strict', handle)
}

/** What is not named falls back to its default. */
function replacement({ configs }: Resource, own: ReadonlyMap<string, string>): ConfigChanges {
  const changes = new Map<string, string | null>()
  for (const name of own.keys()) changes.set(name, null)
  for (const { name, value } of configs) {
    if (value === null) throw new KafkaError(ErrorCode.INVALID_CONFIG, `${name} has no value`)
    changes.set(name, value)
  }
  return changes
}
