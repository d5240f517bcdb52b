import { SqlAnalysisError } from '../../errors/sql-analysis-error.ts'
import { arrayOf, type SqlType, structOf } from '../../types/sql-type.ts'
import type { SqlArray, SqlValue } from '../../types/sql-value.ts'
import { type AggregateFunction, type Aggregator, aggregateOverload } from '../aggregate-function.ts'
import { type NaturalOrder, naturalOrder } from '../natural-order.ts'

/** `sorted` has its greatest element first; equal ones keep the order in which they came. */
function inserted(sorted: SqlArray, element: SqlValue, size: number, order: NaturalOrder): SqlArray {
  const at = sorted.findIndex(other => order(other, element) < 0)
  if (at < 0) return sorted.length < size ? [...sorted, element] : sorted
  return sorted.toSpliced(at, 0, element).slice(0, size)
}

function sizeOf(literal: SqlValue | undefined, name: string): number {
  if (typeof literal !== 'number' || literal < 1) throw new SqlAnalysisError(`${name}: k must be 1 or greater`)
  return literal
}

function greatest(element: SqlType, size: number, order: NaturalOrder, make: (args: SqlArray) => SqlValue): Aggregator {
  return {
    intermediate: arrayOf(element),
    result: arrayOf(element),
    initial: () => [],
    add: (list, args) => (args[0] === null ? list : inserted(list as SqlArray, make(args), size, order)),
    merge: (left, right) =>
      (right as SqlArray).reduce<SqlArray>((list, value) => inserted(list, value, size, order), left as SqlArray),
    finish: list => list,
  }
}

/** Rows whose sort column is NULL are left out. With further columns the result is an array of structs. */
export const topk: AggregateFunction = {
  name: 'TOPK',
  description: 'The k greatest values of a column, with other columns of their rows.',
  overloads: ['INT', 'BIGINT', 'DOUBLE', 'VARCHAR'].map(kind =>
    aggregateOverload(
      `${kind} sortCol, ANY... otherCols, INT k`,
      ([sort, ...others], [k]) => {
        const size = sizeOf(k, 'TOPK')
        const order = naturalOrder(sort as SqlType) as NaturalOrder
        if (others.length === 0) return greatest(sort as SqlType, size, order, ([value]) => value as SqlValue)
        const struct = structOf([
          { name: 'sort_col', type: sort as SqlType },
          ...others.map((type, index) => ({ name: `col${index}`, type })),
        ])
        const bySortColumn: NaturalOrder = (a, b) =>
          order((a as SqlArray)[0] as SqlValue, (b as SqlArray)[0] as SqlValue)
        return greatest(struct, size, bySortColumn, args => args)
      },
      1,
    ),
  ),
}

export const topkDistinct: AggregateFunction = {
  name: 'TOPKDISTINCT',
  description: 'The k greatest different values of a column.',
  overloads: ['INT', 'BIGINT', 'DOUBLE', 'VARCHAR', 'DECIMAL', 'DATE', 'TIME', 'TIMESTAMP', 'BYTES'].map(kind =>
    aggregateOverload(
      `${kind} val, INT k`,
      ([type], [k]) => {
        const size = sizeOf(k, 'TOPKDISTINCT')
        const order = naturalOrder(type as SqlType) as NaturalOrder
        const add = (list: SqlArray, value: SqlValue): SqlArray =>
          value === null || list.some(other => order(other, value) === 0) ? list : inserted(list, value, size, order)
        return {
          intermediate: arrayOf(type as SqlType),
          result: arrayOf(type as SqlType),
          initial: () => [],
          add: (list, [value]) => add(list as SqlArray, value ?? null),
          merge: (left, right) => (right as SqlArray).reduce<SqlArray>(add, left as SqlArray),
          finish: list => list,
        }
      },
      1,
    ),
  ),
}
