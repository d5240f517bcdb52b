import { EvaluationError } from '../expressions/compiled.ts'
import { add, type BigInt64 } from '../types/bigint.ts'
import { javaText } from '../types/java-text.ts'
import { type SqlType, STRING, typeText } from '../types/sql-type.ts'
import type { SqlArray, SqlValue } from '../types/sql-value.ts'
import { checkElements } from './limits.ts'
import { type NaturalOrder, naturalOrder } from './natural-order.ts'
import { overload, type ScalarFunction, scalar, typedOverload } from './scalar-function.ts'
import { distinct, keysOf, valueKey } from './value-key.ts'

const takesNulls = { takesNulls: true }

function elementType(types: readonly (SqlType | null)[]): SqlType {
  const [array] = types
  return array?.kind === 'ARRAY' ? array.element : STRING
}
/** A call over elements without an order compiles and fails per row, as in ksqlDB. */
function elementOrder(types: readonly (SqlType | null)[]): NaturalOrder {
  const type = elementType(types)
  return (
    naturalOrder(type) ??
    (() => {
      throw new EvaluationError(`${typeText(type)} has no order`)
    })
  )
}

const TEXT_ELEMENTS = new Set(['BOOLEAN', 'INTEGER', 'BIGINT', 'DOUBLE', 'DECIMAL', 'STRING'])
function join(types: readonly (SqlType | null)[]) {
  const type = elementType(types)
  return (array: SqlArray | null, delimiter: string | null = ',') => {
    if (array === null) return null
    if (!TEXT_ELEMENTS.has(type.kind) && array.some(element => element !== null))
      throw new EvaluationError(`ARRAY_JOIN: elements of type ${typeText(type)} have no text`)
    return array.map(element => javaText(element, type)).join(delimiter ?? '')
  }
}

const ASCENDING = new Set(['ASC', 'ASCENDING'])
const DESCENDING = new Set(['DESC', 'DESCENDING'])
/** NULLs come last either way. Null for a direction that is none. */
function sort(types: readonly (SqlType | null)[]) {
  const order = elementOrder(types)
  return (array: SqlArray, direction = 'ASC'): SqlArray | null => {
    const sign = ASCENDING.has(direction.toUpperCase()) ? 1 : DESCENDING.has(direction.toUpperCase()) ? -1 : 0
    if (sign === 0) return null
    return array.toSorted((a, b) => {
      if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1
      return sign * order(a, b)
    })
  }
}
function extreme(name: string, description: string, sign: 1 | -1): ScalarFunction {
  return scalar(name, 'ARRAY', description, [
    typedOverload('(ARRAY<T> input): T', types => {
      const order = elementOrder(types)
      return (array: SqlArray) =>
        array.reduce<SqlValue>((best, value) => {
          if (best === null || value === null) return best ?? value
          return sign * order(value, best) > 0 ? value : best
        }, null)
    }),
  ])
}

function series(start: BigInt64, end: BigInt64, step?: number): SqlArray {
  const distance = BigInt(end) - BigInt(start)
  const by = BigInt(step ?? (distance > 0n ? 1 : -1))
  if (by === 0n) throw new EvaluationError('GENERATE_SERIES step cannot be zero')
  if ((distance > 0n && by < 0n) || (distance < 0n && by > 0n))
    throw new EvaluationError('GENERATE_SERIES step has wrong sign')
  const size = Number(distance / by) + 1
  checkElements(size, 'GENERATE_SERIES')
  const values: BigInt64[] = []
  for (let value = start; values.length < size; value = add(value, Number(by))) values.push(value)
  return values
}

/** Null where the range is not inside the array. */
function slice(array: SqlArray | null, from: number | null, to: number | null): SqlArray | null {
  if (array === null) return null
  const [start, end] = [from === null ? 0 : from - 1, to ?? array.length]
  return start < 0 || end > array.length || start > end ? null : array.slice(start, end)
}

