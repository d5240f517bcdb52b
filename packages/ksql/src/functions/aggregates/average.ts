import { add as addBigint, type BigInt64, subtract } from '../../types/bigint.ts'
import { BIGINT, DOUBLE, type SqlType, structOf } from '../../types/sql-type.ts'
import type { SqlArray, SqlValue } from '../../types/sql-value.ts'
import { type AggregateFunction, aggregateOverload } from '../aggregate-function.ts'
import { numericSum } from './numeric-sum.ts'

/** NULL is left out; the average of nothing is 0. The sum has the column's type and wraps like it. */
export const average: AggregateFunction = {
  name: 'avg',
  description: 'The mean of the column as a DOUBLE.',
  overloads: ['BIGINT val', 'INT val', 'DOUBLE val'].map(signature =>
    aggregateOverload(signature, ([type]) => {
      const { zero, add, subtract: takeAway } = numericSum(type as SqlType)
      const combined = (left: SqlArray, right: SqlArray): SqlArray => [
        add(left[0] as SqlValue, right[0] as SqlValue),
        addBigint(left[1] as BigInt64, right[1] as BigInt64),
      ]
      return {
        intermediate: structOf([
          { name: 'SUM', type: type as SqlType },
          { name: 'COUNT', type: BIGINT },
        ]),
        result: DOUBLE,
        initial: () => [zero, 0],
        add: (state, [value]) => (value === null ? state : combined(state as SqlArray, [value as SqlValue, 1])),
        undo: (state, [value]) => {
          if (value === null) return state
          const [sum, count] = state as SqlArray
          return [takeAway(sum as SqlValue, value as SqlValue), subtract(count as BigInt64, 1)]
        },
        merge: (left, right) => combined(left as SqlArray, right as SqlArray),
        finish: state => {
          const [sum, count] = state as SqlArray
          return count === 0 ? 0 : Number(sum) / Number(count)
        },
      }
    }),
  ),
}
