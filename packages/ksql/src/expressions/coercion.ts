/** Implicit conversions: INTEGER → BIGINT → DECIMAL → DOUBLE, and nothing else without a CAST. */
import { Decimal } from '../types/decimal.ts'
import {
  BIGINT,
  BIGINT_AS_DECIMAL,
  type DecimalType,
  DOUBLE,
  fieldIndex,
  INTEGER_AS_DECIMAL,
  type SqlType,
  sameType,
} from '../types/sql-type.ts'
import type { SqlValue } from '../types/sql-value.ts'

export type Convert = (value: SqlValue) => SqlValue

export const identity: Convert = value => value

export function asDecimalType(type: SqlType): DecimalType | null {
  if (type.kind === 'DECIMAL') return type
  if (type.kind === 'INTEGER') return INTEGER_AS_DECIMAL
  return type.kind === 'BIGINT' ? BIGINT_AS_DECIMAL : null
}

/** The DECIMAL that holds every value of both. */
export function widestDecimal(a: DecimalType, b: DecimalType): DecimalType {
  const scale = Math.max(a.scale, b.scale)
  const precision = Math.max(a.precision - a.scale, b.precision - b.scale) + scale
  return { kind: 'DECIMAL', precision, scale }
}

/** The narrowest type both convert to, or null when there is none. */
export function commonType(a: SqlType, b: SqlType): SqlType | null {
  if (sameType(a, b)) return a
  const [left, right] = [asDecimalType(a), asDecimalType(b)]
  if (left !== null && right !== null) {
    if (a.kind !== 'DECIMAL' && b.kind !== 'DECIMAL') return BIGINT
    return widestDecimal(left, right)
  }
  if ((left !== null || a.kind === 'DOUBLE') && (right !== null || b.kind === 'DOUBLE')) return DOUBLE
  if (a.kind === 'ARRAY' && b.kind === 'ARRAY') {
    const element = commonType(a.element, b.element)
    return element === null ? null : { kind: 'ARRAY', element }
  }
  if (a.kind === 'MAP' && b.kind === 'MAP') {
    const [key, value] = [commonType(a.key, b.key), commonType(a.value, b.value)]
    return key === null || value === null ? null : { kind: 'MAP', key, value }
  }
  if (a.kind === 'STRUCT' && b.kind === 'STRUCT') {
    const fields = a.fields.map(field => {
      const other = b.fields[fieldIndex(b, field.name)]
      return { name: field.name, type: other === undefined ? field.type : commonType(field.type, other.type) }
    })
    for (const field of b.fields) if (fieldIndex(a, field.name) < 0) fields.push(field)
    if (fields.some(field => field.type === null)) return null
    return { kind: 'STRUCT', fields: fields as { name: string; type: SqlType }[] }
  }
  return null
}

/** How a value of one type becomes one of the other without a CAST, or null when it does not. */
export function implicitConversion(from: SqlType, to: SqlType): Convert | null {
  if (sameType(from, to)) return identity
  switch (to.kind) {
    case 'BIGINT':
      return from.kind === 'INTEGER' ? identity : null
    case 'DOUBLE':
      if (from.kind === 'INTEGER') return identity
      if (from.kind === 'BIGINT') return value => (value === null ? null : Number(value as number | bigint))
      return from.kind === 'DECIMAL' ? value => (value === null ? null : (value as Decimal).toNumber()) : null
    case 'DECIMAL': {
      const decimal = asDecimalType(from)
      if (decimal === null) return null
      if (decimal.scale > to.scale || decimal.precision - decimal.scale > to.precision - to.scale) return null
      return from.kind === 'DECIMAL'
        ? value => (value === null ? null : (value as Decimal).withScale(to.scale))
        : value => (value === null ? null : Decimal.fromInteger(value as number | bigint).withScale(to.scale))
    }
    case 'ARRAY': {
      const element = from.kind === 'ARRAY' ? implicitConversion(from.element, to.element) : null
      return element === null ? null : value => (value === null ? null : (value as SqlValue[]).map(element))
    }
    case 'MAP': {
      if (from.kind !== 'MAP') return null
      const [key, mapped] = [implicitConversion(from.key, to.key), implicitConversion(from.value, to.value)]
      if (key === null || mapped === null) return null
      return value =>
        value === null ? null : new Map([...(value as Map<SqlValue, SqlValue>)].map(([k, v]) => [key(k), mapped(v)]))
    }
    case 'STRUCT': {
      if (from.kind !== 'STRUCT') return null
      const fields: { from: number; convert: Convert }[] = []
      for (const field of to.fields) {
        const index = fieldIndex(from, field.name)
        const convert = index < 0 ? identity : implicitConversion(from.fields[index]!.type, field.type)
        if (convert === null) return null
        fields.push({ from: index, convert })
      }
      return value => {
        if (value === null) return null
        const struct = value as readonly SqlValue[]
        return fields.map(field => (field.from < 0 ? null : field.convert(struct[field.from] ?? null)))
      }
    }
    default:
      return null
  }
}
