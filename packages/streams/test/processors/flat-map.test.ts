import { expect, test } from 'vitest'
import { flatMap } from '../../src/processors/flat-map.ts'
import { operate } from './operate.ts'

test('makes any number of records, in order', () => {
  const { feed } = operate(flatMap((key: string, value: number[]) => value.map(one => [one, key] as const)))
  expect(feed('a', [1, 2], 5)).toEqual([
    [1, 'a', 5],
    [2, 'a', 5],
  ])
  expect(feed('a', [], 6)).toEqual([])
})

test('undefined counts as null', () => {
  const { feed } = operate(flatMap(() => [[undefined, undefined]]))
  expect(feed('a', 1, 5)).toEqual([[null, null, 5]])
})
