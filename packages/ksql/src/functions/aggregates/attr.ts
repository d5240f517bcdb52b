import { arrayOf, INTEGER, type SqlType, structOf } from '../../types/sql-type.ts'
import type { SqlArray, SqlValue } from '../../types/sql-value.ts'
import { type AggregateFunction, aggregateOverload } from '../aggregate-function.ts'
import { valueKey } from '../value-key.ts'

/** `entries` are [value, how often]; a value that was taken back as often as it came stays with 0. */
function counted(entries: SqlArray, value: SqlValue, by: number): SqlArray {
  const key = valueKey(value)
  const at = entries.findIndex(entry => Object.is(valueKey((entry as SqlArray)[0] as SqlValue), key))
  if (at < 0) return by > 0 ? [...entries, [value, by]] : entries
  const times = (entries[at] as SqlArray)[1] as number
  return entries.with(at, [value, Math.max(0, times + by)])
}

/** NULL is a value like any other. */
export const attr: AggregateFunction = {
  name: 'ATTR',
  description: 'The one value that all rows share, or NULL when there are several.',
  overloads: [
    aggregateOverload('T val', ([type]) => ({
      intermediate: arrayOf(
        structOf([
          { name: 'VALUE', type: type as SqlType },
          { name: 'COUNT', type: INTEGER },
        ]),
      ),
      result: type as SqlType,
      initial: () => [],
      add: (entries, [value]) => counted(entries as SqlArray, value ?? null, 1),
      undo: (entries, [value]) => counted(entries as SqlArray, value ?? null, -1),
      merge: (left, right) =>
        (right as SqlArray).reduce<SqlArray>((entries, entry) => {
          const [value, times] = entry as SqlArray
          return counted(entries, value as SqlValue, times as number)
        }, left as SqlArray),
      finish: entries => {
        const present = (entries as SqlArray).filter(entry => ((entry as SqlArray)[1] as number) > 0)
        return present.length === 1 ? ((present[0] as SqlArray)[0] as SqlValue) : null
      },
    })),
  ],
}
