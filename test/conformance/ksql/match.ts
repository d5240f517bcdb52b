/** When a value is the expected one: "Comparing values" of the corpus' README. */
import { Decimal } from '@millrace/ksql'
import { LosslessNumber } from 'lossless-json'
import type { Spec } from './corpus.ts'

/** What reading an output gives. Integers carry their width, because that decides how they compare. */
export type Actual =
  | null
  | undefined
  | boolean
  | string
  | Buffer
  | Decimal
  | Integer
  | { readonly double: number }
  | Actual[]
  | Map<string, Actual>
export interface Integer {
  readonly integer: bigint
  readonly bits: 32 | 64
}

const DOUBLE_TOLERANCE = 0.000001

export function matches(actual: Actual, expected: Spec): boolean {
  if (expected === null) return actual === null || actual === undefined
  if (typeof expected === 'boolean') return actual === expected
  if (typeof expected === 'string')
    return (
      actual === expected ||
      (actual instanceof Decimal && isDecimal(expected) && actual.equals(Decimal.parse(expected))) ||
      (Buffer.isBuffer(actual) && actual.toString('base64') === expected)
    )
  if (expected instanceof LosslessNumber) return matchesNumber(actual, expected.value)
  if (Array.isArray(expected))
    return (
      Array.isArray(actual) &&
      actual.length === expected.length &&
      expected.every((element, index) => matches(actual[index], element))
    )
  if (!(actual instanceof Map) || actual.size !== Object.keys(expected).length) return false
  return Object.entries(expected).every(([name, element]) =>
    matches(actual.get(name) ?? actual.get(name.toUpperCase()), element),
  )
}

function isDecimal(text: string): boolean {
  return /^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(text)
}

function matchesNumber(actual: Actual, text: string): boolean {
  const expected = Decimal.parse(text)
  if (actual instanceof Decimal)
    return /[.eE]/.test(text) ? actual.equals(expected) : actual.scale <= 0 && actual.compare(expected) === 0
  if (typeof actual !== 'object' || actual === null) return false
  if ('integer' in actual) return BigInt.asIntN(actual.bits, expected.toBigInt()) === actual.integer
  return 'double' in actual && Math.abs(Number(text) - actual.double) < DOUBLE_TOLERANCE
}

/** For reports. */
export function show(actual: Actual): string {
  return JSON.stringify(plain(actual)) ?? 'undefined'
}
function plain(actual: Actual): unknown {
  if (actual === null || actual === undefined || typeof actual !== 'object') return actual
  if (actual instanceof Decimal) return actual.toString()
  if (Buffer.isBuffer(actual)) return actual.toString('base64')
  if (actual instanceof Map) return Object.fromEntries([...actual].map(([key, value]) => [key, plain(value)]))
  if (Array.isArray(actual)) return actual.map(plain)
  return 'integer' in actual ? Number(actual.integer) : actual.double
}