export const arrayFunctions: readonly ScalarFunction[] = [
  scalar('array_concat', 'ARRAY', 'All elements of two arrays; a NULL array counts as empty beside one that is not.', [
    overload(
      '(ARRAY<T> left, ARRAY<T> right): ARRAY<T>',
      (left: SqlArray | null, right: SqlArray | null) =>
        left === null && right === null ? null : [...(left ?? []), ...(right ?? [])],
      takesNulls,
    ),
  ]),
  scalar('ARRAY_CONTAINS', 'ARRAY', 'Whether an array has an element.', [
    overload(
      '(ARRAY<T> array, T val): BOOLEAN',
      (array: SqlArray | null, value: SqlValue) => {
        const key = valueKey(value)
        return array?.some(element => Object.is(valueKey(element), key)) ?? false
      },
      takesNulls,
    ),
  ]),
  scalar('array_distinct', 'ARRAY', 'The different elements, in order of first appearance.', [
    overload('(ARRAY<T> input): ARRAY<T>', distinct),
  ]),
  scalar('array_except', 'ARRAY', 'The different elements of the first array that are not in the second.', [
    overload('(ARRAY<T> left, ARRAY<T> right): ARRAY<T>', (left: SqlArray, right: SqlArray) => {
      const excluded = keysOf(right)
      return distinct(left).filter(element => !excluded.has(valueKey(element)))
    }),
  ]),
  scalar('array_intersect', 'ARRAY', 'The different elements that both arrays have.', [
    overload('(ARRAY<T> left, ARRAY<T> right): ARRAY<T>', (left: SqlArray, right: SqlArray) => {
      const wanted = keysOf(right)
      return distinct(left).filter(element => wanted.has(valueKey(element)))
    }),
  ]),
  scalar('ARRAY_JOIN', 'ARRAY', 'The elements as one text with a delimiter between them.', [
    typedOverload('(ARRAY<T> array): VARCHAR', join, takesNulls),
    typedOverload('(ARRAY<T> array, VARCHAR delimiter): VARCHAR', join, takesNulls),
  ]),
  scalar('ARRAY_LENGTH', 'ARRAY', 'How many elements an array has.', [
    overload('(ARRAY<T> array): INT', (array: SqlArray) => array.length),
  ]),
  extreme('array_max', 'The greatest element that is not NULL.', 1),
  extreme('array_min', 'The least element that is not NULL.', -1),
  scalar('array_remove', 'ARRAY', 'The array without all elements equal to a value.', [
    overload(
      '(ARRAY<T> array, T victim): ARRAY<T>',
      (array: SqlArray | null, victim: SqlValue) => {
        const key = valueKey(victim)
        return array?.filter(element => !Object.is(valueKey(element), key)) ?? null
      },
      takesNulls,
    ),
  ]),
  scalar('array_sort', 'ARRAY', 'The elements in their natural order or its reverse, NULLs last.', [
    typedOverload('(ARRAY<T> input): ARRAY<T>', sort),
    typedOverload('(ARRAY<T> input, VARCHAR direction): ARRAY<T>', sort),
  ]),
  scalar('array_union', 'ARRAY', 'The different elements of both arrays.', [
    overload('(ARRAY<T> left, ARRAY<T> right): ARRAY<T>', (left: SqlArray, right: SqlArray) =>
      distinct([...left, ...right]),
    ),
  ]),
  scalar('GENERATE_SERIES', 'ARRAY', 'The numbers from a start to an end, both included.', [
    overload('(INT start, INT end): ARRAY<INT>', series),
    overload('(INT start, INT end, INT step): ARRAY<INT>', series),
    overload('(BIGINT start, BIGINT end): ARRAY<BIGINT>', series),
    overload('(BIGINT start, BIGINT end, INT step): ARRAY<BIGINT>', series),
  ]),
  scalar('slice', 'ARRAY', 'The elements from one position to another, both included, counted from 1.', [
    overload('(ARRAY<T> in, INT from, INT to): ARRAY<T>', slice, takesNulls),
  ]),
]
