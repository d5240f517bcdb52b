import { add, type BigInt64 } from '../../types/bigint.ts'
import { BIGINT, mapOf, STRING } from '../../types/sql-type.ts'
import type { SqlMap, SqlValue } from '../../types/sql-value.ts'
import { type AggregateFunction, aggregateOverload } from '../aggregate-function.ts'

/** Values that would become a further entry are left out. */
const MAX_ENTRIES = 1000

function counted(map: SqlMap, key: SqlValue, by: BigInt64): SqlMap {
  const before = map.get(key)
  if (before === undefined && map.size >= MAX_ENTRIES) return map
  return new Map(map).set(key, add((before ?? 0) as BigInt64, by))
}

/** A map has no NULL key, so NULL is left out. */
export const histogram: AggregateFunction = {
  name: 'histogram',
  description: 'How often each value of the column occurs.',
  overloads: [
    aggregateOverload('VARCHAR val', () => ({
      intermediate: mapOf(STRING, BIGINT),
      result: mapOf(STRING, BIGINT),
      initial: () => new Map(),
      add: (map, [value]) => (value === null ? map : counted(map as SqlMap, value as SqlValue, 1)),
      undo: (map, [value]) => {
        const before = value === null ? undefined : (map as SqlMap).get(value as SqlValue)
        if (before === undefined) return map
        const next = new Map(map as SqlMap)
        if ((before as BigInt64) > 1) next.set(value as SqlValue, add(before as BigInt64, -1))
        else next.delete(value as SqlValue)
        return next
      },
      merge: (left, right) =>
        [...(right as SqlMap)].reduce<SqlMap>(
          (map, [key, times]) => counted(map, key, times as BigInt64),
          left as SqlMap,
        ),
      finish: map => map,
    })),
  ],
}
