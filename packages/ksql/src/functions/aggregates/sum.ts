import type { SqlType } from '../../types/sql-type.ts'
import type { SqlArray, SqlValue } from '../../types/sql-value.ts'
import { type AggregateFunction, type Aggregator, aggregateOverload } from '../aggregate-function.ts'
import { type NumericSum, numericSum } from './numeric-sum.ts'

/** `added` gives what one row adds; null adds nothing. */
function summing(type: SqlType, added: (arg: SqlValue, sum: NumericSum) => SqlValue): Aggregator {
  const sum = numericSum(type)
  return {
    intermediate: type,
    result: type,
    initial: () => sum.zero,
    add: (total, [arg]) => {
      const value = added(arg ?? null, sum)
      return value === null ? total : sum.add(total, value)
    },
    undo: (total, [arg]) => {
      const value = added(arg ?? null, sum)
      return value === null ? total : sum.subtract(total, value)
    },
    merge: (left, right) => sum.add(left, right),
    finish: total => total,
  }
}

/** NULL adds nothing. A DECIMAL that overflows stops the query. */
export const sum: AggregateFunction = {
  name: 'SUM',
  description: 'The sum of the column, in its type.',
  overloads: ['DECIMAL val', 'DOUBLE val', 'BIGINT val', 'INT val'].map(signature =>
    aggregateOverload(signature, ([type]) => summing(type as SqlType, value => value)),
  ),
}

export const sumList: AggregateFunction = {
  name: 'sum_list',
  description: 'The sum of all elements of the arrays in the column.',
  overloads: ['ARRAY<DOUBLE> val', 'ARRAY<INT> val', 'ARRAY<BIGINT> val'].map(signature =>
    aggregateOverload(signature, ([type]) =>
      summing((type as { readonly element: SqlType }).element, (list, { zero, add }) =>
        list === null
          ? null
          : (list as SqlArray).reduce((total, element) => (element === null ? total : add(total, element)), zero),
      ),
    ),
  ),
}
