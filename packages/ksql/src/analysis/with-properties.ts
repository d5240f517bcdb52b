/** The WITH clause: known names, their types, what they mean together. */
import type { Literal, Property } from '../ast/nodes.ts'
import type { FormatInfo, TimestampColumn, WindowInfo } from '../catalog/data-source.ts'
import { SqlAnalysisError } from '../errors/sql-analysis-error.ts'
import { type FormatRules, formatNamed } from '../formats/format-rules.ts'
import { parseDuration } from './durations.ts'

type PropertyType = 'text' | 'integer' | 'boolean'

/** Names and types; synonyms have entries of their own. */
const PROPERTIES: ReadonlyMap<string, PropertyType> = new Map([
  ['KAFKA_TOPIC', 'text'],
  ['PARTITIONS', 'integer'],
  ['REPLICAS', 'integer'],
  ['RETENTION_MS', 'integer'],
  ['CLEANUP_POLICY', 'text'],
  ['KEY_FORMAT', 'text'],
  ['VALUE_FORMAT', 'text'],
  ['FORMAT', 'text'],
  ['KEY_DELIMITER', 'text'],
  ['VALUE_DELIMITER', 'text'],
  ['WRAP_SINGLE_VALUE', 'boolean'],
  ['TIMESTAMP', 'text'],
  ['TIMESTAMP_FORMAT', 'text'],
  ['WINDOW_TYPE', 'text'],
  ['WINDOW_SIZE', 'text'],
  ['KEY_SCHEMA_ID', 'integer'],
  ['VALUE_SCHEMA_ID', 'integer'],
  ['KEY_SCHEMA_FULL_NAME', 'text'],
  ['VALUE_SCHEMA_FULL_NAME', 'text'],
  ['VALUE_AVRO_SCHEMA_FULL_NAME', 'text'],
  ['KEY_PROTOBUF_NULLABLE_REPRESENTATION', 'text'],
  ['VALUE_PROTOBUF_NULLABLE_REPRESENTATION', 'text'],
  ['SOURCED_BY_CONNECTOR', 'text'],
])

export interface SourceProperties {
  readonly topic: string | null
  readonly partitions: number | null
  readonly replicas: number | null
  readonly retentionMs: number | null
  readonly cleanupPolicy: string | null
  /** Null where the statement names none: a server default or that of the query's source. */
  readonly keyFormat: FormatInfo | null
  readonly valueFormat: FormatInfo | null
  readonly timestamp: TimestampColumn | null
  readonly window: WindowInfo | null
}

/** Throws SqlAnalysisError for an unknown name, a value of the wrong type, a combination that means nothing. */
export function parseProperties(
  properties: readonly Property[],
  defaults: { keyFormat: string | null; valueFormat: string | null },
): SourceProperties {
  const values = valuesOf(properties)
  const text = (name: string): string | null => (values.get(name) as string | undefined) ?? null
  const integer = (name: string): number | null => (values.get(name) as number | undefined) ?? null
  for (const side of ['KEY', 'VALUE'])
    if (values.has('FORMAT') && values.has(`${side}_FORMAT`))
      throw new SqlAnalysisError(
        `Cannot supply both '${side}_FORMAT' and 'FORMAT' properties, as 'FORMAT' sets both key and value formats. Either use just 'FORMAT', or use 'KEY_FORMAT' and 'VALUE_FORMAT'.`,
      )
  const keyName = text('KEY_FORMAT') ?? text('FORMAT') ?? defaults.keyFormat
  const valueName = text('VALUE_FORMAT') ?? text('FORMAT') ?? defaults.valueFormat
  const timestampColumn = text('TIMESTAMP')
  if (timestampColumn === null && values.has('TIMESTAMP_FORMAT'))
    throw new SqlAnalysisError("TIMESTAMP_FORMAT is set without TIMESTAMP: name the column with TIMESTAMP='…'")
  return {
    topic: text('KAFKA_TOPIC'),
    partitions: integer('PARTITIONS'),
    replicas: integer('REPLICAS'),
    retentionMs: integer('RETENTION_MS'),
    cleanupPolicy: text('CLEANUP_POLICY'),
    keyFormat: keyName === null ? null : formatOf(formatNamed(keyName), 'KEY', values),
    valueFormat: valueName === null ? null : formatOf(formatNamed(valueName), 'VALUE', values),
    timestamp:
      timestampColumn === null ? null : { column: columnName(timestampColumn), format: text('TIMESTAMP_FORMAT') },
    window: windowOf(text('WINDOW_TYPE'), text('WINDOW_SIZE')),
  }
}

