import { expect, test } from 'vitest'
import { map } from '../../src/processors/map.ts'
import { operate } from './operate.ts'

test('replaces key and value and keeps the timestamp', () => {
  const { feed } = operate(map((key: string, value: number) => [value, key]))
  expect(feed('a', 1, 5)).toEqual([[1, 'a', 5]])
  expect(feed(null, null, 3)).toEqual([[null, null, 3]])
})

test('undefined counts as null', () => {
  const { feed } = operate(map(() => [undefined, undefined]))
  expect(feed('a', 1, 5)).toEqual([[null, null, 5]])
})
