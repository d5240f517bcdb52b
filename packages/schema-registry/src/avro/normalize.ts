/**
 * `normalize=true`: one text for schemas that differ only in the order of properties and aliases, in the spelling of
 * defaults, in an empty doc, or in being written as an error. As the original does it, the schema is rewritten with full
 * names and read again; a name without a namespace inside a namespace thereby moves into that namespace.
 */
import { javaDoubleText, javaFloatText } from '../json/java-numbers.ts'
import { isJsonArray, isJsonObject, JsonNumber, type JsonValue, jsonValueOf } from '../json/json-value.ts'
import { isValidDefault } from './default-value.ts'
import { LENIENT_PARSING, parseAvroJson } from './parse.ts'
import type { AvroProperties, AvroSchema, NamedSchema, RecordField } from './schema.ts'

export function normalizedSchema(schema: AvroSchema, knownTypes: ReadonlyMap<string, NamedSchema> = new Map()) {
  const leftByName = new Set(knownTypes.values())
  return parseAvroJson(rewrite(schema, leftByName), { ...LENIENT_PARSING, knownTypes })
}

/** `written` holds what is only named from here on. */
function rewrite(schema: AvroSchema, written: Set<NamedSchema>): JsonValue {
  switch (schema.type) {
    case 'union':
      return schema.branches.map(branch => rewrite(branch, written))
    case 'array':
      return object(['type', 'array'], ['items', rewrite(schema.items, written)], ...sorted(schema.properties))
    case 'map':
      return object(['type', 'map'], ['values', rewrite(schema.values, written)], ...sorted(schema.properties))
    case 'record':
    case 'enum':
    case 'fixed':
      return rewriteNamed(schema, written)
    default:
      if (schema.properties.size === 0) return schema.type
      return object(['type', schema.type], ...sorted(schema.properties))
  }
}

function rewriteNamed(schema: NamedSchema, written: Set<NamedSchema>): JsonValue {
  if (written.has(schema)) return schema.name.fullName
  written.add(schema)
  const head = object(['type', schema.type], ['name', schema.name.fullName])
  if (schema.doc !== null && schema.doc !== '') head.set('doc', schema.doc)
  if (schema.aliases.length > 0) head.set('aliases', schema.aliases.map(alias => alias.fullName).sort())
  if (schema.type === 'fixed') head.set('size', jsonValueOf(schema.sizeBytes))
  else if (schema.type === 'enum') {
    head.set('symbols', schema.symbols)
    if (schema.defaultSymbol !== null) head.set('default', schema.defaultSymbol)
  } else
    head.set(
      'fields',
      schema.fields.map(field => rewriteField(field, written)),
    )
  for (const [name, value] of sorted(schema.properties)) head.set(name, value)
  return head
}

function rewriteField(field: RecordField, written: Set<NamedSchema>): JsonValue {
  const rewritten = object(['name', field.name], ['type', rewrite(field.type, written)])
  if (field.doc !== null) rewritten.set('doc', field.doc)
  if (field.defaultValue !== undefined) rewritten.set('default', normalizedDefault(field.type, field.defaultValue))
  if (field.order !== 'ascending') rewritten.set('order', field.order)
  if (field.aliases.length > 0) rewritten.set('aliases', [...field.aliases].sort())
  for (const name of [...field.properties.keys()].sort()) rewritten.set(name, field.properties.get(name) ?? null)
  return rewritten
}

/** The value as its type prints it; what does not fit the type stays. */
function normalizedDefault(schema: AvroSchema, value: JsonValue): JsonValue {
  if (schema.type === 'union') {
    const branch = schema.branches.find(candidate => isValidDefault(candidate, value))
    return branch === undefined ? value : normalizedDefault(branch, value)
  }
  if (value instanceof JsonNumber && Number.isFinite(value.toNumber())) {
    if (schema.type === 'float') return new JsonNumber(javaFloatText(value.toNumber()))
    if (schema.type === 'double') return new JsonNumber(javaDoubleText(value.toNumber()))
  }
  if (schema.type === 'array' && isJsonArray(value)) return value.map(item => normalizedDefault(schema.items, item))
  if (!isJsonObject(value)) return value
  const typeOf = (name: string): AvroSchema | undefined =>
    schema.type === 'map'
      ? schema.values
      : schema.type === 'record'
        ? schema.fields.find(field => field.name === name)?.type
        : undefined
  return new Map(
    [...value.keys()].sort().map(name => {
      const type = typeOf(name)
      const member = value.get(name) ?? null
      return [name, type === undefined ? member : normalizedDefault(type, member)]
    }),
  )
}

const LOGICAL_TYPES: ReadonlySet<string> = new Set([
  'decimal',
  'big-decimal',
  'uuid',
  'duration',
  'date',
  'time-millis',
  'time-micros',
  'timestamp-millis',
  'timestamp-micros',
  'timestamp-nanos',
  'local-timestamp-millis',
  'local-timestamp-micros',
  'local-timestamp-nanos',
])

/** The properties of a logical type that Avro knows come first, the others by name. */
function sorted(properties: AvroProperties): [string, JsonValue][] {
  const logicalType = properties.get('logicalType')
  const first: string[] = []
  if (typeof logicalType === 'string' && LOGICAL_TYPES.has(logicalType)) {
    first.push('logicalType')
    if (logicalType === 'decimal') {
      first.push('precision')
      const scale = properties.get('scale')
      if (scale instanceof JsonNumber && scale.toNumber() !== 0) first.push('scale')
    }
  }
  const names = new Set([...first.filter(name => properties.has(name)), ...[...properties.keys()].sort()])
  return [...names].map(name => [name, properties.get(name) ?? null])
}

function object(...members: [string, JsonValue][]): Map<string, JsonValue> {
  return new Map(members)
}
