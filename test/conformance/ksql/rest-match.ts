/** When an answer of the server is the expected one: "Judging responses" of the corpus' README. */
import { Decimal } from '@millrace/ksql'
import { LosslessNumber } from 'lossless-json'
import type { Spec } from './corpus.ts'

type SpecObject = { [name: string]: Spec }

/** Null when `actual` has what is expected, else where it differs. */
export function differsFromEntity(actual: Spec | undefined, expected: SpecObject): string | null {
  return missing(withoutEmpty(actual ?? null), expected, '')
}

/** Rows of a query; the columns of all rows count as a multiset. */
export function differsFromRows(actual: readonly Spec[], expected: readonly Spec[]): string | null {
  if (actual.length !== expected.length)
    return `${actual.length} rows, expected ${expected.length}: ${text([...actual])}`
  for (const [index, row] of expected.entries()) {
    const problem = missing(withoutEmpty(withoutColumns(actual[index]!)), withoutColumns(row), `[${index}]`)
    if (problem !== null) return problem
  }
  const left = actual.flatMap(columnsOf)
  for (const columns of expected.flatMap(columnsOf)) {
    const at = left.findIndex(candidate => same(candidate, columns))
    if (at < 0) return `no row ${text(columns)} in ${text(actual.flatMap(columnsOf))}`
    left.splice(at, 1)
  }
  return null
}

function columnsOf(row: Spec): Spec[] {
  const inner = isObject(row) && isObject(row.row ?? null) ? (row.row as SpecObject).columns : undefined
  return inner === undefined ? [] : [inner]
}
function withoutColumns(row: Spec): Spec {
  if (!isObject(row) || !isObject(row.row ?? null)) return row
  const { columns: _, ...rest } = row.row as SpecObject
  return { ...row, row: rest }
}

/** Every key of `expected` must be in `actual`; lists and scalars are equal. */
function missing(actual: Spec, expected: Spec, path: string): string | null {
  if (!isObject(expected))
    return same(actual, expected) ? null : `${path} is ${text(actual)}, expected ${text(expected)}`
  if (!isObject(actual)) return `${path} is ${text(actual)}, expected an object`
  for (const [name, value] of Object.entries(expected)) {
    const [key = name, rule] = name.split('|')
    const found = actual[key] ?? null
    if (rule === 'starts_with') {
      if (typeof found !== 'string' || typeof value !== 'string' || !found.startsWith(value))
        return `${path}.${key} is ${text(found)}, expected to start with ${text(value)}`
      continue
    }
    // Entries without content were taken out of the actual object.
    if (isObject(value) && Object.keys(value).length === 0) continue
    const problem = missing(found, value, `${path}.${key}`)
    if (problem !== null) return problem
  }
  return null
}

/** Entries of objects whose value is null or empty do not count; elements of lists do. */
function withoutEmpty(value: Spec): Spec {
  if (!isObject(value)) return value
  const kept = Object.entries(value)
    .map(([name, inner]) => [name, withoutEmpty(inner)] as const)
    .filter(([, inner]) => !isEmpty(inner))
  return Object.fromEntries(kept)
}
function isEmpty(value: Spec): boolean {
  if (value === null || value === '') return true
  if (Array.isArray(value)) return value.length === 0
  return isObject(value) && Object.keys(value).length === 0
}

function same(actual: Spec, expected: Spec): boolean {
  if (expected instanceof LosslessNumber)
    return actual instanceof LosslessNumber && sameNumber(actual.value, expected.value)
  if (Array.isArray(expected))
    return (
      Array.isArray(actual) && actual.length === expected.length && expected.every((one, at) => same(actual[at]!, one))
    )
  if (isObject(expected)) {
    const names = Object.keys(expected)
    return (
      isObject(actual) &&
      Object.keys(actual).length === names.length &&
      names.every(name => name in actual && same(actual[name]!, expected[name]!))
    )
  }
  return actual === expected
}
function sameNumber(actual: string, expected: string): boolean {
  const isDecimal = (literal: string): boolean => /[.eE]/.test(literal)
  return isDecimal(actual) === isDecimal(expected) && Decimal.parse(actual).equals(Decimal.parse(expected))
}

function isObject(value: Spec): value is SpecObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof LosslessNumber)
}
export function text(value: Spec): string {
  if (value instanceof LosslessNumber) return value.value
  if (Array.isArray(value)) return `[${value.map(text).join(',')}]`
  if (isObject(value))
    return `{${Object.entries(value)
      .map(([name, inner]) => `${JSON.stringify(name)}:${text(inner)}`)
      .join(',')}}`
  return JSON.stringify(value)
}
