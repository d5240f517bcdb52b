import type { SqlValue } from '../types/sql-value.ts'
import { overload, type ScalarFunction, scalar } from './scalar-function.ts'
import { valueKey } from './value-key.ts'

const firstPresent = (...values: SqlValue[]): SqlValue => values.find(value => value !== null) ?? null
const takesNulls = { takesNulls: true }

export const nullFunctions: readonly ScalarFunction[] = [
  scalar('COALESCE', 'CONDITIONAL', 'The first value that is not NULL.', [
    overload('(T first, T... others): T', firstPresent, takesNulls),
  ]),
  scalar('IFNULL', 'CONDITIONAL', 'The expression, or the alternative if it is NULL.', [
    overload('(T expression, T altValue): T', firstPresent, takesNulls),
  ]),
  scalar('NULLIF', 'CONDITIONAL', 'The first value, or NULL if both are equal.', [
    overload(
      '(T expr1, T expr2): T',
      (first: SqlValue, second: SqlValue) =>
        first !== null && second !== null && Object.is(valueKey(first), valueKey(second)) ? null : first,
      takesNulls,
    ),
  ]),
  scalar('AS_VALUE', 'OTHER', 'Copies a key column into the value.', [
    overload('(T keyColumn): T', value => value, takesNulls),
  ]),
]
