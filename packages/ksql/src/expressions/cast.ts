/** CAST. A value that does not convert gives NULL and an entry in the processing log, not a failed row. */
import * as bigint from '../types/bigint.ts'
import { Decimal, DecimalError } from '../types/decimal.ts'
import { javaText } from '../types/java-text.ts'
import { type DecimalType, fieldIndex, type SqlType, sameType } from '../types/sql-type.ts'
import type { SqlMap, SqlValue } from '../types/sql-value.ts'
import { MS_PER_DAY, parseDate, parseTime, parseTimestamp } from '../types/temporal.ts'
import { type Convert, identity } from './coercion.ts'
import { EvaluationError } from './compiled.ts'

/** Null when the language has no such cast. The conversion throws for a value that does not convert; NULL stays NULL. */
export function castOf(from: SqlType, to: SqlType): Convert | null {
  if (sameType(from, to)) return identity
  const convert = notNullCast(from, to)
  return convert === null ? null : value => (value === null ? null : convert(value))
}

function notNullCast(from: SqlType, to: SqlType): Convert | null {
  if (to.kind === 'STRING') return from.kind === 'BYTES' ? null : value => javaText(value, from)
  switch (from.kind) {
    case 'INTEGER':
    case 'BIGINT':
      return fromInteger(to)
    case 'DOUBLE':
      return fromDouble(to)
    case 'DECIMAL':
      return fromDecimal(to)
    case 'STRING':
      return fromString(to)
    case 'TIMESTAMP':
      if (to.kind === 'DATE') return value => Math.floor((value as number) / MS_PER_DAY)
      if (to.kind === 'TIME') return value => (((value as number) % MS_PER_DAY) + MS_PER_DAY) % MS_PER_DAY
      return null
    case 'DATE':
      return to.kind === 'TIMESTAMP' ? value => (value as number) * MS_PER_DAY : null
    case 'ARRAY': {
      const element = to.kind === 'ARRAY' ? castOf(from.element, to.element) : null
      return element === null ? null : value => (value as SqlValue[]).map(element)
    }
    case 'MAP': {
      if (to.kind !== 'MAP') return null
      const [key, mapped] = [castOf(from.key, to.key), castOf(from.value, to.value)]
      if (key === null || mapped === null) return null
      return value => new Map([...(value as SqlMap)].map(([k, v]) => [key(k), mapped(v)]))
    }
    case 'STRUCT': {
      if (to.kind !== 'STRUCT') return null
      const fields: { index: number; convert: Convert }[] = []
      for (const field of to.fields) {
        const index = fieldIndex(from, field.name)
        const convert = index < 0 ? identity : castOf(from.fields[index]!.type, field.type)
        if (convert === null) return null
        fields.push({ index, convert })
      }
      return value =>
        fields.map(({ index, convert }) => convert(index < 0 ? null : ((value as SqlValue[])[index] ?? null)))
    }
    default:
      return null
  }
}

function fromInteger(to: SqlType): Convert | null {
  switch (to.kind) {
    case 'INTEGER':
      return value => bigint.toInt32(value as bigint.BigInt64)
    case 'BIGINT':
      return identity
    case 'DOUBLE':
      return value => Number(value)
    case 'DECIMAL':
      return value => Decimal.fromInteger(value as bigint.BigInt64).fit(to)
    default:
      return null
  }
}
function fromDouble(to: SqlType): Convert | null {
  switch (to.kind) {
    case 'INTEGER':
      return value => bigint.doubleToInt32(value as number)
    case 'BIGINT':
      return value => bigint.fromDouble(value as number)
    case 'DECIMAL':
      return value => decimalOf(String(value), to)
    default:
      return null
  }
}
function fromDecimal(to: SqlType): Convert | null {
  switch (to.kind) {
    case 'INTEGER':
      return value => Number(BigInt.asIntN(32, (value as Decimal).toBigInt()))
    case 'BIGINT':
      return value => bigint.normalise((value as Decimal).toBigInt())
    case 'DOUBLE':
      return value => (value as Decimal).toNumber()
    case 'DECIMAL':
      return value => (value as Decimal).fit(to)
    default:
      return null
  }
}
function fromString(to: SqlType): Convert | null {
  switch (to.kind) {
    case 'BOOLEAN':
      return value => parseBoolean(value as string)
    case 'INTEGER':
      return value => Number(parseInteger(value as string, 32))
    case 'BIGINT':
      return value => bigint.normalise(parseInteger(value as string, 64))
    case 'DOUBLE':
      return value => parseDouble(value as string)
    case 'DECIMAL':
      return value => decimalOf((value as string).trim(), to)
    case 'DATE':
      return value => parseDate(value as string)
    case 'TIME':
      return value => parseTime(value as string)
    case 'TIMESTAMP':
      return value => parseTimestamp(value as string)
    case 'BYTES':
      return value => Buffer.from(value as string, 'base64')
    default:
      return null
  }
}

function decimalOf(text: string, type: DecimalType): Decimal {
  try {
    return Decimal.parse(text).fit(type)
  } catch (error) {
    if (error instanceof DecimalError) throw new EvaluationError(error.message)
    throw error
  }
}

/** A prefix of `true` or `yes` is true, of `false` or `no` false, in any case. */
export function parseBoolean(text: string): boolean {
  const lower = text.trim().toLowerCase()
  if (lower !== '' && ('true'.startsWith(lower) || 'yes'.startsWith(lower))) return true
  if (lower !== '' && ('false'.startsWith(lower) || 'no'.startsWith(lower))) return false
  throw new EvaluationError(`invalid input syntax for type BOOLEAN: "${text}".`)
}
/** Digits with an optional sign. Throws when it is something else or out of range. */
export function parseInteger(text: string, bits: 32 | 64): bigint {
  const type = bits === 32 ? 'INTEGER' : 'BIGINT'
  const trimmed = text.trim()
  if (!/^[-+]?\d+$/.test(trimmed)) throw new EvaluationError(`invalid input syntax for type ${type}: "${text}".`)
  const value = BigInt(trimmed.replace(/^\+/, ''))
  if (BigInt.asIntN(bits, value) !== value) throw new EvaluationError(`value out of range for type ${type}: "${text}".`)
  return value
}
export function parseDouble(text: string): number {
  const trimmed = text.trim()
  if (/^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?[dDfF]?$/.test(trimmed)) return Number(trimmed.replace(/[dDfF]$/, ''))
  const special = /^([-+]?)(NaN|Infinity)$/.exec(trimmed)
  if (special !== null) return special[2] === 'NaN' ? Number.NaN : special[1] === '-' ? -Infinity : Infinity
  throw new EvaluationError(`invalid input syntax for type DOUBLE PRECISION: "${text}".`)
}
