/** IncrementalAlterConfigs (API key 44), v0 to v1, for topics. */
import { APIS, ErrorCode, type IncrementalAlterConfigsRequest, KafkaError } from '@millrace/protocol'
import { isTopicSetting, TOPIC_CONFIG, topicSettingValue } from '../config/topic-config.ts'
import type { RequestHandler } from '../server/request-handler.ts'
import type { ConfigChanges } from '../topics/topics.ts'
import { alterEach } from './config-alteration.ts'
import { type BrokerServices, handler } from './services.ts'

type Alteration = IncrementalAlterConfigsRequest['resources'][number]['configs'][number]

/** `AlterConfigOp.OpType` of Kafka. */
const SET = 0
const DELETE = 1
const APPEND = 2
const SUBTRACT = 3

export function incrementalAlterConfigs({ topics, config }: BrokerServices): RequestHandler {
  function handle({ resources, validateOnly }: IncrementalAlterConfigsRequest) {
    return alterEach(resources, async ({ resourceName, configs }) => {
      if (new Set(configs.map(({ name }) => name)).size < configs.length)
        throw new KafkaError(ErrorCode.INVALID_REQUEST, 'a setting is named more than once')
      await topics.changeConfigs(resourceName, own => changesOf(configs, own), validateOnly)
    })
  }

  function changesOf(alterations: readonly Alteration[], own: ReadonlyMap<string, string>): ConfigChanges {
    const changes = new Map<string, string | null>()
    for (const { name, configOperation, value } of alterations) {
      if (configOperation === DELETE) changes.set(name, null)
      else if (value === null) throw new KafkaError(ErrorCode.INVALID_CONFIG, `${name} has no value`)
      else if (configOperation === SET) changes.set(name, value)
      else changes.set(name, changedList(name, configOperation, value, own))
    }
    return changes
  }

  function changedList(name: string, operation: number, value: string, own: ReadonlyMap<string, string>): string {
    if (operation !== APPEND && operation !== SUBTRACT)
      throw new KafkaError(ErrorCode.INVALID_REQUEST, `unknown operation ${operation}`)
    if (!isTopicSetting(name)) throw new KafkaError(ErrorCode.INVALID_CONFIG, `there is no topic setting ${name}`)
    if (TOPIC_CONFIG[name].type.name !== 'LIST') throw new KafkaError(ErrorCode.INVALID_CONFIG, `${name} is no list`)
    const current = elementsOf(topicSettingValue(name, own, config).text)
    const named = elementsOf(value)
    if (operation === SUBTRACT) return current.filter(element => !named.includes(element)).join(',')
    return [...new Set([...current, ...named])].join(',')
  }

  return handler(APIS.IncrementalAlterConfigs, 'strict', handle)
}

function elementsOf(list: string): string[] {
  return list.split(',').filter(element => element !== '')
}
