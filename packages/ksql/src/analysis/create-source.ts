/** `CREATE STREAM|TABLE name (columns) WITH (…)`: a source over a topic that exists or is to be made. */
import type * as ast from '../ast/nodes.ts'
import type { Catalog } from '../catalog/catalog.ts'
import type { DataSource, FormatInfo } from '../catalog/data-source.ts'
import { type Column, type HeaderColumn, isSystemColumn, type LogicalSchema } from '../catalog/schema.ts'
import { SqlAnalysisError } from '../errors/sql-analysis-error.ts'
import { checkFormatHolds, checkKeyTypes, rulesOf } from '../formats/format-rules.ts'
import { arrayOf, BYTES, type SqlType, STRING, sameType, structOf } from '../types/sql-type.ts'
import { resolveType } from './resolve-type.ts'
import { parseProperties, type SourceProperties } from './with-properties.ts'

const HEADERS_TYPE: SqlType = arrayOf(
  structOf([
    { name: 'KEY', type: STRING },
    { name: 'VALUE', type: BYTES },
  ]),
)

/** Formats of sources whose statement names none. */
export interface DefaultFormats {
  readonly keyFormat: string | null
  readonly valueFormat: string | null
}
/** Columns that the registry knows for a side that the statement leaves out. */
export interface SchemaInference {
  /** Throws SqlAnalysisError when the registry has no such schema or it is no row. */
  columns(topic: string, side: 'key' | 'value', format: FormatInfo, unwrapped: boolean): readonly Column[]
}

export interface CreatedSource {
  readonly source: DataSource
  readonly properties: SourceProperties
}

export function analyseCreateSource(
  statement: ast.CreateSource,
  text: string,
  catalog: Catalog,
  defaults: DefaultFormats,
  inference: SchemaInference,
): CreatedSource {
  const kind = statement.type.toLowerCase()
  if (statement.readOnly && statement.orReplace)
    throw new SqlAnalysisError(
      `Cannot add ${kind} '${statement.name}': CREATE OR REPLACE is not supported on source ${kind}s.`,
      statement.at,
    )
  const properties = parseProperties(statement.properties, defaults)
  if (properties.topic === null)
    throw new SqlAnalysisError(`Missing required property "KAFKA_TOPIC" which has no default value.`, statement.at)
  const { keyFormat, valueFormat } = formatsOf(properties)
  const declared = declaredColumns(statement, catalog)
  const schema = inferred(declared, statement, properties.topic, keyFormat, valueFormat, inference)
  if (schema.value.length + schema.key.length + schema.headers.length === 0)
    throw new SqlAnalysisError('No columns supplied.', statement.at)
  if (statement.type === 'TABLE' && schema.key.length === 0)
    throw new SqlAnalysisError(
      'Tables require a PRIMARY KEY. Please define the PRIMARY KEY.\nUse a partial schema to define the primary key and still load the value columns from the Schema Registry, for example:\n\tCREATE TABLE `' +
        `${statement.name}\` (ID INT PRIMARY KEY) WITH (...);`,
      statement.at,
    )
  checkKeyTypes(schema.key)
  checkFormatHolds(keyFormat, schema.key, 'Key', true)
  checkFormatHolds(valueFormat, schema.value, 'Value', false)
  checkWrapping(valueFormat, schema.value)
  checkTimestamp(properties, schema)
  return {
    properties,
    source: {
      kind: statement.type,
      name: statement.name,
      topic: properties.topic,
      schema,
      keyFormat,
      valueFormat,
      window: properties.window,
      timestamp: properties.timestamp,
      readOnly: statement.readOnly,
      queryId: null,
      sql: text,
    },
  }
}

function formatsOf(properties: SourceProperties): { keyFormat: FormatInfo; valueFormat: FormatInfo } {
  const missing = (side: 'KEY' | 'VALUE'): SqlAnalysisError =>
    new SqlAnalysisError(
      `Statement is missing the '${side}_FORMAT' property from the WITH clause. Either provide one or set a default via the 'ksql.persistence.default.format.${side.toLowerCase()}' config.`,
    )
  const { keyFormat, valueFormat } = properties
  if (keyFormat === null) throw missing('KEY')
  if (valueFormat === null) throw missing('VALUE')
  return { keyFormat, valueFormat }
}

