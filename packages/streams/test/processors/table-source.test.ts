import { expect, test } from 'vitest'
import { tableSource } from '../../src/processors/table-source.ts'
import { jsonStore, operate } from './operate.ts'

test('without a store every record is a change without an old value', () => {
  const { feed } = operate(tableSource({ storeName: undefined, sendsOldValues: false }))
  expect(feed('a', 1, 5)).toEqual([['a', { newValue: 1, oldValue: null }, 5]])
  expect(feed('a', 1, 5)).toEqual([['a', { newValue: 1, oldValue: null }, 5]])
  expect(feed('a', null, 6)).toEqual([['a', { newValue: null, oldValue: null }, 6]])
})

test('with a store the last record wins, an older one too, and the old value is known', () => {
  const { feed, driver } = operate(tableSource({ storeName: 'store', sendsOldValues: true }), jsonStore())
  expect(feed('a', 1, 5)).toEqual([['a', { newValue: 1, oldValue: null }, 5]])
  expect(feed('a', 2, 3)).toEqual([['a', { newValue: 2, oldValue: 1 }, 3]])
  expect(driver.getTimestampedKeyValueStore('store')!.get('a')).toEqual({ value: 2, timestampMs: 3 })
  expect(feed('a', null, 4)).toEqual([['a', { newValue: null, oldValue: 2 }, 4]])
  expect(driver.getKeyValueStore('store')!.get('a')).toBeUndefined()
})

test('drops null keys', () => {
  const { feed, dropped } = operate(tableSource({ storeName: undefined, sendsOldValues: false }))
  expect(feed(null, 1, 1)).toEqual([])
  expect(dropped()).toEqual({ 'null key': 1 })
})
