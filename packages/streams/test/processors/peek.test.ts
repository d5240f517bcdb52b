import { expect, test } from 'vitest'
import { peek } from '../../src/processors/peek.ts'
import { operate } from './operate.ts'

test('shows a record before it goes on', () => {
  const shown: unknown[] = []
  const { feed } = operate(peek((key, value) => shown.push([key, value])))
  expect(feed('a', 1, 5)).toEqual([['a', 1, 5]])
  expect(feed(null, null, 6)).toEqual([[null, null, 6]])
  expect(shown).toEqual([
    ['a', 1],
    [null, null],
  ])
})
