import { expect, test } from 'vitest'
import { mapValues } from '../../src/processors/map-values.ts'
import { operate } from './operate.ts'

test('replaces the value; the mapper sees the key, and nulls', () => {
  const { feed } = operate(mapValues((value: number | null, key: string | null) => `${key}:${value}`))
  expect(feed('a', 1, 5)).toEqual([['a', 'a:1', 5]])
  expect(feed(null, null, 3)).toEqual([[null, 'null:null', 3]])
})

test('undefined counts as null', () => {
  const { feed } = operate(mapValues(() => undefined))
  expect(feed('a', 1, 5)).toEqual([['a', null, 5]])
})
