/** What each format can hold: which types, how many columns, which settings. Bytes are the matter of its own file. */
import type { FormatInfo, FormatName } from '../catalog/data-source.ts'
import { type Column, columnText } from '../catalog/schema.ts'
import { SqlAnalysisError } from '../errors/sql-analysis-error.ts'
import type { SqlType } from '../types/sql-type.ts'

export interface FormatRules {
  readonly name: FormatName
  /** Its schemas live in the registry, and a statement may leave columns out. */
  readonly inference: boolean
  readonly multipleColumns: boolean
  /** A single column may stand bare / as a record of one field. */
  readonly canUnwrap: boolean
  readonly canWrap: boolean
  /** Null: any type. */
  readonly types: ReadonlySet<SqlType['kind']> | null
  readonly stringKeysOnly: boolean
  readonly delimiter: boolean
  readonly fullSchemaName: boolean
  readonly nullableRepresentation: boolean
}

const PRIMITIVES: readonly SqlType['kind'][] = [
  'BOOLEAN',
  'INTEGER',
  'BIGINT',
  'DOUBLE',
  'STRING',
  'BYTES',
  'TIME',
  'DATE',
  'TIMESTAMP',
  'DECIMAL',
]

function rules(
  name: FormatName,
  options: Partial<Omit<FormatRules, 'name' | 'types'>> & { types?: readonly SqlType['kind'][] },
): FormatRules {
  const { types, ...rest } = options
  return {
    name,
    inference: false,
    multipleColumns: true,
    canUnwrap: true,
    canWrap: true,
    stringKeysOnly: true,
    delimiter: false,
    fullSchemaName: false,
    nullableRepresentation: false,
    ...rest,
    types: types === undefined ? null : new Set(types),
  }
}

const FORMATS: ReadonlyMap<string, FormatRules> = new Map(
  [
    rules('NONE', { canWrap: false, types: [] }),
    rules('KAFKA', {
      multipleColumns: false,
      canWrap: false,
      types: ['INTEGER', 'BIGINT', 'DOUBLE', 'STRING', 'BYTES'],
    }),
    rules('JSON', {}),
    rules('DELIMITED', { canWrap: false, delimiter: true, types: PRIMITIVES }),
    rules('AVRO', { inference: true, fullSchemaName: true }),
    rules('JSON_SR', { inference: true }),
    rules('PROTOBUF', { inference: true, canUnwrap: false, fullSchemaName: true, nullableRepresentation: true }),
    rules('PROTOBUF_NOSR', { canUnwrap: false, nullableRepresentation: true }),
  ].map(format => [format.name, format]),
)

/** Throws SqlAnalysisError for a name that is no format. */
export function formatNamed(name: string): FormatRules {
  const format = FORMATS.get(name.trim().toUpperCase())
  if (format === undefined) throw new SqlAnalysisError(`Unknown format: ${name.trim().toUpperCase()}`)
  return format
}
export function rulesOf(format: FormatInfo): FormatRules {
  return formatNamed(format.name)
}

/** Throws SqlAnalysisError when the format cannot hold these columns. `side` starts the message. */
export function checkFormatHolds(
  format: FormatInfo,
  columns: readonly Column[],
  side: 'Key' | 'Value',
  isKey: boolean,
): void {
  const rule = rulesOf(format)
  const reason = whyNot(rule, columns)
  if (reason !== null)
    throw new SqlAnalysisError(
      `${side} format does not support schema.\nformat: ${rule.name}\nschema: Persistence{columns=[${columns.map(column => columnText(column) + (isKey ? ' KEY' : '')).join(', ')}], features=[]}\nreason: ${reason}`,
    )
}

/** Whether a format has room for these columns and their types. */
export function formatHolds(format: FormatInfo, columns: readonly Column[]): boolean {
  return whyNot(rulesOf(format), columns) === null
}

function whyNot(rule: FormatRules, columns: readonly Column[]): string | null {
  if (rule.name === 'NONE' && columns.length > 0)
    return `The 'NONE' format can only be used when no columns are defined. Got: [${columns.map(columnText).join(', ')}]`
  if (!rule.multipleColumns && columns.length > 1)
    return `The '${rule.name}' format only supports a single field. Got: [${columns.map(columnText).join(', ')}]`
  for (const column of columns) {
    const problem = whyNotType(rule, column.type)
    if (problem !== null)
      return problem.includes('format does not support type') ? `${problem}, column: \`${column.name}\`` : problem
  }
  return null
}

function whyNotType(rule: FormatRules, type: SqlType): string | null {
  if (rule.types !== null && !rule.types.has(type.kind))
    return `The '${rule.name}' format does not support type '${type.kind}'`
  switch (type.kind) {
    case 'ARRAY':
      return whyNotType(rule, type.element)
    case 'MAP':
      if (rule.stringKeysOnly && type.key.kind !== 'STRING') return mapKeyProblem(rule.name)
      return whyNotType(rule, type.value)
    case 'STRUCT': {
      for (const field of type.fields) {
        const problem = whyNotType(rule, field.type)
        if (problem !== null) return problem
      }
      return null
    }
    default:
      return null
  }
}

function mapKeyProblem(format: FormatName): string {
  if (format === 'AVRO') return 'Avro only supports MAPs with STRING keys'
  if (format.startsWith('PROTOBUF')) return 'PROTOBUF format only supports MAP types with STRING keys'
  return 'JSON only supports MAP types with STRING keys'
}

/** Keys hold no maps: equal maps may have different bytes. */
export function checkKeyTypes(columns: readonly Column[]): void {
  const hasMap = (type: SqlType): boolean =>
    type.kind === 'MAP' ||
    (type.kind === 'ARRAY' && hasMap(type.element)) ||
    (type.kind === 'STRUCT' && type.fields.some(field => hasMap(field.type)))
  for (const column of columns)
    if (hasMap(column.type))
      throw new SqlAnalysisError(
        `Map keys, including types that contain maps, are not supported as they may lead to unexpected behavior due to inconsistent serialization. Key column name: \`${column.name}\`. Column type: ${columnText(column).slice(column.name.length + 3)}. See https://github.com/confluentinc/ksql/issues/6621 for more.`,
      )
}