function declaredColumns(statement: ast.CreateSource, catalog: Catalog): LogicalSchema {
  const key: Column[] = []
  const value: Column[] = []
  const headers: HeaderColumn[] = []
  const seen = new Set<string>()
  for (const { name, type: node, constraint, at } of statement.columns) {
    if (isSystemColumn(name))
      throw new SqlAnalysisError(`'${name}' is a reserved column name. You cannot use it as a name for a column.`, at)
    if (seen.has(name)) throw new SqlAnalysisError(`Duplicate column names: \`${name}\``, at)
    seen.add(name)
    const type = resolveType(node, catalog.types)
    switch (constraint?.kind) {
      case 'KEY':
        if (statement.type === 'TABLE')
          throw new SqlAnalysisError(
            `Column \`${name}\` is a 'KEY' column: please use 'PRIMARY KEY' for tables.\nTables have PRIMARY KEYs, which are unique and NON NULL.\nStreams have KEYs, which have no uniqueness or NON NULL constraints.`,
            at,
          )
        key.push({ name, type })
        break
      case 'PRIMARY KEY':
        if (statement.type === 'STREAM')
          throw new SqlAnalysisError(
            `Column \`${name}\` is a 'PRIMARY KEY' column: please use 'KEY' for streams.\nTables have PRIMARY KEYs, which are unique and NON NULL.\nStreams have KEYs, which have no uniqueness or NON NULL constraints.`,
            at,
          )
        key.push({ name, type })
        break
      case 'HEADERS':
        if (!sameType(type, HEADERS_TYPE))
          throw new SqlAnalysisError(
            `Invalid type for HEADERS column: expected ARRAY<STRUCT<\`KEY\` STRING, \`VALUE\` BYTES>>`,
            at,
          )
        headers.push({ name, type, header: null })
        break
      case 'HEADER':
        if (type.kind !== 'BYTES')
          throw new SqlAnalysisError(`Invalid type for HEADER('${constraint.header}') column: expected BYTES`, at)
        headers.push({ name, type, header: constraint.header })
        break
      default:
        value.push({ name, type })
    }
  }
  const all = headers.filter(column => column.header === null)
  if (all.length > 1 || (all.length === 1 && headers.length > 1))
    throw new SqlAnalysisError(`Schema already contains a HEADERS column: \`${all[0]!.name}\``, statement.at)
  return { key, value, headers }
}

function inferred(
  declared: LogicalSchema,
  statement: ast.CreateSource,
  topic: string,
  keyFormat: FormatInfo,
  valueFormat: FormatInfo,
  inference: SchemaInference,
): LogicalSchema {
  for (const [side, columns, format] of [
    ['KEY', declared.key, keyFormat],
    ['VALUE', declared.value, valueFormat],
  ] as const)
    if (format.schemaId !== undefined && columns.length > 0)
      throw new SqlAnalysisError(
        `Table elements and ${side}_SCHEMA_ID cannot both exist for create statement.`,
        statement.at,
      )
  const key =
    declared.key.length === 0 && rulesOf(keyFormat).inference
      ? inference.columns(topic, 'key', keyFormat, true)
      : declared.key
  const value =
    declared.value.length === 0 && rulesOf(valueFormat).inference
      ? inference.columns(topic, 'value', valueFormat, valueFormat.wrapping === 'UNWRAP')
      : declared.value
  return { key, value, headers: declared.headers }
}

export function checkWrapping(format: FormatInfo, value: readonly Column[]): void {
  if (format.wrapping !== undefined && value.length !== 1)
    throw new SqlAnalysisError("'WRAP_SINGLE_VALUE' is only valid for single-field value schemas")
}

export function checkTimestamp(properties: Pick<SourceProperties, 'timestamp'>, schema: LogicalSchema): void {
  const { timestamp } = properties
  if (timestamp === null) return
  const column = [...schema.key, ...schema.value].find(({ name }) => name === timestamp.column)
  if (column === undefined)
    throw new SqlAnalysisError(
      `The TIMESTAMP column set in the WITH clause does not exist in the schema: '${timestamp.column}'`,
    )
  const { kind } = column.type
  if (timestamp.format !== null && kind !== 'STRING')
    throw new SqlAnalysisError(
      `A timestamp format has been specified for column \`${column.name}\`, but it is not of type STRING: it is ${kind}`,
    )
  if (kind !== 'BIGINT' && kind !== 'TIMESTAMP' && (kind !== 'STRING' || timestamp.format === null))
    throw new SqlAnalysisError(
      `Timestamp column, \`${column.name}\`, should be LONG(INT64), TIMESTAMP, or a String with a timestamp_format specified`,
    )
}
