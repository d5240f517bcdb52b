import { expect, test } from 'vitest'
import { selectKey } from '../../src/processors/select-key.ts'
import { operate } from './operate.ts'

test('replaces the key; undefined counts as null', () => {
  const { feed } = operate(selectKey((_, value: { id?: number }) => value.id))
  expect(feed('a', { id: 1 }, 5)).toEqual([[1, { id: 1 }, 5]])
  expect(feed('a', {}, 6)).toEqual([[null, {}, 6]])
})
