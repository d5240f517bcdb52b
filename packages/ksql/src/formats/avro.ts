/**
 * AVRO through the registry. Schemas are those of Kafka Connect's Avro converter as ksqlDB names them; every field may be
 * null. Rows are read by the writer's schema, fields are found by name: exactly, or with the field's name in capitals.
 */
import { AvroDecimal, AvroSerde, type RegistryClient, twosComplement } from '@millrace/schema-registry'
import type { FormatInfo } from '../catalog/data-source.ts'
import type { Column } from '../catalog/schema.ts'
import { type BigInt64, fromDouble, normalise } from '../types/bigint.ts'
import { Decimal } from '../types/decimal.ts'
import type { SqlType, StructField } from '../types/sql-type.ts'
import type { Row, SqlMap, SqlValue } from '../types/sql-value.ts'
import { MS_PER_DAY } from '../types/temporal.ts'
import type { RowSerde, SerdeTarget } from './row-format.ts'
import { UnreadableRowError } from './unreadable-row-error.ts'

const NAMESPACE = 'io.confluent.ksql.avro_schemas'
const DEFAULT_NAME = 'KsqlDataSourceSchema'

/** A row serde whose schema has to be registered before the first row is written. */
export interface RegisteredRowSerde extends RowSerde {
  prepare(): Promise<void>
}

export function avroSerde(
  format: FormatInfo,
  columns: readonly Column[],
  { topic, isKey }: SerdeTarget,
  registry: RegistryClient,
): RegisteredRowSerde {
  const bare = isBare(format, columns, isKey)
  const name = format.fullSchemaName ?? `${NAMESPACE}.${isKey ? keyName(topic) : DEFAULT_NAME}`
  const reader = new AvroSerde<unknown>({ registry, isKey, form: { maps: 'map' } })
  const writer = new AvroSerde<unknown>({
    registry,
    isKey,
    schema: avroSchemaText(columns, name, bare),
    form: { records: 'array', maps: 'map', logicalTypes: false },
  })
  const write = columns.map(({ type }) => toAvro(type))
  const read = columns.map(({ type }) => fromAvro(type))
  return {
    prepare: () => writer.prepare(topic),
    serialize(row) {
      if (row === null || (bare && (row[0] ?? null) === null)) return null
      const values = write.map((toValue, index) => orNull(toValue, row[index] ?? null))
      return writer.serialize(topic, bare ? values[0] : values)
    },
    deserialize(bytes) {
      if (bytes === null) return null
      const value = reader.deserialize(topic, bytes)
      if (value === null || value === undefined) return null
      return bare ? [orNull(read[0] as Convert, value)] : readFields(columns, read, value)
    },
  }
}

export function isBare(format: FormatInfo, columns: readonly Column[], isKey: boolean): boolean {
  return columns.length === 1 && (isKey || format.wrapping === 'UNWRAP')
}

/** Keys of a sink are named after it: `OrdersKey` for the topic `orders`. */
function keyName(topic: string): string {
  const safe = topic.replace(/[^A-Za-z0-9_]/g, '_')
  return `${safe.charAt(0).toUpperCase()}${safe.slice(1)}Key`
}

type AvroJson = string | AvroJson[] | { readonly [property: string]: unknown }

export function avroSchemaText(columns: readonly Column[], fullName: string, bare: boolean): string {
  const dot = fullName.lastIndexOf('.')
  const [namespace, name] = dot < 0 ? [undefined, fullName] : [fullName.slice(0, dot), fullName.slice(dot + 1)]
  if (bare) return JSON.stringify(schemaOf(columns[0]!.type, name))
  return JSON.stringify({
    type: 'record',
    name,
    ...(namespace === undefined ? {} : { namespace }),
    fields: fieldsOf(columns, name),
  })
}
function fieldsOf(columns: readonly StructField[], path: string) {
  return columns.map(({ name, type }) => ({ name, type: nullableOf(type, `${path}_${name}`), default: null }))
}
function nullableOf(type: SqlType, path: string): AvroJson {
  return ['null', schemaOf(type, path)]
}
function schemaOf(type: SqlType, path: string): AvroJson {
  switch (type.kind) {
    case 'INTEGER':
      return 'int'
    case 'BIGINT':
      return 'long'
    case 'DOUBLE':
    case 'BOOLEAN':
    case 'STRING':
    case 'BYTES':
      return type.kind.toLowerCase()
    case 'DATE':
      return { type: 'int', logicalType: 'date' }
    case 'TIME':
      return { type: 'int', logicalType: 'time-millis' }
    case 'TIMESTAMP':
      return { type: 'long', logicalType: 'timestamp-millis' }
    case 'DECIMAL':
      return { type: 'bytes', logicalType: 'decimal', precision: type.precision, scale: type.scale }
    case 'ARRAY':
      return { type: 'array', items: nullableOf(type.element, path) }
    case 'MAP':
      return { type: 'map', values: nullableOf(type.value, path) }
    case 'STRUCT':
      return { type: 'record', name: path, fields: fieldsOf(type.fields, path) }
  }
}

