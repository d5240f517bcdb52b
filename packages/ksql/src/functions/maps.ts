import { arrayOf, type SqlType, STRING, structOf } from '../types/sql-type.ts'
import type { SqlArray, SqlMap, SqlValue } from '../types/sql-value.ts'
import { overload, type ScalarFunction, scalar } from './scalar-function.ts'

function entryType([map]: readonly (SqlType | null)[]): SqlType {
  const value = map?.kind === 'MAP' ? map.value : STRING
  return arrayOf(
    structOf([
      { name: 'K', type: STRING },
      { name: 'V', type: value },
    ]),
  )
}
function entries(map: SqlMap, sorted: boolean): SqlArray {
  const pairs: [SqlValue, SqlValue][] = [...map]
  return sorted ? pairs.sort(([a], [b]) => ((a as string) < (b as string) ? -1 : 1)) : pairs
}

export const mapFunctions: readonly ScalarFunction[] = [
  scalar('AS_MAP', 'MAP', 'A map from keys to the values at their positions.', [
    overload('(ARRAY<VARCHAR> keys, ARRAY<T> values): MAP<VARCHAR, T>', (keys: SqlArray, values: SqlArray) => {
      return new Map(keys.map((key, index) => [key, values[index] ?? null]))
    }),
  ]),
  scalar(
    'ENTRIES',
    'MAP',
    'The entries of a map as structs K and V, sorted by key on request.',
    ['INT', 'BIGINT', 'DOUBLE', 'BOOLEAN', 'VARCHAR'].map(type =>
      overload(`(MAP<VARCHAR, ${type}> map, BOOLEAN sorted)`, entries, { returns: entryType }),
    ),
  ),
  scalar('map_keys', 'MAP', 'The keys of a map.', [
    overload('(MAP<VARCHAR, T> input): ARRAY<VARCHAR>', (map: SqlMap) => [...map.keys()]),
  ]),
  scalar('map_union', 'MAP', 'The entries of both maps; where both have a key, the second one counts.', [
    overload(
      '(MAP<VARCHAR, T> map1, MAP<VARCHAR, T> map2): MAP<VARCHAR, T>',
      (first: SqlMap | null, second: SqlMap | null) =>
        first === null || second === null ? (first ?? second) : new Map([...first, ...second]),
      { takesNulls: true },
    ),
  ]),
  scalar('map_values', 'MAP', 'The values of a map.', [
    overload('(MAP<VARCHAR, T> input): ARRAY<T>', (map: SqlMap) => [...map.values()]),
  ]),
]
