/** Settings of a subject, of a context, or of all (`CONFIG` records). Only what was set is there. */
import type { JsonObject, JsonValue } from '../json/json-value.ts'
import { type Metadata, metadataJson } from './metadata.ts'
import { readBoolean, readMetadata, readRuleSet, readText } from './read-model.ts'
import { invalidCompatibilityLevel } from './registry-error.ts'
import { type RuleSet, ruleSetJson } from './rule-set.ts'

export const COMPATIBILITY_LEVELS = [
  'NONE',
  'BACKWARD',
  'BACKWARD_TRANSITIVE',
  'FORWARD',
  'FORWARD_TRANSITIVE',
  'FULL',
  'FULL_TRANSITIVE',
] as const
export type CompatibilityLevel = (typeof COMPATIBILITY_LEVELS)[number]
export const DEFAULT_COMPATIBILITY_LEVEL: CompatibilityLevel = 'BACKWARD'

export interface Config {
  readonly alias?: string
  readonly aliasForDeks?: string
  readonly normalize?: boolean
  readonly validateFields?: boolean
  readonly validateNewSchemas?: boolean
  readonly validateRules?: boolean
  readonly compatibilityLevel?: CompatibilityLevel
  readonly compatibilityPolicy?: string
  readonly compatibilityGroup?: string
  readonly defaultMetadata?: Metadata
  readonly overrideMetadata?: Metadata
  readonly defaultRuleSet?: RuleSet
  readonly overrideRuleSet?: RuleSet
}
type ConfigMember = keyof Config

/** In the order of the original's answers and records. */
const MEMBERS: readonly ConfigMember[] = [
  'alias',
  'aliasForDeks',
  'normalize',
  'validateFields',
  'validateNewSchemas',
  'validateRules',
  'compatibilityLevel',
  'compatibilityPolicy',
  'compatibilityGroup',
  'defaultMetadata',
  'overrideMetadata',
  'defaultRuleSet',
  'overrideRuleSet',
]
const TEXTS = ['alias', 'aliasForDeks', 'compatibilityPolicy', 'compatibilityGroup'] as const
const SWITCHES = ['normalize', 'validateFields', 'validateNewSchemas', 'validateRules'] as const
const METADATA = ['defaultMetadata', 'overrideMetadata'] as const
const RULE_SETS = ['defaultRuleSet', 'overrideRuleSet'] as const

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** `levelName`: requests and their answers say `compatibility`, records and reads `compatibilityLevel`. */
export function configJson(config: Config, levelName: 'compatibility' | 'compatibilityLevel'): Map<string, JsonValue> {
  const json = new Map<string, JsonValue>()
  for (const member of MEMBERS) {
    const value = jsonOf(config, member)
    if (value !== undefined) json.set(member === 'compatibilityLevel' ? levelName : member, value)
  }
  return json
}

function jsonOf(config: Config, member: ConfigMember): JsonValue | undefined {
  const value = config[member]
  if (value === undefined || typeof value === 'string' || typeof value === 'boolean') return value
  return 'properties' in value ? metadataJson(value) : ruleSetJson(value)
}

/** What a body or record sets. Throws code 42203 for an unknown level, and {@link MalformedJsonError}. */
export function readConfig(json: JsonObject, levelName: 'compatibility' | 'compatibilityLevel'): Config {
  const config: Mutable<Config> = {}
  for (const member of TEXTS) {
    const value = readText(json, member)
    if (value !== null) config[member] = value
  }
  for (const member of SWITCHES) {
    const value = readBoolean(json, member)
    if (value !== null) config[member] = value
  }
  for (const member of METADATA) {
    const value = readMetadata(json, member)
    if (value !== null) config[member] = value
  }
  for (const member of RULE_SETS) {
    const value = readRuleSet(json, member)
    if (value !== null) config[member] = value
  }
  const level = readText(json, levelName)
  if (level !== null) config.compatibilityLevel = readLevel(level)
  return config
}

function readLevel(text: string): CompatibilityLevel {
  const level = COMPATIBILITY_LEVELS.find(known => known === text.toUpperCase())
  if (level === undefined) throw invalidCompatibilityLevel()
  return level
}

/** `body` changes what it names: a null removes, what it leaves out stays. */
export function updateConfig(old: Config, body: JsonObject): Config {
  const updated: Mutable<Config> = { ...old, ...readConfig(body, 'compatibility') }
  for (const member of MEMBERS) {
    const name = member === 'compatibilityLevel' ? 'compatibility' : member
    if (body.has(name) && body.get(name) === null) delete updated[member]
  }
  return updated
}
