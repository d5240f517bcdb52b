import { expect, test } from 'vitest'
import { tableToStream } from '../../src/processors/table-to-stream.ts'
import { operate } from './operate.ts'

test('forwards new values, and null for a removed row', () => {
  const { feed } = operate(tableToStream())
  expect(feed('a', { newValue: 2, oldValue: 1 }, 5)).toEqual([['a', 2, 5]])
  expect(feed('a', { newValue: null, oldValue: 2 }, 6)).toEqual([['a', null, 6]])
})
