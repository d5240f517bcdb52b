/** IncrementalAlterConfigs (API key 44), v0 to v1: changes single settings of topics, groups and brokers. */
import { APIS, ErrorCode, type IncrementalAlterConfigsRequest, KafkaError } from '@millrace/protocol'
import type { ConfigChanges } from '../metadata/config-changes.ts'
import type { RequestHandler } from '../server/request-handler.ts'
import { type AlterableResource, alterEach, elementsOf } from './config-alteration.ts'
import { type BrokerServices, handler } from './services.ts'

type Alteration = IncrementalAlterConfigsRequest['resources'][number]['configs'][number]

/** `AlterConfigOp.OpType` of Kafka. */
const SET = 0
const DELETE = 1
const APPEND = 2
const SUBTRACT = 3

export function incrementalAlterConfigs(services: BrokerServices): RequestHandler {
  function handle({ resources, validateOnly }: IncrementalAlterConfigsRequest) {
    return alterEach(services, resources, async ({ configs }, resource) => {
      if (new Set(configs.map(({ name }) => name)).size < configs.length)
        throw new KafkaError(ErrorCode.INVALID_REQUEST, 'a setting is named more than once')
      await resource.change(own => changesOf(configs, resource, own), validateOnly)
    })
  }
  return handler(APIS.IncrementalAlterConfigs, 'strict', handle)
}

function changesOf(
  alterations: readonly Alteration[],
  resource: AlterableResource,
  own: ReadonlyMap<string, string>,
): ConfigChanges {
  const changes = new Map<string, string | null>()
  for (const { name, configOperation, value } of alterations) {
    if (configOperation === DELETE) changes.set(name, null)
    else if (value === null) throw new KafkaError(ErrorCode.INVALID_REQUEST, `${name} has no value`)
    else if (configOperation === SET) changes.set(name, value)
    else if (configOperation === APPEND || configOperation === SUBTRACT) {
      const elements = changedList(resource.listOf(name, own), elementsOf(value), configOperation)
      changes.set(name, elements.join(','))
    } else throw new KafkaError(ErrorCode.INVALID_REQUEST, `unknown operation ${configOperation}`)
  }
  return changes
}

function changedList(current: readonly string[], named: readonly string[], operation: number): readonly string[] {
  if (operation === SUBTRACT) return current.filter(element => !named.includes(element))
  return [...new Set([...current, ...named])]
}
