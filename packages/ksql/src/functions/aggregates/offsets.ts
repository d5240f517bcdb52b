/**
 * EARLIEST_BY_OFFSET and LATEST_BY_OFFSET. Within a group rows arrive in order; each value carries a sequence number so
 * that sessions which turn out to be one can be merged in that order too.
 */
import { SqlAnalysisError } from '../../errors/sql-analysis-error.ts'
import { arrayOf, BIGINT, type SqlType, structOf } from '../../types/sql-type.ts'
import type { SqlArray, SqlValue } from '../../types/sql-value.ts'
import { type AggregateFunction, type Aggregator, aggregateOverload } from '../aggregate-function.ts'

/** Gives greater numbers each time, also after a restart. */
export type Sequence = () => number

type Entry = SqlArray
const sequenceOf = (entry: SqlValue): number => (entry as Entry)[0] as number
const payload = (entry: SqlValue): SqlValue => (entry as Entry)[1] as SqlValue

function entryType(type: SqlType): SqlType {
  return structOf([
    { name: 'SEQ', type: BIGINT },
    { name: 'VAL', type },
  ])
}

function earliest(type: SqlType, ignoreNulls: boolean, next: Sequence): Aggregator {
  return {
    intermediate: entryType(type),
    result: type,
    initial: () => null,
    add: (entry, [value]) => (entry !== null || (value === null && ignoreNulls) ? entry : [next(), value ?? null]),
    merge: (left, right) => {
      if (left === null || right === null) return left ?? right
      return sequenceOf(left) < sequenceOf(right) ? left : right
    },
    finish: entry => (entry === null ? null : payload(entry)),
  }
}
function latest(type: SqlType, ignoreNulls: boolean, next: Sequence): Aggregator {
  return {
    intermediate: entryType(type),
    result: type,
    initial: () => [next(), null],
    add: (entry, [value]) => (value === null && ignoreNulls ? entry : [next(), value ?? null]),
    merge: (left, right) => {
      if (ignoreNulls && payload(left) === null) return right
      if (ignoreNulls && payload(right) === null) return left
      return sequenceOf(left) >= sequenceOf(right) ? left : right
    },
    finish: payload,
  }
}

/** The first or the last `count` values, oldest first. */
function several(
  type: SqlType,
  ignoreNulls: boolean,
  next: Sequence,
  keep: (entries: SqlArray) => SqlArray,
): Aggregator {
  return {
    intermediate: arrayOf(entryType(type)),
    result: arrayOf(type),
    initial: () => [],
    add: (entries, [value]) =>
      value === null && ignoreNulls ? entries : keep([...(entries as SqlArray), [next(), value ?? null]]),
    merge: (left, right) =>
      keep([...(left as SqlArray), ...(right as SqlArray)].sort((a, b) => sequenceOf(a) - sequenceOf(b))),
    finish: entries => (entries as SqlArray).map(payload),
  }
}

function byOffset(
  name: string,
  description: string,
  argument: string,
  one: (type: SqlType, ignoreNulls: boolean) => Aggregator,
  many: (type: SqlType, ignoreNulls: boolean, count: number) => Aggregator,
): AggregateFunction {
  const manyOf = (type: SqlType, count: SqlValue, ignoreNulls: boolean): Aggregator => {
    if ((count as number) <= 0) throw new SqlAnalysisError(`${argument} must be 1 or greater`)
    return many(type, ignoreNulls, count as number)
  }
  return {
    name,
    description,
    overloads: [
      aggregateOverload('T val', ([type]) => one(type as SqlType, true)),
      aggregateOverload('T val, BOOLEAN ignoreNulls', ([type], [ignore]) => one(type as SqlType, ignore === true), 1),
      aggregateOverload(
        `T val, INT ${argument}`,
        ([type], [count]) => manyOf(type as SqlType, count as SqlValue, true),
        1,
      ),
      aggregateOverload(
        `T val, INT ${argument}, BOOLEAN ignoreNulls`,
        ([type], [count, ignore]) => manyOf(type as SqlType, count as SqlValue, ignore === true),
        2,
      ),
    ],
  }
}

export function earliestByOffset(next: Sequence): AggregateFunction {
  return byOffset(
    'EARLIEST_BY_OFFSET',
    'The first value of the column, or the first ones.',
    'earliestN',
    (type, ignoreNulls) => earliest(type, ignoreNulls, next),
    (type, ignoreNulls, count) => several(type, ignoreNulls, next, entries => entries.slice(0, count)),
  )
}
export function latestByOffset(next: Sequence): AggregateFunction {
  return byOffset(
    'LATEST_BY_OFFSET',
    'The last value of the column, or the last ones.',
    'latestN',
    (type, ignoreNulls) => latest(type, ignoreNulls, next),
    (type, ignoreNulls, count) => several(type, ignoreNulls, next, entries => entries.slice(-count)),
  )
}
