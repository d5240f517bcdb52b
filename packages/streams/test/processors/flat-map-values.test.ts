import { expect, test } from 'vitest'
import { flatMapValues } from '../../src/processors/flat-map-values.ts'
import { operate } from './operate.ts'

test('makes a record of each value, in order', () => {
  const { feed } = operate(flatMapValues((value: number[]) => value))
  expect(feed('a', [1, 2], 5)).toEqual([
    ['a', 1, 5],
    ['a', 2, 5],
  ])
  expect(feed('a', [], 6)).toEqual([])
})
