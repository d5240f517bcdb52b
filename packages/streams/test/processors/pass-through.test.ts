import { expect, test } from 'vitest'
import { passThrough } from '../../src/processors/pass-through.ts'
import { operate } from './operate.ts'

test('forwards everything as it came', () => {
  const { feed } = operate(passThrough())
  expect(feed('a', 1, 5)).toEqual([['a', 1, 5]])
  expect(feed(null, null, 3)).toEqual([[null, null, 3]])
})
