import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Decimal } from '../../src/types/decimal.ts'
import { BIGINT, DOUBLE, INTEGER, type SqlType, STRING } from '../../src/types/sql-type.ts'
import type { SqlArray, SqlValue } from '../../src/types/sql-value.ts'
import { aggregator, explode, fold } from './evaluate.ts'

const DECIMAL_4_1: SqlType = { kind: 'DECIMAL', precision: 4, scale: 1 }
const decimal = (text: string) => Decimal.parse(text)

describe('aggregates', () => {
  test.each<[string, SqlType, SqlArray, SqlValue]>([
    ['COUNT(A)', INTEGER, [1, null, 2], 2],
    ['SUM(A)', INTEGER, [2147483647, 1, null], -2147483648],
    ['SUM(A)', BIGINT, [2n ** 63n - 1n, 1], -(2n ** 63n)],
    ['SUM(A)', DECIMAL_4_1, [decimal('1.5'), decimal('2.0')], decimal('3.5')],
    ['AVG(A)', INTEGER, [1, 2, null], 1.5],
    ['AVG(A)', INTEGER, [], 0],
    ['MIN(A)', STRING, ['b', null, 'a'], 'a'],
    ['MAX(A)', DOUBLE, [1, Number.NaN, 2], Number.NaN],
    ['MAX(A)', INTEGER, [null], null],
    ['COLLECT_LIST(A)', INTEGER, [1, null, 1], [1, null, 1]],
    ['COLLECT_SET(A)', INTEGER, [2, null, 1, 2, null], [2, null, 1]],
    ['EARLIEST_BY_OFFSET(A)', INTEGER, [null, 1, 2], 1],
    ['EARLIEST_BY_OFFSET(A, false)', INTEGER, [null, 1], null],
    ['EARLIEST_BY_OFFSET(A, 2)', INTEGER, [1, null, 2, 3], [1, 2]],
    ['LATEST_BY_OFFSET(A)', INTEGER, [1, 2, null], 2],
    ['LATEST_BY_OFFSET(A, 2, false)', INTEGER, [1, 2, null], [2, null]],
    ['TOPK(A, 2)', INTEGER, [1, 3, null, 3, 2], [3, 3]],
    ['TOPKDISTINCT(A, 2)', INTEGER, [1, 3, 3, 2], [3, 2]],
    ['COUNT_DISTINCT(A)', STRING, ['a', 'b', 'a', null], 2],
    [
      'HISTOGRAM(A)',
      STRING,
      ['a', 'b', 'a'],
      new Map([
        ['a', 2],
        ['b', 1],
      ]),
    ],
    ['ATTR(A)', INTEGER, [1, 1], 1],
    ['ATTR(A)', INTEGER, [1, null], null],
    ['STDDEV_SAMP(A)', INTEGER, [1, 3], 2],
    ['STDDEV_SAMPLE(A)', DOUBLE, [1, 3], Math.SQRT2],
  ])('%s of %o %o is %o', (call, type, values, expected) => {
    const aggregate = aggregator(call, type)
    expect(
      aggregate.finish(
        fold(
          aggregate,
          values.map(value => [value]),
        ),
      ),
    ).toEqual(expected)
  })
  test('a DECIMAL sum that overflows throws', () => {
    const sum = aggregator('SUM(A)', DECIMAL_4_1)
    expect(() => fold(sum, [[decimal('999.9')], [decimal('0.1')]])).toThrow('Numeric field overflow')
  })
  test('TOPK with further columns gives structs', () => {
    const topk = aggregator('TOPK(A, B, 2)', INTEGER, STRING)
    expect(
      fold(topk, [
        [1, 'a'],
        [3, 'b'],
        [2, null],
      ]),
    ).toEqual([
      [3, 'b'],
      [2, null],
    ])
  })
  test('CORRELATION of a line is 1', () => {
    const correlation = aggregator('CORRELATION(A, B)', DOUBLE, DOUBLE)
    expect(
      correlation.finish(
        fold(correlation, [
          [1, 3],
          [2, 5],
          [4, 9],
          [null, 1],
        ]),
      ),
    ).toBeCloseTo(1)
  })
  test('COUNT_DISTINCT is within 3 % of many values', () => {
    const count = aggregator('COUNT_DISTINCT(A)', INTEGER)
    const estimate = count.finish(
      fold(
        count,
        Array.from({ length: 5000 }, (_, index) => [index]),
      ),
    ) as number
    expect(Math.abs(estimate - 5000)).toBeLessThan(150)
  })
  test('no other type than the declared ones is taken', () => {
    expect(() => aggregator('AVG(A)', DECIMAL_4_1)).toThrow("Function 'avg' does not accept parameters (DECIMAL(4, 1))")
    expect(() => aggregator('LATEST_BY_OFFSET(A, 0)', INTEGER)).toThrow('latestN must be 1 or greater')
  })
})

