/**
 * AlterConfigs (API key 33), v0 to v2: replaces all settings of a resource. Older clients know no other way; newer ones
 * use IncrementalAlterConfigs.
 */
import { type AlterConfigsRequest, APIS, ErrorCode, KafkaError } from '@millrace/protocol'
import type { ConfigChanges } from '../metadata/config-changes.ts'
import type { RequestHandler } from '../server/request-handler.ts'
import { alterEach } from './config-alteration.ts'
import { type BrokerServices, handler } from './services.ts'

type Resource = AlterConfigsRequest['resources'][number]

export function alterConfigs(services: BrokerServices): RequestHandler {
  function handle({ resources, validateOnly }: AlterConfigsRequest) {
    return alterEach(services, resources, (asked, resource) =>
      resource.change(own => replacement(asked, own), validateOnly),
    )
  }
  return handler(APIS.AlterConfigs, 'strict', handle)
}

/** What is not named falls back to its default. */
function replacement({ configs }: Resource, own: ReadonlyMap<string, string>): ConfigChanges {
  if (new Set(configs.map(({ name }) => name)).size < configs.length)
    throw new KafkaError(ErrorCode.INVALID_REQUEST, 'a setting is named more than once')
  const changes = new Map<string, string | null>()
  for (const name of own.keys()) changes.set(name, null)
  for (const { name, value } of configs) {
    if (value === null) throw new KafkaError(ErrorCode.INVALID_REQUEST, `${name} has no value`)
    changes.set(name, value)
  }
  return changes
}
