import { Serdes } from '@millrace/client'
import { expect, test } from 'vitest'
import { count } from '../../src/processors/count.ts'
import { Stores } from '../../src/state/store-builder.ts'
import { operate } from './operate.ts'

const store = () =>
  Stores.timestampedKeyValueStoreBuilder(Stores.persistentKeyValueStore('store'), Serdes.json(), Serdes.int64())

test('counts per key, with the greatest timestamp', () => {
  const { feed } = operate(count({ storeName: 'store', sendsOldValues: false }), store())
  expect(feed('a', 'x', 5)).toEqual([['a', { newValue: 1, oldValue: null }, 5]])
  expect(feed('a', 'y', 3)).toEqual([['a', { newValue: 2, oldValue: null }, 5]])
  expect(feed('b', 'y', 4)).toEqual([['b', { newValue: 1, oldValue: null }, 4]])
})

test('knows the old count, none at first', () => {
  const { feed } = operate(count({ storeName: 'store', sendsOldValues: true }), store())
  expect(feed('a', 'x', 5)).toEqual([['a', { newValue: 1, oldValue: null }, 5]])
  expect(feed('a', 'x', 6)).toEqual([['a', { newValue: 2, oldValue: 1 }, 6]])
})

test('drops null keys and values', () => {
  const { feed, dropped } = operate(count({ storeName: 'store', sendsOldValues: false }), store())
  expect([...feed(null, 'x', 1), ...feed('a', null, 2)]).toEqual([])
  expect(dropped()).toEqual({ 'null key or value': 2 })
})