const value = fc.option(fc.integer({ min: -1000, max: 1000 }), { nil: null })
const rows = fc.array(
  value.map(one => [one]),
  { maxLength: 20 },
)
const text = fc.option(fc.constantFrom('a', 'b', 'c'), { nil: null })

describe('laws', () => {
  test.each([
    ['COUNT(A)', INTEGER],
    ['SUM(A)', INTEGER],
    ['SUM(A)', BIGINT],
    ['AVG(A)', INTEGER],
    ['COLLECT_LIST(A)', INTEGER],
    ['ATTR(A)', INTEGER],
    ['STDDEV_SAMPLE(A)', INTEGER],
  ] as const)('%s of %o: what is added and taken back leaves no trace', (call, type) => {
    const aggregate = aggregator(call, type)
    fc.assert(
      fc.property(rows, value, (before, extra) => {
        const state = fold(aggregate, before)
        const after = aggregate.undo!(aggregate.add(state, [extra]), [extra])
        const [expected, actual] = [aggregate.finish(state), aggregate.finish(after)]
        if (typeof expected === 'number') expect(actual).toBeCloseTo(expected, 6)
        else expect(actual).toEqual(expected)
      }),
    )
  })
  test('HISTOGRAM: what is added and taken back leaves no trace', () => {
    const histogram = aggregator('HISTOGRAM(A)', STRING)
    fc.assert(
      fc.property(fc.array(text), text, (before, extra) => {
        const state = fold(
          histogram,
          before.map(one => [one]),
        )
        expect(histogram.undo!(histogram.add(state, [extra]), [extra])).toEqual(state)
      }),
    )
  })
  test.each([
    'COUNT(A)',
    'SUM(A)',
    'MIN(A)',
    'MAX(A)',
    'AVG(A)',
    'COLLECT_LIST(A)',
    'COLLECT_SET(A)',
    'TOPK(A, 3)',
    'TOPKDISTINCT(A, 3)',
    'EARLIEST_BY_OFFSET(A, 3)',
    'LATEST_BY_OFFSET(A, 3)',
    'EARLIEST_BY_OFFSET(A)',
    'LATEST_BY_OFFSET(A)',
    'COUNT_DISTINCT(A)',
  ])('%s: two sessions merged are one', call => {
    const aggregate = aggregator(call, INTEGER)
    fc.assert(
      fc.property(rows, rows, (first, second) => {
        const merged = aggregate.merge(fold(aggregate, first), fold(aggregate, second))
        const whole = fold(aggregate, [...first, ...second])
        expect(aggregate.finish(merged)).toEqual(aggregate.finish(whole))
      }),
      { numRuns: 50 },
    )
  })
})

describe('table functions', () => {
  test.each([
    ['EXPLODE(ARRAY[1, NULL])', ['1', 'null']],
    ['EXPLODE(CAST(NULL AS ARRAY<INT>))', []],
    ['CUBE_EXPLODE(ARRAY[1, NULL, 2])', ['[null,null,null]', '[null,null,2]', '[1,null,null]', '[1,null,2]']],
  ])('%s', (call, expected) => {
    expect(explode(call)).toEqual(expected)
  })
  test('CUBE_EXPLODE has a limit', () => {
    expect(() => explode('CUBE_EXPLODE(GENERATE_SERIES(1, 21))')).toThrow('too many columns')
  })
})
