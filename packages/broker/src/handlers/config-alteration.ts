/** What AlterConfigs and IncrementalAlterConfigs share: each resource succeeds or fails on its own. */
import { type ConfigTypeName, ErrorCode, InvalidConfigError, KafkaError } from '@millrace/protocol'
import { BROKER_CONFIG } from '../config/broker-config.ts'
import { checkDynamicSettings, isBrokerSetting } from '../config/broker-settings.ts'
import { checkGroupConfigs } from '../config/consumer-group-config.ts'
import { isTopicSetting, TOPIC_CONFIG, topicSettingValue } from '../config/topic-config.ts'
import { type ConfigChanges, changedConfigs, configRecords } from '../metadata/config-changes.ts'
import { ALL_BROKERS, ConfigResource } from '../metadata/config-resource.ts'
import { topicNameProblem } from '../metadata/topic-name.ts'
import type { BrokerServices } from './services.ts'

interface Resource {
  readonly resourceType: number
  readonly resourceName: string
}
interface ResourceAnswer extends Resource {
  readonly errorCode: number
  readonly errorMessage: string | null
}

type OwnConfigs = ReadonlyMap<string, string>

/** A resource whose settings can be changed. Both methods throw {@link KafkaError}. */
export interface AlterableResource {
  /** The elements of a list in effect. */
  listOf(setting: string, own: OwnConfigs): readonly string[]
  /** `decide` sees the resource's own settings and says what changes. */
  change(decide: (own: OwnConfigs) => ConfigChanges, validateOnly: boolean): Promise<void>
}

/** `alter` throws {@link KafkaError}. */
export async function alterEach<R extends Resource>(
  services: BrokerServices,
  resources: readonly R[],
  alter: (asked: R, resource: AlterableResource) => Promise<void>,
): Promise<{ responses: ResourceAnswer[] }> {
  const timesNamed = new Map<string, number>()
  for (const resource of resources) timesNamed.set(keyOf(resource), (timesNamed.get(keyOf(resource)) ?? 0) + 1)
  const responses: ResourceAnswer[] = []
  for (const asked of resources) {
    const { resourceType, resourceName } = asked
    try {
      if (timesNamed.get(keyOf(asked))! > 1)
        throw new KafkaError(ErrorCode.INVALID_REQUEST, 'a resource is named more than once')
      await alter(asked, alterableResource(services, asked))
      responses.push({ errorCode: ErrorCode.NONE, errorMessage: null, resourceType, resourceName })
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      responses.push({ errorCode: error.errorCode, errorMessage: error.message, resourceType, resourceName })
    }
  }
  return { responses }
}

function keyOf({ resourceType, resourceName }: Resource): string {
  return `${resourceType} ${resourceName}`
}

function alterableResource(services: BrokerServices, { resourceType, resourceName }: Resource): AlterableResource {
  switch (resourceType) {
    case ConfigResource.topic:
      return topicResource(services, resourceName)
    case ConfigResource.broker:
      if (resourceName !== ALL_BROKERS) checkBrokerName(services, resourceName)
      return brokerResource(services, resourceName)
    case ConfigResource.group:
      return groupResource(services, resourceName)
    case ConfigResource.brokerLogger:
      checkBrokerName(services, resourceName)
      throw new KafkaError(ErrorCode.INVALID_CONFIG, 'this broker has no loggers')
    default:
      throw new KafkaError(ErrorCode.INVALID_REQUEST, `settings of resources of type ${resourceType} cannot be changed`)
  }
}

/** Throws {@link KafkaError} INVALID_REQUEST. */
export function checkBrokerName({ config }: BrokerServices, name: string): void {
  const nodeId = config['node.id']
  if (name !== String(nodeId)) throw new KafkaError(ErrorCode.INVALID_REQUEST, `this is broker ${nodeId}, not ${name}`)
}

function topicResource({ topics, config }: BrokerServices, name: string): AlterableResource {
  if (name === '') throw new KafkaError(ErrorCode.INVALID_REQUEST, 'topics have no settings in common')
  const problem = topicNameProblem(name)
  if (problem !== undefined) throw new KafkaError(ErrorCode.INVALID_TOPIC_EXCEPTION, problem)
  return {
    listOf: (setting, own) => {
      if (!isTopicSetting(setting))
        throw new KafkaError(ErrorCode.INVALID_CONFIG, `there is no topic setting ${setting}`)
      checkIsList(setting, TOPIC_CONFIG[setting].type)
      return elementsOf(topicSettingValue(setting, own, config).text)
    },
    change: (decide, validateOnly) => topics.changeConfigs(name, decide, validateOnly),
  }
}

/** Of this broker, or of all ({@link ALL_BROKERS}). */
function brokerResource({ metadata, settings }: BrokerServices, name: string): AlterableResource {
  return {
    listOf: (setting, own) => {
      if (!isBrokerSetting(setting))
        throw new KafkaError(ErrorCode.INVALID_CONFIG, `there is no broker setting ${setting}`)
      checkIsList(setting, BROKER_CONFIG[setting].type)
      return elementsOf(own.get(setting) ?? settings.sourcesOf(setting)[0]?.text ?? '')
    },
    change: (decide, validateOnly) =>
      metadata.change(image => {
        const own = image.configsOf(ConfigResource.broker, name)
        const changes = decide(own)
        checkDynamicSettings(changedConfigs(own, changes))
        const records = configRecords(ConfigResource.broker, name, changes)
        return { records: validateOnly ? [] : records, result: undefined }
      }),
  }
}

/** A group need not exist to have settings. */
function groupResource({ metadata, config }: BrokerServices, name: string): AlterableResource {
  if (name === '') throw new KafkaError(ErrorCode.INVALID_REQUEST, 'groups have no settings in common')
  return {
    listOf: setting => {
      throw new KafkaError(ErrorCode.INVALID_CONFIG, `${setting} is no list`)
    },
    change: (decide, validateOnly) =>
      metadata.change(image => {
        const own = image.configsOf(ConfigResource.group, name)
        const changes = decide(own)
        try {
          checkGroupConfigs(changedConfigs(own, changes), config)
        } catch (error) {
          if (error instanceof InvalidConfigError) throw new KafkaError(ErrorCode.INVALID_CONFIG, error.message)
          throw error
        }
        const records = configRecords(ConfigResource.group, name, changes)
        return { records: validateOnly ? [] : records, result: undefined }
      }),
  }
}

function checkIsList(setting: string, type: { readonly name: ConfigTypeName }): void {
  if (type.name !== 'LIST') throw new KafkaError(ErrorCode.INVALID_CONFIG, `${setting} is no list`)
}

export function elementsOf(list: string): string[] {
  return list.split(',').filter(element => element !== '')
}
