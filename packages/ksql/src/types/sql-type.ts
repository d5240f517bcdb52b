/** The types of SQL, as data. */
export type SqlType =
  | { readonly kind: PrimitiveKind }
  | DecimalType
  | { readonly kind: 'ARRAY'; readonly element: SqlType }
  | { readonly kind: 'MAP'; readonly key: SqlType; readonly value: SqlType }
  | StructType

export type PrimitiveKind =
  | 'BOOLEAN'
  | 'INTEGER'
  | 'BIGINT'
  | 'DOUBLE'
  | 'STRING'
  | 'BYTES'
  | 'TIME'
  | 'DATE'
  | 'TIMESTAMP'

export interface DecimalType {
  readonly kind: 'DECIMAL'
  readonly precision: number
  readonly scale: number
}
export interface StructType {
  readonly kind: 'STRUCT'
  readonly fields: readonly StructField[]
}
export interface StructField {
  readonly name: string
  readonly type: SqlType
}

export const BOOLEAN: SqlType = { kind: 'BOOLEAN' }
export const INTEGER: SqlType = { kind: 'INTEGER' }
export const BIGINT: SqlType = { kind: 'BIGINT' }
export const DOUBLE: SqlType = { kind: 'DOUBLE' }
export const STRING: SqlType = { kind: 'STRING' }
export const BYTES: SqlType = { kind: 'BYTES' }
export const TIME: SqlType = { kind: 'TIME' }
export const DATE: SqlType = { kind: 'DATE' }
export const TIMESTAMP: SqlType = { kind: 'TIMESTAMP' }

/** INTEGER and BIGINT count as DECIMAL(10, 0) and DECIMAL(19, 0) in arithmetic with decimals. */
export const INTEGER_AS_DECIMAL: DecimalType = { kind: 'DECIMAL', precision: 10, scale: 0 }
export const BIGINT_AS_DECIMAL: DecimalType = { kind: 'DECIMAL', precision: 19, scale: 0 }

export function arrayOf(element: SqlType): SqlType {
  return { kind: 'ARRAY', element }
}
export function mapOf(key: SqlType, value: SqlType): SqlType {
  return { kind: 'MAP', key, value }
}
export function structOf(fields: readonly StructField[]): StructType {
  return { kind: 'STRUCT', fields }
}

/** As ksqlDB writes types in schemas and messages; names in backquotes. */
export function typeText(type: SqlType): string {
  switch (type.kind) {
    case 'DECIMAL':
      return `DECIMAL(${type.precision}, ${type.scale})`
    case 'ARRAY':
      return `ARRAY<${typeText(type.element)}>`
    case 'MAP':
      return `MAP<${typeText(type.key)}, ${typeText(type.value)}>`
    case 'STRUCT':
      return `STRUCT<${type.fields.map(field => `\`${field.name}\` ${typeText(field.type)}`).join(', ')}>`
    default:
      return type.kind
  }
}

export function sameType(a: SqlType, b: SqlType): boolean {
  return a === b || typeText(a) === typeText(b)
}

export function isNumeric(type: SqlType): boolean {
  return type.kind === 'INTEGER' || type.kind === 'BIGINT' || type.kind === 'DOUBLE' || type.kind === 'DECIMAL'
}

export function fieldIndex(type: StructType, name: string): number {
  return type.fields.findIndex(field => field.name === name)
}
