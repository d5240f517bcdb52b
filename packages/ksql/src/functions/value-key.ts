/** Values as keys of a Set or Map, so that arrays, structs, decimals and bytes are found by what they hold. */
import { Decimal } from '../types/decimal.ts'
import type { SqlArray, SqlMap, SqlValue } from '../types/sql-value.ts'

/** Equal for equal values of one type; of two types the keys may be equal too. */
export function valueKey(value: SqlValue): Exclude<SqlValue, object> | null {
  return value === null || typeof value !== 'object' ? value : textOf(value)
}

function textOf(value: SqlValue): string {
  if (value === null || typeof value !== 'object') return typeof value === 'string' ? JSON.stringify(value) : `${value}`
  if (value instanceof Decimal) return `${value.unscaled}e${value.scale}`
  if (Buffer.isBuffer(value)) return value.toString('base64')
  if (value instanceof Map)
    return `{${[...(value as SqlMap)]
      .map(([key, mapped]) => `${textOf(key)}:${textOf(mapped)}`)
      .sort()
      .join()}}`
  return `[${(value as SqlArray).map(textOf).join()}]`
}

/** The first of each group of equal values, in order. */
export function distinct(values: SqlArray): SqlValue[] {
  const byKey = new Map<unknown, SqlValue>()
  for (const value of values) {
    const key = valueKey(value)
    if (!byKey.has(key)) byKey.set(key, value)
  }
  return [...byKey.values()]
}
export function keysOf(values: SqlArray): ReadonlySet<unknown> {
  return new Set(values.map(valueKey))
}
