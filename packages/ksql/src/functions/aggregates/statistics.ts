/** CORRELATION, STDDEV_SAMP and STDDEV_SAMPLE. NULL is left out. */
import { BIGINT, DOUBLE, type SqlType, structOf } from '../../types/sql-type.ts'
import type { SqlArray, SqlValue } from '../../types/sql-value.ts'
import { type AggregateFunction, type Aggregator, aggregateOverload } from '../aggregate-function.ts'
import { type NumericSum, numericSum } from './numeric-sum.ts'

/** Sums of x, y, x², y², xy, and how many. */
const CORRELATION_STATE = structOf([
  ...['X_SUM', 'Y_SUM', 'X_SQUARED_SUM', 'Y_SQUARED_SUM', 'XY_SUM'].map(name => ({ name, type: DOUBLE })),
  { name: 'COUNT', type: BIGINT },
])
function addTimes(state: SqlValue, [x, y]: readonly SqlValue[], sign: 1 | -1): SqlValue {
  if (x === null || y === null) return state
  const [a, b] = [Number(x), Number(y)]
  const change = [a, b, a * a, b * b, a * b, 1]
  return (state as readonly number[]).map((sum, index) => sum + sign * change[index]!)
}

/** Of nothing, or of a constant, it is NaN. */
export const correlation: AggregateFunction = {
  name: 'correlation',
  description: 'The Pearson correlation coefficient of two columns.',
  overloads: ['DOUBLE', 'INT', 'BIGINT'].map(kind =>
    aggregateOverload(`${kind} x, ${kind} y`, () => ({
      intermediate: CORRELATION_STATE,
      result: DOUBLE,
      initial: () => [0, 0, 0, 0, 0, 0],
      add: (state, args) => addTimes(state, args, 1),
      undo: (state, args) => addTimes(state, args, -1),
      merge: (left, right) =>
        (left as readonly number[]).map((sum, index) => sum + (right as readonly number[])[index]!),
      finish: state => {
        const [x, y, xx, yy, xy, count] = state as readonly [number, number, number, number, number, number]
        return (count * xy - x * y) / Math.sqrt((count * xx - x * x) * (count * yy - y * y))
      },
    })),
  ),
}

interface Spread {
  readonly sum: SqlValue
  readonly count: number
  /** The sum of squared distances from the mean. */
  readonly m2: number
}
const spreadOf = (state: SqlValue): Spread => {
  const [sum, count, m2] = state as SqlArray
  return { sum: sum as SqlValue, count: Number(count), m2: m2 as number }
}
/** How much one value changes M2, given sum and count without it (Youngs and Cramer). */
function changeOfM2(value: number, sum: number, count: number): number {
  const delta = value * (count + 1) - (sum + value)
  return count > 0 ? (delta * delta) / ((count + 1) * count) : 0
}

/**
 * Fewer than two values spread by 0. Taking a value back uses the exact inverse of adding it; ksqlDB subtracts an
 * approximation.
 */
function spread(type: SqlType, numbers: NumericSum, finish: (variance: number) => number): Aggregator {
  return {
    intermediate: structOf([
      { name: 'SUM', type },
      { name: 'COUNT', type: BIGINT },
      { name: 'M2', type: DOUBLE },
    ]),
    result: DOUBLE,
    initial: () => [numbers.zero, 0, 0],
    add: (state, [value]) => {
      if (value === null) return state
      const { sum, count, m2 } = spreadOf(state)
      return [numbers.add(sum, value as SqlValue), count + 1, m2 + changeOfM2(Number(value), Number(sum), count)]
    },
    undo: (state, [value]) => {
      if (value === null) return state
      const { sum, count, m2 } = spreadOf(state)
      const rest = numbers.subtract(sum, value as SqlValue)
      return [rest, count - 1, m2 - changeOfM2(Number(value), Number(rest), count - 1)]
    },
    merge: (left, right) => {
      const [a, b] = [spreadOf(left), spreadOf(right)]
      const count = a.count + b.count
      const distance = a.count === 0 || b.count === 0 ? 0 : Number(a.sum) / a.count - Number(b.sum) / b.count
      const between = count === 0 ? 0 : (a.count * b.count * distance * distance) / count
      return [numbers.add(a.sum, b.sum), count, a.m2 + b.m2 + between]
    },
    finish: state => {
      const { count, m2 } = spreadOf(state)
      return count < 2 ? 0 : finish(m2 / (count - 1))
    },
  }
}

function spreadFunction(name: string, description: string, finish: (variance: number) => number): AggregateFunction {
  return {
    name,
    description,
    overloads: ['BIGINT val', 'INT val', 'DOUBLE val'].map(signature =>
      aggregateOverload(signature, ([type]) => spread(type as SqlType, numericSum(type as SqlType), finish)),
    ),
  }
}
/** What ksqlDB calls a deviation is the variance; STDDEV_SAMPLE is the deviation. */
export const stddevSamp = spreadFunction('STDDEV_SAMP', 'The sample variance of the column.', variance => variance)
export const stddevSample = spreadFunction('STDDEV_SAMPLE', 'The sample standard deviation of the column.', Math.sqrt)
