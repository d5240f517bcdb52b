/**
 * Avro schemas as data (Avro 1.12 specification). A type used twice is one object, so recursive schemas are cycles.
 * What the text held beyond Avro's own words is kept in `properties`, in the order of the text.
 */
import type { JsonValue } from '../json/json-value.ts'
import type { TypeName } from './type-name.ts'

export type PrimitiveType = 'null' | 'boolean' | 'int' | 'long' | 'float' | 'double' | 'bytes' | 'string'
export const PRIMITIVE_TYPES: ReadonlySet<string> = new Set<PrimitiveType>([
  'null',
  'boolean',
  'int',
  'long',
  'float',
  'double',
  'bytes',
  'string',
])

export type AvroProperties = ReadonlyMap<string, JsonValue>

export interface PrimitiveSchema {
  readonly type: PrimitiveType
  readonly properties: AvroProperties
}
export interface ArraySchema {
  readonly type: 'array'
  items: AvroSchema
  readonly properties: AvroProperties
}
export interface MapSchema {
  readonly type: 'map'
  values: AvroSchema
  readonly properties: AvroProperties
}
export interface UnionSchema {
  readonly type: 'union'
  readonly branches: AvroSchema[]
}
export interface FixedSchema {
  readonly type: 'fixed'
  readonly name: TypeName
  readonly doc: string | null
  readonly aliases: readonly TypeName[]
  readonly sizeBytes: number
  readonly properties: AvroProperties
}
export interface EnumSchema {
  readonly type: 'enum'
  readonly name: TypeName
  readonly doc: string | null
  readonly aliases: readonly TypeName[]
  readonly symbols: readonly string[]
  /** What a reader takes for a symbol it does not know. */
  readonly defaultSymbol: string | null
  readonly properties: AvroProperties
}
export interface RecordSchema {
  readonly type: 'record'
  /** Written `"type":"error"`: an exception of a protocol. A record in every other respect. */
  readonly isError: boolean
  readonly name: TypeName
  readonly doc: string | null
  readonly aliases: readonly TypeName[]
  fields: readonly RecordField[]
  readonly properties: AvroProperties
}
export type FieldOrder = 'ascending' | 'descending' | 'ignore'
export interface RecordField {
  readonly name: string
  type: AvroSchema
  readonly doc: string | null
  /** Undefined without a default; null is the default `null`. */
  readonly defaultValue: JsonValue | undefined
  readonly order: FieldOrder
  readonly aliases: readonly string[]
  readonly properties: AvroProperties
}
export type NamedSchema = RecordSchema | EnumSchema | FixedSchema
export type AvroSchema = PrimitiveSchema | ArraySchema | MapSchema | UnionSchema | NamedSchema

export function isNamed(schema: AvroSchema): schema is NamedSchema {
  return schema.type === 'record' || schema.type === 'enum' || schema.type === 'fixed'
}

export function isPrimitive(schema: AvroSchema): schema is PrimitiveSchema {
  return PRIMITIVE_TYPES.has(schema.type)
}
