import { expect, test } from 'vitest'
import { filter } from '../../src/processors/filter.ts'
import { operate } from './operate.ts'

test.each([true, false])('forwards what the predicate gives %s for', keep => {
  const { feed } = operate(filter((_, value: number) => value > 1, keep))
  expect(feed('a', 1, 5)).toEqual(keep ? [] : [['a', 1, 5]])
  expect(feed('a', 2, 3)).toEqual(keep ? [['a', 2, 3]] : [])
})

test('shows nulls to the predicate', () => {
  const shown: unknown[] = []
  const { feed, dropped } = operate(filter((key, value) => shown.push([key, value]) > 0, true))
  expect(feed(null, null, 1)).toEqual([[null, null, 1]])
  expect(shown).toEqual([[null, null]])
  expect(dropped()).toEqual({})
})
