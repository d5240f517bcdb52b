import { APIS, ErrorCode, type KafkaError } from '@millrace/protocol'
import type { Cluster } from '../cluster/cluster.ts'
import type { Node } from '../cluster/metadata.ts'
import type { TimeLimit } from '../connection/time-limit.ts'
import { UnsupportedBrokerError } from '../errors/client-errors.ts'
import { callForEach, callOnce, failureOf } from './resource-calls.ts'

const RESOURCE_TYPES = { topic: 2, broker: 4, brokerLogger: 8, clientMetrics: 16, group: 32 } as const
const OPERATIONS = { set: 0, delete: 1, append: 2, subtract: 3 } as const
/** Index = code. */
const SOURCES = [
  'UNKNOWN',
  'DYNAMIC_TOPIC_CONFIG',
  'DYNAMIC_BROKER_CONFIG',
  'DYNAMIC_DEFAULT_BROKER_CONFIG',
  'STATIC_BROKER_CONFIG',
  'DEFAULT_CONFIG',
  'DYNAMIC_BROKER_LOGGER_CONFIG',
  'DYNAMIC_CLIENT_METRICS_CONFIG',
  'DYNAMIC_GROUP_CONFIG',
] as const
const TYPES = ['UNKNOWN', 'BOOLEAN', 'STRING', 'INT', 'SHORT', 'LONG', 'DOUBLE', 'LIST', 'CLASS', 'PASSWORD'] as const

export type ConfigSource = (typeof SOURCES)[number]

export interface ConfigResource {
  readonly type: keyof typeof RESOURCE_TYPES
  /** Topic, group or metrics subscription; the id of a broker, '' for what all brokers share. */
  readonly name: string
}

export interface ConfigEntry {
  readonly name: string
  /** Null if it is secret or not set. */
  readonly value: string | null
  readonly source: ConfigSource
  readonly isDefault: boolean
  readonly isSensitive: boolean
  readonly isReadOnly: boolean
  readonly type: (typeof TYPES)[number]
  /** Where else a value could come from, the strongest first; empty unless asked for. */
  readonly synonyms: readonly { readonly name: string; readonly value: string | null; readonly source: ConfigSource }[]
  /** Null unless asked for. */
  readonly documentation: string | null
}

export interface ConfigQuery extends ConfigResource {
  /** All settings if left out. */
  readonly settings?: readonly string[] | undefined
}

export interface ConfigDescription extends ConfigResource {
  readonly configs: ReadonlyMap<string, ConfigEntry>
}

export type ConfigChange =
  | { readonly name: string; readonly operation: 'set' | 'append' | 'subtract'; readonly value: string }
  /** Back to the default. */
  | { readonly name: string; readonly operation: 'delete' }

export interface ConfigAlteration extends ConfigResource {
  readonly changes: readonly ConfigChange[]
}

export interface DescribeConfigsOptions {
  readonly includeSynonyms?: boolean | undefined
  readonly includeDocumentation?: boolean | undefined
}

export async function describeConfigs(
  cluster: Cluster,
  queries: readonly ConfigQuery[],
  options: DescribeConfigsOptions,
  limit: TimeLimit,
): Promise<ConfigDescription[]> {
  const found = await callPerBroker<ConfigQuery, ConfigDescription>(
    cluster,
    'describing configs',
    queries,
    limit,
    async (node, asked, remaining) => {
      const answer = await cluster.request(
        { node, lane: 'main' },
        APIS.DescribeConfigs,
        () => ({
          resources: asked.map(({ type, name, settings }) => ({
            resourceType: RESOURCE_TYPES[type],
            resourceName: name,
            configurationKeys: settings ?? null,
          })),
          includeSynonyms: options.includeSynonyms === true,
          includeDocumentation: options.includeDocumentation === true,
        }),
        remaining,
      )
      return answer.results.map(result => ({
        ...result,
        value: (resource: ConfigResource) => ({
          ...resource,
          configs: new Map(result.configs.map(config => [config.name, entryOf(config, options)])),
        }),
      }))
    },
  )
  return queries.map(query => found.get(keyOf(query))!)
}

function entryOf(
  config: {
    name: string
    value: string | null
    configSource: number
    isSensitive: boolean
    readOnly: boolean
    configType: number
    synonyms: readonly { name: string; value: string | null; source: number }[]
    documentation: string | null
  },
  options: DescribeConfigsOptions,
): ConfigEntry {
  const source = sourceOf(config.configSource)
  return {
    name: config.name,
    value: config.value,
    source,
    isDefault: source === 'DEFAULT_CONFIG',
    isSensitive: config.isSensitive,
    isReadOnly: config.readOnly,
    type: TYPES[config.configType] ?? 'UNKNOWN',
    synonyms: config.synonyms.map(({ name, value, source }) => ({ name, value, source: sourceOf(source) })),
    documentation: options.includeDocumentation === true ? config.documentation : null,
  }
}

function sourceOf(code: number): ConfigSource {
  return SOURCES[code] ?? 'UNKNOWN'
}

