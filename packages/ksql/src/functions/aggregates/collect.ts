import { arrayOf, type SqlType } from '../../types/sql-type.ts'
import type { SqlArray, SqlValue } from '../../types/sql-value.ts'
import { type AggregateFunction, aggregateOverload } from '../aggregate-function.ts'
import { distinct, valueKey } from '../value-key.ts'

/** NULLs are kept. What comes after `limit` elements is left out. */
export function collectList(limit: number): AggregateFunction {
  return {
    name: 'collect_list',
    description: 'All values of the column in an array.',
    overloads: [
      aggregateOverload('T val', ([element]) => ({
        intermediate: arrayOf(element as SqlType),
        result: arrayOf(element as SqlType),
        initial: () => [],
        add: (list, [value]) =>
          (list as SqlArray).length < limit ? [...(list as SqlArray), value ?? null] : (list as SqlArray),
        // Takes the last of equal values; one that is missing came after the limit.
        undo: (list, [value]) => {
          const key = valueKey(value ?? null)
          const at = (list as SqlArray).findLastIndex(other => Object.is(valueKey(other), key))
          return at < 0 ? list : (list as SqlArray).toSpliced(at, 1)
        },
        merge: (left, right) => [...(left as SqlArray), ...(right as SqlArray)].slice(0, limit),
        finish: list => list,
      })),
    ],
  }
}

/** In order of first appearance; NULL is a value. */
export function collectSet(limit: number): AggregateFunction {
  return {
    name: 'collect_set',
    description: 'All different values of the column in an array.',
    overloads: [
      aggregateOverload('T val', ([element]) => ({
        intermediate: arrayOf(element as SqlType),
        result: arrayOf(element as SqlType),
        initial: () => [],
        add: (list, [value]) => union(list as SqlArray, [value ?? null], limit),
        merge: (left, right) => union(left as SqlArray, right as SqlArray, limit),
        finish: list => list,
      })),
    ],
  }
}
function union(set: SqlArray, more: SqlArray, limit: number): SqlValue {
  return set.length >= limit ? set : distinct([...set, ...more]).slice(0, limit)
}
