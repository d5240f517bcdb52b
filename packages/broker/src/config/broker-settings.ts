/**
 * Where the values of the broker's settings come from (KIP-226), the strongest first: this broker's dynamic ones, those of
 * all brokers, what the broker was started with, the defaults. Dynamic ones are changed by clients and kept in the
 * metadata log.
 */
import { type ConfigSetting, ErrorCode, InvalidConfigError, KafkaError, parseSetting } from '@millrace/protocol'
import { BROKER_CONFIG, type BrokerConfig, type BrokerConfigInput, parseBrokerConfig } from './broker-config.ts'
import { TOPIC_CONFIG } from './topic-config.ts'

export type BrokerSetting = keyof BrokerConfig

export type SettingSource = 'dynamicBroker' | 'dynamicDefault' | 'static' | 'default'

/** A value that a setting could have, in Kafka's text form. */
export interface SourcedText {
  readonly source: SettingSource
  readonly text: string
}

type Overrides = ReadonlyMap<string, string>

/** Kafka's dynamic settings that this broker has, besides those that topics inherit. */
const DYNAMIC_BESIDES_LOG = [
  'group.consumer.assignment.interval.ms',
  'log.cleaner.backoff.ms',
  'log.cleaner.dedupe.buffer.size',
  'log.cleaner.io.buffer.load.factor',
  'log.cleaner.io.buffer.size',
  'log.cleaner.io.max.bytes.per.second',
  'log.cleaner.threads',
  'max.connections',
  'num.recovery.threads.per.data.dir',
  'producer.id.expiration.ms',
  'transaction.partition.verification.enable',
]

/** Of the settings that stand in for a topic's, the one in the topic's own unit is dynamic. */
const DYNAMIC: ReadonlySet<string> = new Set([
  ...Object.values(TOPIC_CONFIG).flatMap(({ brokerSynonyms: [first] }) => (first === undefined ? [] : [first.name])),
  ...DYNAMIC_BESIDES_LOG,
])

export function isBrokerSetting(name: string): name is BrokerSetting {
  return Object.hasOwn(BROKER_CONFIG, name)
}

export function isDynamic(name: BrokerSetting): boolean {
  return DYNAMIC.has(name)
}

/** Throws {@link KafkaError} INVALID_REQUEST unless all may be changed while the broker runs, and make sense. */
export function checkDynamicSettings(overrides: Overrides): void {
  for (const [name, text] of overrides) {
    if (!isBrokerSetting(name)) throw new KafkaError(ErrorCode.INVALID_REQUEST, `there is no broker setting ${name}`)
    if (!isDynamic(name)) throw new KafkaError(ErrorCode.INVALID_REQUEST, `${name} is read only when the broker starts`)
    try {
      parse(name, text)
    } catch (error) {
      if (!(error instanceof InvalidConfigError)) throw error
      throw new KafkaError(ErrorCode.INVALID_REQUEST, error.message)
    }
  }
}

export class BrokerSettings {
  /** The values in effect. All parts of the broker hold this one object, so that a change shows everywhere at once. */
  readonly effective: BrokerConfig
  private readonly values: Record<string, unknown>
  private readonly started: BrokerConfig
  /** Names that the broker was started with. */
  private readonly given: ReadonlySet<string>
  private own: Overrides = new Map()
  private shared: Overrides = new Map()

  /** Throws {@link InvalidConfigError}. */
  constructor(input: BrokerConfigInput) {
    this.started = parseBrokerConfig(input)
    this.given = new Set(Object.entries(input).flatMap(([name, value]) => (value === undefined ? [] : [name])))
    this.values = Object.assign(Object.create(null), this.started)
    this.effective = this.values as BrokerConfig
  }

  /** `own`: of this broker; `shared`: of all brokers. What cannot be used (any more) is passed over. */
  setDynamic(own: Overrides, shared: Overrides): void {
    this.own = usable(own)
    this.shared = usable(shared)
    for (const name of DYNAMIC) {
      if (!isBrokerSetting(name)) continue
      const text = this.own.get(name) ?? this.shared.get(name)
      this.values[name] = text === undefined ? this.started[name] : parse(name, text)
    }
  }

  /** What the setting has by its sources, the one in effect first; empty without any value. */
  sourcesOf(name: BrokerSetting): SourcedText[] {
    const sources: SourcedText[] = []
    const add = (source: SettingSource, text: string | null | undefined) => {
      if (text !== null && text !== undefined) sources.push({ source, text })
    }
    add('dynamicBroker', this.own.get(name))
    add('dynamicDefault', this.shared.get(name))
    if (this.given.has(name)) add('static', printed(name, this.started[name]))
    add('default', printed(name, BROKER_CONFIG[name].default))
    return sources
  }
}

function usable(overrides: Overrides): Overrides {
  return new Map(
    [...overrides].filter(([name, text]) => {
      try {
        checkDynamicSettings(new Map([[name, text]]))
        return true
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error
        return false
      }
    }),
  )
}

function parse(name: BrokerSetting, text: string): unknown {
  return parseSetting(name, (BROKER_CONFIG[name] as ConfigSetting<unknown>).type, text)
}

function printed(name: BrokerSetting, value: unknown): string | null {
  return value === null ? null : (BROKER_CONFIG[name] as ConfigSetting<unknown>).type.print(value)
}
