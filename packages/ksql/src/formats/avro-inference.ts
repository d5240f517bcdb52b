/** Columns from an Avro schema: the fields of a record, or one column for anything else. */
import { type AvroSchema, JsonNumber, LENIENT_PARSING, parseAvroSchema } from '@millrace/schema-registry'
import type { Column } from '../catalog/schema.ts'
import { SqlAnalysisError } from '../errors/sql-analysis-error.ts'
import * as types from '../types/sql-type.ts'

const BARE_NAMES = { key: 'ROWKEY', value: 'ROWVAL' } as const

/** What a field is called as a column: as it is when its schema was asked for by id, else in capitals. */
export type Naming = (field: string) => string

/** Throws SqlAnalysisError for a schema that has no SQL type. */
export function columnsOfAvro(text: string, side: 'key' | 'value', unwrapped: boolean, nameOf: Naming): Column[] {
  const schema = parseAvroSchema(text, LENIENT_PARSING)
  // A key is one column, even when it is a record.
  if (schema.type === 'record' && side === 'value' && !unwrapped)
    return schema.fields.map(({ name, type }) => ({ name: nameOf(name), type: typeOf(type, name, nameOf) }))
  return [{ name: BARE_NAMES[side], type: typeOf(schema, BARE_NAMES[side], nameOf) }]
}

function typeOf(schema: AvroSchema, place: string, nameOf: Naming): types.SqlType {
  const logical = logicalType(schema)
  if (logical !== null) return logical
  switch (schema.type) {
    case 'boolean':
      return types.BOOLEAN
    case 'int':
      return types.INTEGER
    case 'long':
      return types.BIGINT
    case 'float':
    case 'double':
      return types.DOUBLE
    case 'string':
    case 'enum':
      return types.STRING
    case 'bytes':
    case 'fixed':
      return types.BYTES
    case 'array':
      return types.arrayOf(typeOf(schema.items, place, nameOf))
    case 'map':
      return types.mapOf(types.STRING, typeOf(schema.values, place, nameOf))
    case 'record':
      return types.structOf(
        schema.fields.map(({ name, type }) => ({ name: nameOf(name), type: typeOf(type, `${place}.${name}`, nameOf) })),
      )
    case 'union': {
      const [branch, second] = schema.branches.filter(({ type }) => type !== 'null')
      if (branch !== undefined && second === undefined) return typeOf(branch, place, nameOf)
      throw new SqlAnalysisError(
        `${place} is a union of several types, which has no SQL type: name the columns instead`,
      )
    }
    default:
      throw new SqlAnalysisError(
        `${place} is of Avro type ${schema.type}, which has no SQL type: name the columns instead`,
      )
  }
}

function logicalType(schema: AvroSchema): types.SqlType | null {
  if (!('properties' in schema)) return null
  const name = schema.properties.get('logicalType')
  const number = (property: string): number => {
    const value = schema.properties.get(property)
    return value instanceof JsonNumber ? value.toNumber() : 0
  }
  switch (name) {
    case 'decimal':
      return { kind: 'DECIMAL', precision: number('precision'), scale: number('scale') }
    case 'date':
      return types.DATE
    case 'time-millis':
      return types.TIME
    case 'timestamp-millis':
      return types.TIMESTAMP
    default:
      return null
  }
}
