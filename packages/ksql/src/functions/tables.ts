import { EvaluationError } from '../expressions/compiled.ts'
import { arrayOf, type SqlType, STRING } from '../types/sql-type.ts'
import type { SqlArray, SqlValue } from '../types/sql-value.ts'
import { parseParameters } from './signature.ts'
import type { TableFunction } from './table-function.ts'

/** 2^20 rows out of one are plenty. */
const MAX_CUBE_COLUMNS = 20

const elementOf = (type: SqlType | null | undefined): SqlType => (type?.kind === 'ARRAY' ? type.element : STRING)

export const explode: TableFunction = {
  name: 'explode',
  description: 'A row for each element of an array; none for NULL.',
  overloads: [
    {
      parameters: parseParameters('ARRAY<T> list'),
      returns: ([array]) => elementOf(array),
      implement: () => list => (list as SqlArray | null) ?? [],
    },
  ],
}

export const cubeExplode: TableFunction = {
  name: 'cube_explode',
  description: 'A row for each way to replace elements of an array by NULL, without duplicates.',
  overloads: [
    {
      parameters: parseParameters('ARRAY<T> columns'),
      returns: ([array]) => arrayOf(elementOf(array)),
      implement: () => columns => (columns === null ? [] : cube(columns as SqlArray)),
    },
  ],
}

/** In binary order of which elements are there: all NULL first, the array itself last. */
function cube(columns: SqlArray): SqlValue[] {
  if (columns.length > MAX_CUBE_COLUMNS)
    throw new EvaluationError(`cube_explode: too many columns (${columns.length}); max is ${MAX_CUBE_COLUMNS}`)
  let rows: SqlValue[][] = [[]]
  for (const value of columns)
    rows = rows.flatMap(row =>
      value === null
        ? [[...row, null]]
        : [
            [...row, null],
            [...row, value],
          ],
    )
  return rows
}
