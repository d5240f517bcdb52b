/** Typed values out of JSON from bodies and records. What has the wrong shape throws {@link MalformedJsonError}. */
import { MillraceError } from '@millrace/protocol'
import { isJsonArray, isJsonObject, JsonNumber, type JsonObject, type JsonValue } from '../json/json-value.ts'
import type { Metadata } from './metadata.ts'
import { RULE_KINDS, RULE_MODES, type Rule, type RuleSet } from './rule-set.ts'
import type { SchemaReference } from './schema-content.ts'

export class MalformedJsonError extends MillraceError {
  readonly code = 'MALFORMED_JSON'
  constructor(
    readonly member: string,
    readonly expected: string,
  ) {
    super(`${member} is not ${expected}`)
  }
}

export function readObject(json: JsonValue | undefined, member: string): JsonObject {
  if (!isJsonObject(json)) throw new MalformedJsonError(member, 'an object')
  return json
}

/** Jackson takes numbers and booleans for texts too. */
export function readText(json: JsonObject, member: string): string | null {
  const value = json.get(member) ?? null
  if (value === null || typeof value === 'string') return value
  if (typeof value === 'boolean') return String(value)
  if (value instanceof JsonNumber) return value.text
  throw new MalformedJsonError(member, 'a text')
}

/** A 32-bit integer. */
export function readInteger(json: JsonObject, member: string): number | null {
  const value = json.get(member) ?? null
  if (value === null) return null
  const text = value instanceof JsonNumber ? value.text : typeof value === 'string' ? value : ''
  const integer = /^-?\d+$/.test(text) ? Number(text) : Number.NaN
  if (!(integer >= -(2 ** 31) && integer < 2 ** 31)) throw new MalformedJsonError(member, 'a 32-bit integer')
  return integer
}

export function readBoolean(json: JsonObject, member: string): boolean | null {
  const value = json.get(member) ?? null
  if (value === null || typeof value === 'boolean') return value
  if (value === 'true' || value === 'false') return value === 'true'
  throw new MalformedJsonError(member, 'true or false')
}

function readList<T>(json: JsonObject, member: string, read: (value: JsonValue) => T): readonly T[] {
  const value = json.get(member) ?? []
  if (!isJsonArray(value)) throw new MalformedJsonError(member, 'an array')
  return value.map(read)
}

function readTexts(json: JsonObject, member: string): readonly string[] {
  return readList(json, member, value => {
    if (typeof value !== 'string') throw new MalformedJsonError(member, 'an array of texts')
    return value
  })
}

function readTextMap(json: JsonObject, member: string): ReadonlyMap<string, string> {
  const map = json.get(member) ?? null
  if (map === null) return new Map()
  const object = readObject(map, member)
  const texts = new Map<string, string>()
  for (const name of object.keys()) {
    const value = readText(object, name)
    if (value !== null) texts.set(name, value)
  }
  return texts
}

export function readReferences(json: JsonObject): readonly SchemaReference[] {
  return readList(json, 'references', value => {
    const reference = readObject(value, 'reference')
    return {
      name: readText(reference, 'name') ?? '',
      subject: readText(reference, 'subject') ?? '',
      version: readInteger(reference, 'version') ?? 0,
    }
  })
}

export function readMetadata(json: JsonObject, member = 'metadata'): Metadata | null {
  const value = json.get(member) ?? null
  if (value === null) return null
  const metadata = readObject(value, member)
  const tags = metadata.get('tags') ?? null
  const tagsByPath = tags === null ? new Map<string, JsonValue>() : readObject(tags, 'tags')
  return {
    tags: new Map([...tagsByPath.keys()].map(path => [path, readTexts(tagsByPath, path)])),
    properties: readTextMap(metadata, 'properties'),
    sensitive: readTexts(metadata, 'sensitive'),
  }
}

export function readRuleSet(json: JsonObject, member = 'ruleSet'): RuleSet | null {
  const value = json.get(member) ?? null
  if (value === null) return null
  const ruleSet = readObject(value, member)
  return {
    migrationRules: readList(ruleSet, 'migrationRules', readRule),
    domainRules: readList(ruleSet, 'domainRules', readRule),
    encodingRules: readList(ruleSet, 'encodingRules', readRule),
    enableAt: readText(ruleSet, 'enableAt'),
  }
}

function readRule(value: JsonValue): Rule {
  const rule = readObject(value, 'rule')
  const kind = readText(rule, 'kind')
  if (kind !== null && !RULE_KINDS.some(known => known === kind)) throw new MalformedJsonError('kind', 'a kind of rule')
  const mode = readText(rule, 'mode')
  if (mode !== null && !RULE_MODES.has(mode)) throw new MalformedJsonError('mode', 'a mode of a rule')
  return {
    name: readText(rule, 'name'),
    doc: readText(rule, 'doc'),
    kind,
    mode,
    type: readText(rule, 'type'),
    tags: readTexts(rule, 'tags'),
    params: readTextMap(rule, 'params'),
    expr: readText(rule, 'expr'),
    onSuccess: readText(rule, 'onSuccess'),
    onFailure: readText(rule, 'onFailure'),
    disabled: readBoolean(rule, 'disabled') ?? false,
  }
}
