import { add, type BigInt64, subtract } from '../../types/bigint.ts'
import { BIGINT } from '../../types/sql-type.ts'
import { type AggregateFunction, type Aggregator, aggregateOverload } from '../aggregate-function.ts'

const counting: Aggregator = {
  intermediate: BIGINT,
  result: BIGINT,
  initial: () => 0,
  add: (total, [value]) => (value === null ? total : add(total as BigInt64, 1)),
  undo: (total, [value]) => (value === null ? total : subtract(total as BigInt64, 1)),
  merge: (left, right) => add(left as BigInt64, right as BigInt64),
  finish: total => total,
}

/** NULL is not counted; without a column, as in COUNT(*), all rows are. */
export const count: AggregateFunction = {
  name: 'COUNT',
  description: 'Counts the rows in which the column is not NULL.',
  overloads: [aggregateOverload('T val', () => counting), aggregateOverload('', () => counting)],
}
