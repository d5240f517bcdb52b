/** Settings as DescribeConfigs and CreateTopics show them: value, where it comes from, what else it could come from. */
import type { ConfigSetting, ConfigTypeName } from '@millrace/protocol'
import { BROKER_CONFIG } from '../config/broker-config.ts'
import {
  type BrokerSetting,
  type BrokerSettings,
  isBrokerSetting,
  isDynamic,
  type SettingSource,
} from '../config/broker-settings.ts'
import { GROUP_RESOURCE_CONFIG, groupSettingValue, isGroupSetting } from '../config/consumer-group-config.ts'
import { isTopicSetting, TOPIC_CONFIG, topicSettingValue } from '../config/topic-config.ts'

/** `DescribeConfigsResponse.ConfigSource` of Kafka. */
const TOPIC_SOURCE = 1
const GROUP_SOURCE = 8
const SOURCE: Record<SettingSource, number> = { dynamicBroker: 2, dynamicDefault: 3, static: 4, default: 5 }

/** `DescribeConfigsResponse.ConfigType` of Kafka. */
const TYPE: Record<ConfigTypeName, number> = {
  BOOLEAN: 1,
  STRING: 2,
  INT: 3,
  LONG: 5,
  DOUBLE: 6,
  LIST: 7,
  PASSWORD: 9,
}

export interface DescribedConfig {
  readonly name: string
  /** Null for a secret and for what is not set. */
  readonly value: string | null
  readonly readOnly: boolean
  readonly configSource: number
  readonly isSensitive: boolean
  /** What gives the value, best first, down to the default. */
  readonly synonyms: readonly { readonly name: string; readonly value: string | null; readonly source: number }[]
  readonly configType: number
  readonly documentation: string
}

type Synonym = DescribedConfig['synonyms'][number]
type Rows = Readonly<Record<string, ConfigSetting<unknown>>>

/** Broker settings that a setting of topics falls back to, by the first of them, which is dynamic. */
const FALLBACKS: ReadonlyMap<string, readonly BrokerSetting[]> = new Map(
  Object.values(TOPIC_CONFIG).flatMap(({ brokerSynonyms: [first, ...others] }) =>
    first === undefined ? [] : [[first.name, others.map(({ name }) => name)] as const],
  ),
)

/** All settings of a topic. `overrides`: its own, in Kafka's text form. */
export function describeTopicConfigs(
  overrides: ReadonlyMap<string, string>,
  broker: BrokerSettings,
): DescribedConfig[] {
  return Object.entries<ConfigSetting<unknown>>(TOPIC_CONFIG as Rows).map(([name, row]) => {
    if (!isTopicSetting(name)) throw new Error(`${name} is in the table of topic settings and is none`)
    const { text: value, source } = topicSettingValue(name, overrides, broker.effective)
    const synonyms: Synonym[] = []
    if (source === 'topic') synonyms.push({ name, value, source: TOPIC_SOURCE })
    for (const synonym of TOPIC_CONFIG[name].brokerSynonyms) synonyms.push(...synonymsOf(synonym.name, broker))
    return {
      name,
      value,
      readOnly: false,
      configSource: synonyms[0]?.source ?? SOURCE.default,
      isSensitive: false,
      synonyms,
      configType: TYPE[row.type.name],
      documentation: row.doc,
    }
  })
}

/** All settings of a group. `overrides`: its own, in Kafka's text form. */
export function describeGroupConfigs(
  overrides: ReadonlyMap<string, string>,
  broker: BrokerSettings,
): DescribedConfig[] {
  return Object.entries<ConfigSetting<unknown>>(GROUP_RESOURCE_CONFIG as Rows).flatMap(([name, row]) => {
    if (!isGroupSetting(name)) return []
    const value = row.type.print(groupSettingValue(name, overrides, broker.effective))
    const own = overrides.get(name)
    const synonyms = synonymsOf(`group.${name}`, broker)
    if (own !== undefined) synonyms.unshift({ name, value: own, source: GROUP_SOURCE })
    return {
      name,
      value,
      readOnly: false,
      configSource: synonyms[0]?.source ?? SOURCE.default,
      isSensitive: false,
      synonyms,
      configType: TYPE[row.type.name],
      documentation: row.doc,
    }
  })
}

/** All settings of this broker. */
export function describeBrokerConfigs(broker: BrokerSettings): DescribedConfig[] {
  return Object.keys(BROKER_CONFIG)
    .filter(isBrokerSetting)
    .map(name => {
      const own = synonymsOf(name, broker)
      // Of a setting without a value there is nothing to tell, not even what takes its place.
      const fallbacks = own.length === 0 ? [] : (FALLBACKS.get(name) ?? [])
      return describeBrokerConfig(name, [...own, ...fallbacks.flatMap(fallback => synonymsOf(fallback, broker))])
    })
}

/** Settings that all brokers share: the dynamic ones that were given. */
export function describeSharedConfigs(shared: ReadonlyMap<string, string>): DescribedConfig[] {
  return [...shared].flatMap(([name, value]) =>
    isBrokerSetting(name) ? [describeBrokerConfig(name, [{ name, value, source: SOURCE.dynamicDefault }])] : [],
  )
}

function describeBrokerConfig(name: BrokerSetting, own: readonly Synonym[]): DescribedConfig {
  const { type, doc } = BROKER_CONFIG[name] as ConfigSetting<unknown>
  const isSensitive = type.name === 'PASSWORD'
  const [first] = own
  return {
    name,
    value: isSensitive ? null : (first?.value ?? null),
    readOnly: !isDynamic(name),
    configSource: first?.source ?? SOURCE.default,
    isSensitive,
    synonyms: own,
    configType: TYPE[type.name],
    documentation: doc,
  }
}

function synonymsOf(name: BrokerSetting, broker: BrokerSettings): Synonym[] {
  const isSensitive = (BROKER_CONFIG[name] as ConfigSetting<unknown>).type.name === 'PASSWORD'
  return broker.sourcesOf(name).map(({ source, text }) => ({
    name,
    value: isSensitive ? null : text,
    source: SOURCE[source],
  }))
}
