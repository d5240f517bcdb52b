import { expect, test } from 'vitest'
import { nonNullKey } from '../../src/processors/non-null-key.ts'
import { operate } from './operate.ts'

test('leaves out null keys without counting them, and lets null values pass', () => {
  const { feed, dropped } = operate(nonNullKey())
  expect(feed(null, 1, 1)).toEqual([])
  expect(feed('a', null, 2)).toEqual([['a', null, 2]])
  expect(dropped()).toEqual({})
})