export async function alterConfigs(
  cluster: Cluster,
  alterations: readonly ConfigAlteration[],
  validateOnly: boolean,
  limit: TimeLimit,
): Promise<void> {
  await callPerBroker<ConfigAlteration, true>(
    cluster,
    'altering configs',
    alterations,
    limit,
    async (node, asked, remaining) => {
      const answer = await cluster.request(
        { node, lane: 'main' },
        APIS.IncrementalAlterConfigs,
        () => ({
          resources: asked.map(({ type, name, changes }) => ({
            resourceType: RESOURCE_TYPES[type],
            resourceName: name,
            configs: changes.map(change => ({
              name: change.name,
              configOperation: OPERATIONS[change.operation],
              value: change.operation === 'delete' ? null : change.value,
            })),
          })),
          validateOnly,
        }),
        remaining,
      )
      return answer.responses.map(response => ({ ...response, value: () => true as const }))
    },
  )
}

/** All settings of a resource at once: what is not named goes back to its default. */
export interface ConfigReplacement extends ConfigResource {
  /** Under Kafka's names: `{ 'cleanup.policy': 'compact' }`. */
  readonly configs: Readonly<Record<string, string | number | boolean>>
}

export async function replaceConfigs(
  cluster: Cluster,
  replacements: readonly ConfigReplacement[],
  validateOnly: boolean,
  limit: TimeLimit,
): Promise<void> {
  await callPerBroker<ConfigReplacement, true>(
    cluster,
    'altering configs',
    replacements,
    limit,
    async (node, asked, remaining) => {
      const answer = await cluster.request(
        { node, lane: 'main' },
        APIS.AlterConfigs,
        () => ({
          resources: asked.map(({ type, name, configs }) => ({
            resourceType: RESOURCE_TYPES[type],
            resourceName: name,
            configs: Object.entries(configs).map(([setting, value]) => ({ name: setting, value: String(value) })),
          })),
          validateOnly,
        }),
        remaining,
      )
      return answer.responses.map(response => ({ ...response, value: () => true as const }))
    },
  )
}

/** What has settings, of these types or of all. */
export function listConfigResources(
  cluster: Cluster,
  types: readonly ConfigResource['type'][],
  limit: TimeLimit,
): Promise<ConfigResource[]> {
  return callOnce(cluster, 'listing config resources', limit, async (node, remaining) => {
    const answer = await cluster.request(
      { node, lane: 'main' },
      APIS.ListConfigResources,
      version => {
        if (version > 0) return { resourceTypes: types.map(type => RESOURCE_TYPES[type]) }
        if (types.length === 1 && types[0] === 'clientMetrics') return {}
        throw new UnsupportedBrokerError(`${node.host}:${node.port}`, 'lists no config resources but client metrics')
      },
      remaining,
    )
    if (answer.errorCode !== ErrorCode.NONE) return failureOf(answer.errorCode, 'listing config resources')
    return answer.configResources.flatMap(({ resourceName: name, resourceType }) => {
      const type = TYPE_NAMES.get(resourceType)
      return type === undefined ? [] : [{ type, name }]
    })
  })
}

const TYPE_NAMES: ReadonlyMap<number, ConfigResource['type']> = new Map(
  (Object.keys(RESOURCE_TYPES) as ConfigResource['type'][]).map(name => [RESOURCE_TYPES[name], name]),
)

interface ResourceAnswer<R> {
  readonly resourceType: number
  readonly resourceName: string
  readonly errorCode: number
  readonly errorMessage: string | null
  value(resource: ConfigResource): R
}

/** Settings of one broker are that broker's business; the others are known to all. */
function callPerBroker<Q extends ConfigResource, R>(
  cluster: Cluster,
  operation: string,
  resources: readonly Q[],
  limit: TimeLimit,
  ask: (node: Node, asked: readonly Q[], remaining: TimeLimit) => Promise<ResourceAnswer<R>[]>,
): Promise<Map<string, R>> {
  const byKey = new Map(resources.map(resource => [keyOf(resource), resource]))
  return callForEach<R>(cluster, { operation, limit }, [...byKey.keys()], async (pending, remaining) => {
    const outcomes = new Map<string, R | KafkaError>()
    const byNode = new Map<Node, Q[]>()
    for (const key of pending) {
      const resource = byKey.get(key)!
      const isOfBroker = (resource.type === 'broker' || resource.type === 'brokerLogger') && resource.name !== ''
      const node = isOfBroker
        ? await cluster.broker(Number(resource.name), remaining)
        : await cluster.controller(remaining)
      const others = byNode.get(node)
      if (others === undefined) byNode.set(node, [resource])
      else others.push(resource)
    }
    for (const [node, asked] of byNode) {
      for (const answer of await ask(node, asked, remaining)) {
        const resource = asked.find(
          ({ type, name }) => RESOURCE_TYPES[type] === answer.resourceType && name === answer.resourceName,
        )
        if (resource === undefined) continue
        const { errorCode, errorMessage } = answer
        outcomes.set(
          keyOf(resource),
          errorCode === ErrorCode.NONE
            ? answer.value({ type: resource.type, name: resource.name })
            : failureOf(errorCode, `${resource.type} ${resource.name}`, errorMessage),
        )
      }
    }
    return outcomes
  })
}

function keyOf({ type, name }: ConfigResource): string {
  return `${type} ${name}`
}
