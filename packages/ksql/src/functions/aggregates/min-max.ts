import type { SqlType } from '../../types/sql-type.ts'
import type { SqlValue } from '../../types/sql-value.ts'
import { type AggregateFunction, aggregateOverload } from '../aggregate-function.ts'
import { type NaturalOrder, naturalOrder } from '../natural-order.ts'

const TYPES = ['INT', 'BIGINT', 'DOUBLE', 'DECIMAL', 'DATE', 'TIME', 'TIMESTAMP', 'VARCHAR', 'BYTES']

/** NULL is left out. Without a value that is not NULL the result is NULL. */
function extreme(name: string, description: string, sign: 1 | -1): AggregateFunction {
  return {
    name,
    description,
    overloads: TYPES.map(kind =>
      aggregateOverload(`${kind} val`, ([type]) => {
        const order = naturalOrder(type as SqlType) as NaturalOrder
        const better = (a: SqlValue, b: SqlValue): SqlValue => {
          if (a === null) return b
          if (b === null) return a
          return sign * order(a, b) > 0 ? a : b
        }
        return {
          intermediate: type as SqlType,
          result: type as SqlType,
          initial: () => null,
          add: (best, [value]) => better(value ?? null, best),
          merge: better,
          finish: best => best,
        }
      }),
    ),
  }
}

export const max = extreme('MAX', 'The greatest value of the column.', 1)
export const min = extreme('MIN', 'The least value of the column.', -1)
