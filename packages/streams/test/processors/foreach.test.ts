import { expect, test } from 'vitest'
import { foreach } from '../../src/processors/foreach.ts'
import { operate } from './operate.ts'

test('ends the stream', () => {
  const shown: unknown[] = []
  const { feed } = operate(foreach((key, value) => shown.push([key, value])))
  expect(feed('a', 1, 5)).toEqual([])
  expect(shown).toEqual([['a', 1]])
})
