/** Settings as DescribeConfigs and CreateTopics show them: value, where it comes from, what else it could come from. */
import type { ConfigSetting, ConfigTypeName } from '@millrace/protocol'
import { BROKER_CONFIG, type BrokerConfig } from '../config/broker-config.ts'
import { isTopicSetting, TOPIC_CONFIG, topicSettingValue } from '../config/topic-config.ts'

/** `DescribeConfigsResponse.ConfigSource` of Kafka. */
const SOURCE = { topic: 1, staticBroker: 4, default: 5 } as const

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

/** All settings of a topic. `overrides`: its own, in Kafka's text form. */
export function describeTopicConfigs(overrides: ReadonlyMap<string, string>, broker: BrokerConfig): DescribedConfig[] {
  return Object.entries<ConfigSetting<unknown>>(TOPIC_CONFIG as Rows).map(([name, row]) => {
    if (!isTopicSetting(name)) throw new Error(`${name} is in the table of topic settings and is none`)
    const { text: value, source } = topicSettingValue(name, overrides, broker)
    const synonyms: Synonym[] = []
    if (source === 'topic') synonyms.push({ name, value, source: SOURCE.topic })
    for (const synonym of TOPIC_CONFIG[name].brokerSynonyms) synonyms.push(...brokerSynonym(synonym.name, broker))
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

export function describeBrokerConfigs(broker: BrokerConfig): DescribedConfig[] {
  return Object.entries<ConfigSetting<unknown>>(BROKER_CONFIG as Rows).map(([name, row]) => {
    const isSensitive = row.type.name === 'PASSWORD'
    const synonyms = brokerSynonym(name as keyof BrokerConfig, broker)
    return {
      name,
      value: isSensitive ? null : printed(name as keyof BrokerConfig, broker[name as keyof BrokerConfig]),
      readOnly: true,
      configSource: synonyms[0]?.source ?? SOURCE.default,
      isSensitive,
      synonyms,
      configType: TYPE[row.type.name],
      documentation: row.doc,
    }
  })
}

/** The configured value if it is another one than the default, then the default. Settings without a value show nothing. */
function brokerSynonym(name: keyof BrokerConfig, broker: BrokerConfig): Synonym[] {
  const row = BROKER_CONFIG[name]
  const value = printed(name, broker[name])
  const defaultValue = printed(name, row.default)
  const synonyms: Synonym[] = []
  if (value !== null && value !== defaultValue) synonyms.push({ name, value, source: SOURCE.staticBroker })
  if (defaultValue !== null) synonyms.push({ name, value: defaultValue, source: SOURCE.default })
  return synonyms
}

function printed(name: keyof BrokerConfig, value: unknown): string | null {
  const { type } = BROKER_CONFIG[name] as ConfigSetting<unknown>
  return value === null ? null : type.print(value)
}
