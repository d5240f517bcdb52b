/**
 * Comparisons have two values: with NULL on a side they are false, and so is the comparison of NaN with anything.
 * `IS [NOT] DISTINCT FROM` treats NULL as a value.
 */
import type { ComparisonOperator } from '../ast/nodes.ts'
import { Decimal } from '../types/decimal.ts'
import { isNumeric, type SqlType } from '../types/sql-type.ts'
import type { SqlValue } from '../types/sql-value.ts'
import { MS_PER_DAY, parseDate, parseTime, parseTimestamp } from '../types/temporal.ts'
import { asDecimalType, type Convert, identity, implicitConversion } from './coercion.ts'

/** Negative, 0 or positive; undefined when there is no order (NaN). Neither value is null. */
type Order = (left: SqlValue, right: SqlValue) => number | undefined
type Test = (left: SqlValue, right: SqlValue) => boolean

/** As ksqlDB names operators in messages. */
export const OPERATOR_NAMES: Record<ComparisonOperator, string> = {
  '=': 'EQUAL',
  '<>': 'NOT_EQUAL',
  '<': 'LESS_THAN',
  '<=': 'LESS_THAN_OR_EQUAL',
  '>': 'GREATER_THAN',
  '>=': 'GREATER_THAN_OR_EQUAL',
  'IS DISTINCT FROM': 'IS_DISTINCT_FROM',
  'IS NOT DISTINCT FROM': 'IS_NOT_DISTINCT_FROM',
}

const numbers: Order = (a, b) => {
  const [left, right] = [a as number | bigint, b as number | bigint]
  return left < right ? -1 : left > right ? 1 : left === right ? 0 : undefined
}
const decimals: Order = (a, b) => (a as Decimal).compare(b as Decimal)
/** By UTF-16 code units, as java.lang.String. */
const strings: Order = (a, b) => ((a as string) < (b as string) ? -1 : (a as string) > (b as string) ? 1 : 0)
const booleans: Order = (a, b) => Number(a) - Number(b)
const bytes: Order = (a, b) => Buffer.compare(a as Buffer, b as Buffer)

interface Comparer {
  readonly order: Order
  readonly left: Convert
  readonly right: Convert
  /** False: equality only. */
  readonly ordered: boolean
}

const lift =
  (convert: (value: never) => SqlValue): Convert =>
  value =>
    value === null ? null : convert(value as never)

function comparerOf(left: SqlType, right: SqlType): Comparer | null {
  const plain = (order: Order, ordered = true): Comparer => ({ order, left: identity, right: identity, ordered })
  if (isNumeric(left) && isNumeric(right)) {
    if (left.kind !== 'DECIMAL' && right.kind !== 'DECIMAL') return plain(numbers)
    const convert = (type: SqlType): Convert =>
      type.kind === 'DOUBLE'
        ? lift((value: number) => Decimal.parse(String(value)))
        : (implicitConversion(type, asDecimalType(type) as SqlType) as Convert)
    return { order: decimals, left: convert(left), right: convert(right), ordered: true }
  }
  const temporal = temporalComparer(left, right)
  if (temporal !== null) return temporal
  if (left.kind !== right.kind) return null
  switch (left.kind) {
    case 'STRING':
      return plain(strings)
    case 'BOOLEAN':
      return plain(booleans, false)
    case 'BYTES':
      return plain(bytes)
    case 'ARRAY':
    case 'MAP':
    case 'STRUCT':
      return plain((a, b) => (sameValue(a, b) ? 0 : undefined), false)
    default:
      return null
  }
}

/** TIME with TIME or text; DATE and TIMESTAMP with each other or text. */
function temporalComparer(left: SqlType, right: SqlType): Comparer | null {
  const kinds = new Set([left.kind, right.kind])
  const of = (convert: (type: SqlType) => Convert): Comparer => ({
    order: numbers,
    left: convert(left),
    right: convert(right),
    ordered: true,
  })
  const only = (...allowed: string[]) => [...kinds].every(kind => allowed.includes(kind))
  if (kinds.has('TIME') && only('TIME', 'STRING'))
    return of(type => (type.kind === 'STRING' ? lift(parseTime) : identity))
  if (kinds.has('TIMESTAMP') && only('TIMESTAMP', 'DATE', 'STRING'))
    return of(type => {
      if (type.kind === 'STRING') return lift(parseTimestamp)
      return type.kind === 'DATE' ? lift((days: number) => days * MS_PER_DAY) : identity
    })
  if (kinds.has('DATE') && only('DATE', 'STRING'))
    return of(type => (type.kind === 'STRING' ? lift(parseDate) : identity))
  return null
}

/** Null when values of these types cannot be compared by this operator. */
export function comparison(operator: ComparisonOperator, left: SqlType, right: SqlType): Test | null {
  const comparer = comparerOf(left, right)
  if (comparer === null) return null
  const test = TESTS[operator]
  const needsOrder = operator === '<' || operator === '<=' || operator === '>' || operator === '>='
  if (needsOrder && !comparer.ordered) return null
  const distinct = operator.startsWith('IS')
  const { order } = comparer
  return (a, b) => {
    const [x, y] = [comparer.left(a), comparer.right(b)]
    if (x === null || y === null) return distinct && (x === y) === (operator === 'IS NOT DISTINCT FROM')
    const result = order(x, y)
    // Without an order nothing is equal, less or greater; containers that differ are still different.
    return result === undefined ? test(Number.NaN) && !Number.isNaN(x) && !Number.isNaN(y) : test(result)
  }
}

const TESTS: Record<ComparisonOperator, (order: number) => boolean> = {
  '=': order => order === 0,
  '<>': order => order !== 0,
  '<': order => order < 0,
  '<=': order => order <= 0,
  '>': order => order > 0,
  '>=': order => order >= 0,
  'IS DISTINCT FROM': order => order !== 0,
  'IS NOT DISTINCT FROM': order => order === 0,
}

/** Deep equality by value; NULL equals NULL. */
export function sameValue(a: SqlValue, b: SqlValue): boolean {
  if (a === b) return true
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return false
  if (a instanceof Decimal) return b instanceof Decimal && a.equals(b)
  if (Buffer.isBuffer(a)) return Buffer.isBuffer(b) && a.equals(b)
  if (Array.isArray(a))
    return (
      Array.isArray(b) && a.length === b.length && a.every((element, index) => sameValue(element, b[index] ?? null))
    )
  if (a instanceof Map) {
    if (!(b instanceof Map) || a.size !== b.size) return false
    for (const [key, value] of a) if (!b.has(key) || !sameValue(value, b.get(key) ?? null)) return false
    return true
  }
  return false
}