type Convert = (value: unknown) => SqlValue
function orNull<From, To>(convert: (value: From) => To, value: From | null | undefined): To | null {
  return value === null || value === undefined ? null : convert(value)
}

/** To what the encoder takes when it leaves logical types alone. */
function toAvro(type: SqlType): (value: SqlValue) => unknown {
  switch (type.kind) {
    case 'DECIMAL':
      return value => twosComplement((value as Decimal).withScale(type.scale).unscaled)
    case 'ARRAY': {
      const element = toAvro(type.element)
      return value => (value as SqlValue[]).map(inner => orNull(element, inner))
    }
    case 'MAP': {
      const inner = toAvro(type.value)
      return value => new Map([...(value as SqlMap)].map(([key, mapped]) => [String(key), orNull(inner, mapped)]))
    }
    case 'STRUCT': {
      const fields = type.fields.map(field => toAvro(field.type))
      return value => fields.map((field, index) => orNull(field, (value as Row)[index] ?? null))
    }
    default:
      return value => value
  }
}

function fromAvro(type: SqlType): Convert {
  const wrong = (value: unknown): never => {
    throw new UnreadableRowError('AVRO', `${typeof value} is no ${type.kind}`)
  }
  switch (type.kind) {
    case 'INTEGER':
    case 'TIME':
      return value => (typeof value === 'number' && Number.isInteger(value) ? value : wrong(value))
    case 'BIGINT':
      return value => integerOf(value) ?? wrong(value)
    case 'DOUBLE':
      return value => (typeof value === 'number' ? value : typeof value === 'bigint' ? Number(value) : wrong(value))
    case 'BOOLEAN':
      return value => (typeof value === 'boolean' ? value : wrong(value))
    case 'STRING':
      return value => (typeof value === 'string' ? value : typeof value === 'object' ? wrong(value) : String(value))
    case 'BYTES':
      return value => (Buffer.isBuffer(value) ? value : wrong(value))
    case 'DATE':
      return value =>
        value instanceof Date
          ? Math.floor(value.getTime() / MS_PER_DAY)
          : typeof value === 'number'
            ? value
            : wrong(value)
    case 'TIMESTAMP':
      return value => (value instanceof Date ? value.getTime() : (integerOf(value) ?? wrong(value)))
    case 'DECIMAL':
      return value =>
        value instanceof AvroDecimal ? new Decimal(value.unscaled, value.scale).fitExactly(type) : wrong(value)
    case 'ARRAY': {
      const element = fromAvro(type.element)
      return value => (Array.isArray(value) ? value.map(inner => orNull(element, inner)) : wrong(value))
    }
    case 'MAP': {
      const inner = fromAvro(type.value)
      return value =>
        value instanceof Map ? new Map([...value].map(([key, mapped]) => [key, orNull(inner, mapped)])) : wrong(value)
    }
    case 'STRUCT': {
      const fields = type.fields.map(field => fromAvro(field.type))
      return value => readFields(type.fields, fields, value)
    }
  }
}

function integerOf(value: unknown): BigInt64 | undefined {
  if (typeof value === 'bigint') return normalise(value)
  return typeof value === 'number' ? fromDouble(value) : undefined
}

function readFields(columns: readonly StructField[], read: readonly Convert[], value: unknown): SqlValue[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Map)
    throw new UnreadableRowError('AVRO', 'a record is expected')
  const fields = new Map(Object.entries(value))
  const capitals = new Map([...fields].map(([name, field]) => [name.toUpperCase(), field]))
  return columns.map(({ name }, index) => orNull(read[index] as Convert, fields.get(name) ?? capitals.get(name)))
}