/** An unquoted name is in capitals, as everywhere in SQL. */
function columnName(text: string): string {
  const quoted = /^[`"](.*)[`"]$/.exec(text)
  return quoted === null ? text.toUpperCase() : quoted[1]!
}

function valuesOf(properties: readonly Property[]): Map<string, string | number | boolean> {
  const values = new Map<string, string | number | boolean>()
  for (const { name, value } of properties) {
    const type = PROPERTIES.get(name.toUpperCase())
    if (type === undefined)
      throw new SqlAnalysisError(`Invalid config variable(s) in the WITH clause: ${name}`, value.at)
    if (value.kind === 'NullLiteral') continue
    values.set(name.toUpperCase(), parseValue(name, type, value))
  }
  return values
}

function parseValue(name: string, type: PropertyType, value: Literal): string | number | boolean {
  const raw = value.kind === 'DecimalLiteral' ? value.text : value.kind === 'NullLiteral' ? '' : String(value.value)
  switch (type) {
    case 'text':
      return raw
    case 'integer': {
      if (/^-?\d+$/.test(raw)) return Number(raw)
      throw new SqlAnalysisError(
        `Failed to prepare statement: Invalid value ${raw} for configuration ${name}: Not a number of type INT`,
        value.at,
      )
    }
    case 'boolean': {
      const lower = raw.toLowerCase()
      if (lower === 'true' || lower === 'false') return lower === 'true'
      throw new SqlAnalysisError(
        `Failed to prepare statement: Invalid value ${raw} for configuration ${name}: Expected value to be either true or false`,
        value.at,
      )
    }
  }
}

function formatOf(
  rules: FormatRules,
  side: 'KEY' | 'VALUE',
  values: ReadonlyMap<string, string | number | boolean>,
): FormatInfo {
  const delimiter = values.get(`${side}_DELIMITER`) as string | undefined
  const fullSchemaName = (values.get(`${side}_SCHEMA_FULL_NAME`) ?? values.get(`${side}_AVRO_SCHEMA_FULL_NAME`)) as
    | string
    | undefined
  const nullable = values.get(`${side}_PROTOBUF_NULLABLE_REPRESENTATION`) as string | undefined
  const schemaId = values.get(`${side}_SCHEMA_ID`) as number | undefined
  const wrap = side === 'VALUE' ? (values.get('WRAP_SINGLE_VALUE') as boolean | undefined) : undefined
  const refused = [
    [delimiter !== undefined && !rules.delimiter, 'delimiter'],
    [fullSchemaName !== undefined && !rules.fullSchemaName, 'fullSchemaName'],
    [nullable !== undefined && !rules.nullableRepresentation, 'nullableRepresentation'],
  ].filter(([wrong]) => wrong)
  if (refused.length > 0)
    throw new SqlAnalysisError(
      `${rules.name} does not support the following configs: [${refused.map(([, name]) => name).join(', ')}]`,
    )
  if (schemaId !== undefined && !rules.inference)
    throw new SqlAnalysisError(
      `${side}_FORMAT should support schema inference when ${side}_SCHEMA_ID is provided. Current format is ${rules.name}.`,
    )
  if (fullSchemaName !== undefined && fullSchemaName.trim() === '')
    throw new SqlAnalysisError('fullSchemaName cannot be empty. Format configuration: {fullSchemaName=}')
  return {
    name: rules.name,
    ...(rules.delimiter && delimiter !== undefined ? { delimiter: delimiterOf(`${side}_DELIMITER`, delimiter) } : {}),
    ...(fullSchemaName === undefined ? {} : { fullSchemaName }),
    ...(nullable === undefined ? {} : { nullableRepresentation: nullable.toUpperCase() as 'OPTIONAL' | 'WRAPPER' }),
    ...(schemaId === undefined ? {} : { schemaId }),
    ...wrapping(rules, wrap),
  }
}

function wrapping(rules: FormatRules, wrap: boolean | undefined): Pick<FormatInfo, 'wrapping'> {
  if (wrap === undefined) return {}
  if (wrap ? !rules.canWrap : !rules.canUnwrap)
    throw new SqlAnalysisError(`Format '${rules.name}' does not support 'WRAP_SINGLE_VALUE' set to '${wrap}'.`)
  return { wrapping: wrap ? 'WRAP' : 'UNWRAP' }
}

const NAMED_DELIMITERS: ReadonlyMap<string, string> = new Map([
  ['TAB', '\t'],
  ['SPACE', ' '],
])
function delimiterOf(setting: string, text: string): string {
  const named = NAMED_DELIMITERS.get(text.toUpperCase())
  if (named !== undefined) return named
  const prefix = `Failed to prepare statement: Configuration ${setting} is invalid: `
  if (text.trim() === '')
    throw new SqlAnalysisError(
      `${prefix}Delimiter cannot be empty, if you meant to have a tab or space for delimiter, please use the special values 'TAB' or 'SPACE'\nExample valid value: ';'`,
    )
  if ([...text].length === 1) return text
  throw new SqlAnalysisError(
    `${prefix}Invalid delimiter value: '${text}'. Delimiter must be a single character or TAB,SPACE\nExample valid value: ';'`,
  )
}

function windowOf(type: string | null, size: string | null): WindowInfo | null {
  if (type === null) {
    if (size !== null)
      throw new SqlAnalysisError("WINDOW_SIZE is set without WINDOW_TYPE: add WINDOW_TYPE='TUMBLING' or 'HOPPING'")
    return null
  }
  const kind = type.toUpperCase()
  if (kind !== 'TUMBLING' && kind !== 'HOPPING' && kind !== 'SESSION')
    throw new SqlAnalysisError(
      `Configuration WINDOW_TYPE is invalid: Unknown window type: '${type}' Valid values are: [SESSION, HOPPING, TUMBLING]`,
    )
  if (kind === 'SESSION') {
    if (size !== null) throw new SqlAnalysisError("'WINDOW_SIZE' should not be set for SESSION windows.")
    return { type: kind, sizeMs: null }
  }
  if (size === null)
    throw new SqlAnalysisError(
      `${kind} windows require 'WINDOW_SIZE' to be provided in the WITH clause. For example: 'WINDOW_SIZE'='10 SECONDS'`,
    )
  const duration = parseDuration(size)
  if (duration === null || 'unknownUnit' in duration)
    throw new SqlAnalysisError(
      `Failed to prepare statement: Configuration WINDOW_SIZE is invalid: Invalid duration: '${size}'.${duration === null ? '' : ` Unknown time unit: '${duration.unknownUnit}'`}\nExample valid value: '10 SECONDS'`,
    )
  return { type: kind, sizeMs: duration.ms }
}
