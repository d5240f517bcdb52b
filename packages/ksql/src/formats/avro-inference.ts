/** Columns from an Avro schema: the fields of a record, or one column for anything else. */
import { type AvroSchema, JsonNumber, LENIENT_PARSING, parseAvroSchema } from '@millrace/schema-registry'
import type { Column } from '../catalog/schema.ts'
import { SqlAnalysisError } from '../errors/sql-analysis-error.ts'
import * as types from '../types/sql-type.ts'

const BARE_NAMES = { key: 'ROWKEY', value: 'ROWVAL' } as const

/** Throws SqlAnalysisError for a schema that has no SQL type. */
export function columnsOfAvro(text: string, side: 'key' | 'value', unwrapped: boolean): Column[] {
  const schema = parseAvroSchema(text, LENIENT_PARSING)
  if (schema.type === 'record' && !(unwrapped && side === 'value'))
    return schema.fields.map(({ name, type }) => ({ name, type: typeOf(type, name) }))
  return [{ name: BARE_NAMES[side], type: typeOf(schema, BARE_NAMES[side]) }]
}

function typeOf(schema: AvroSchema, place: string): types.SqlType {
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
      return types.arrayOf(typeOf(schema.items, place))
    case 'map':
      return types.mapOf(types.STRING, typeOf(schema.values, place))
    case 'record':
      return types.structOf(schema.fields.map(({ name, type }) => ({ name, type: typeOf(type, `${place}.${name}`) })))
    case 'union': {
      const [branch, second] = schema.branches.filter(({ type }) => type !== 'null')
      if (branch !== undefined && second === undefined) return typeOf(branch, place)
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
