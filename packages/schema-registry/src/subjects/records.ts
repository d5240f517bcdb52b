/**
 * Records of `_schemas`, byte for byte the original's: log compaction compares the bytes of keys, so the order of their
 * properties is part of the format.
 */
import { isJsonObject, type JsonObject, type JsonValue, jsonValueOf } from '../json/json-value.ts'
import { printJson } from '../json/print-json.ts'
import { JsonSyntaxError, readJson } from '../json/read-json.ts'
import { type Config, configJson, readConfig } from './config.ts'
import { metadataJson } from './metadata.ts'
import { type Mode, readMode } from './mode.ts'
import {
  MalformedJsonError,
  readBoolean,
  readInteger,
  readMetadata,
  readReferences,
  readRuleSet,
  readText,
} from './read-model.ts'
import { RegistryError } from './registry-error.ts'
import { ruleSetJson } from './rule-set.ts'
import type { SchemaContent } from './schema-content.ts'

/** `value` null is a tombstone; `subject` null is the registry as a whole. */
export type RegistryRecord =
  | {
      readonly type: 'SCHEMA'
      readonly subject: string
      readonly version: number
      readonly value: SchemaRecordValue | null
    }
  | { readonly type: 'CONFIG'; readonly subject: string | null; readonly value: Config | null }
  | { readonly type: 'MODE'; readonly subject: string | null; readonly value: Mode | null }
  /** Versions 1…`upToVersion` of the subject are soft deleted. */
  | {
      readonly type: 'DELETE_SUBJECT'
      readonly subject: string
      readonly value: { readonly upToVersion: number } | null
    }
  /** Soft-deleted versions of everything in the subject's scope are forgotten. */
  | { readonly type: 'CLEAR_SUBJECT'; readonly subject: string | null; readonly isTombstone: boolean }
  | { readonly type: 'CONTEXT'; readonly context: string; readonly isTombstone: boolean }
  | { readonly type: 'NOOP' }

export interface SchemaRecordValue {
  readonly id: number
  readonly content: SchemaContent
  readonly isDeleted: boolean
}

export interface EncodedRecord {
  readonly key: string
  readonly value: string | null
}

const TENANT = 'default'

export function encodeRecord(record: RegistryRecord): EncodedRecord {
  return { key: printJson(jsonValueOf(keyOf(record))), value: printValue(valueJson(record)) }
}

function keyOf(record: RegistryRecord): object {
  const keytype = record.type
  switch (record.type) {
    case 'SCHEMA':
      return { keytype, subject: record.subject, version: record.version, magic: 1 }
    case 'CONTEXT':
      return { keytype, tenant: TENANT, context: record.context, magic: 0 }
    case 'NOOP':
      return { keytype, magic: 0 }
    default:
      return { keytype, subject: record.subject ?? undefined, magic: 0 }
  }
}

function printValue(value: JsonValue): string | null {
  return value === null ? null : printJson(value)
}

function valueJson(record: RegistryRecord): JsonValue {
  switch (record.type) {
    case 'SCHEMA':
      return record.value && schemaValue(record.subject, record.version, record.value)
    case 'CONFIG': {
      if (record.value === null) return null
      const subject: [string, JsonValue][] = record.subject === null ? [] : [['subject', record.subject]]
      return new Map([...subject, ...configJson(record.value, 'compatibilityLevel')])
    }
    case 'MODE':
      return record.value && jsonValueOf({ subject: record.subject ?? undefined, mode: record.value })
    case 'DELETE_SUBJECT':
      return record.value && jsonValueOf({ subject: record.subject, version: record.value.upToVersion })
    case 'CLEAR_SUBJECT':
      return record.isTombstone ? null : jsonValueOf({ subject: record.subject ?? undefined })
    case 'CONTEXT':
      return record.isTombstone ? null : jsonValueOf({ tenant: TENANT, context: record.context })
    case 'NOOP':
      return null
  }
}

function schemaValue(subject: string, version: number, { id, content, isDeleted }: SchemaRecordValue): JsonValue {
  const { references, metadata, ruleSet } = content
  return jsonValueOf({
    subject,
    version,
    id,
    schemaType: content.schemaType,
    references:
      references.length === 0
        ? undefined
        : references.map(({ name, subject, version }) => ({ name, subject, version })),
    metadata: metadata === null ? undefined : metadataJson(metadata),
    ruleSet: ruleSet === null ? undefined : ruleSetJson(ruleSet),
    schema: content.text,
    deleted: isDeleted,
  })
}

/** Undefined for what is no record of a registry or of a kind unknown here: it is passed over. */
export function decodeRecord(key: string | null, value: string | null): RegistryRecord | undefined {
  if (key === null) return undefined
  try {
    const keyJson = readJson(key)
    if (!isJsonObject(keyJson)) return undefined
    const parsedValue = value === null ? null : readJson(value)
    if (parsedValue !== null && !isJsonObject(parsedValue)) return undefined
    return decode(keyJson, parsedValue)
  } catch (error) {
    if (error instanceof JsonSyntaxError || error instanceof MalformedJsonError || error instanceof RegistryError)
      return undefined
    throw error
  }
}

function decode(key: JsonObject, value: JsonObject | null): RegistryRecord | undefined {
  const subject = readText(key, 'subject')
  switch (readText(key, 'keytype')) {
    case 'SCHEMA': {
      const version = readInteger(key, 'version')
      if (subject === null || version === null) return undefined
      return { type: 'SCHEMA', subject, version, value: value && decodeSchema(value) }
    }
    case 'CONFIG':
      return { type: 'CONFIG', subject, value: value && readConfig(value, 'compatibilityLevel') }
    case 'MODE':
      return { type: 'MODE', subject, value: value && readMode(readText(value, 'mode')) }
    case 'DELETE_SUBJECT': {
      if (subject === null) return undefined
      return { type: 'DELETE_SUBJECT', subject, value: value && { upToVersion: readInteger(value, 'version') ?? 0 } }
    }
    case 'CLEAR_SUBJECT':
      return { type: 'CLEAR_SUBJECT', subject, isTombstone: value === null }
    case 'CONTEXT': {
      const context = readText(key, 'context')
      return context === null ? undefined : { type: 'CONTEXT', context, isTombstone: value === null }
    }
    case 'NOOP':
      return { type: 'NOOP' }
    default:
      return undefined
  }
}

function decodeSchema(value: JsonObject): SchemaRecordValue {
  const id = readInteger(value, 'id')
  const text = readText(value, 'schema')
  if (id === null || text === null) throw new MalformedJsonError('value', 'a schema with id and text')
  const metadata = readMetadata(value)
  return {
    id,
    content: {
      // Registries before 8.x left the type out for Avro.
      schemaType: readText(value, 'schemaType') ?? 'AVRO',
      text,
      references: readReferences(value),
      metadata,
      ruleSet: readRuleSet(value),
    },
    isDeleted: readBoolean(value, 'deleted') ?? false,
  }
}
