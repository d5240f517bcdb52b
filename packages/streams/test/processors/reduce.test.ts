import { expect, test } from 'vitest'
import { reduce } from '../../src/processors/reduce.ts'
import { jsonStore, operate } from './operate.ts'

const sum = (one: number, other: number): number | null => (other === 0 ? null : one + other)

test('folds in offset order; the first value stands for itself', () => {
  const { feed } = operate(reduce(sum, { storeName: 'store', sendsOldValues: true }), jsonStore())
  expect(feed('a', 2, 5)).toEqual([['a', { newValue: 2, oldValue: null }, 5]])
  expect(feed('a', 3, 3)).toEqual([['a', { newValue: 5, oldValue: 2 }, 5]])
})

test('null removes the key', () => {
  const { feed } = operate(reduce(sum, { storeName: 'store', sendsOldValues: true }), jsonStore())
  feed('a', 2, 5)
  expect(feed('a', 0, 6)).toEqual([['a', { newValue: null, oldValue: 2 }, 6]])
  expect(feed('a', 7, 1)).toEqual([['a', { newValue: 7, oldValue: null }, 1]])
})

test('drops null keys and values', () => {
  const { feed, dropped } = operate(reduce(sum, { storeName: 'store', sendsOldValues: false }), jsonStore())
  expect([...feed(null, 1, 1), ...feed('a', null, 2)]).toEqual([])
  expect(dropped()).toEqual({ 'null key or value': 2 })
})
