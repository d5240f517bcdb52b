import { expect, test } from 'vitest'
import { tableFilter } from '../../src/processors/table-filter.ts'
import { jsonStore, operate } from './operate.ts'

const isEven = (_: string, value: number): boolean => value % 2 === 0
const change = (newValue: number | null, oldValue: number | null = null) => ({ newValue, oldValue })

test('without old values every row that fails becomes a tombstone', () => {
  const { feed } = operate(tableFilter(isEven, true, { storeName: undefined, sendsOldValues: false }))
  expect(feed('a', change(2), 1)).toEqual([['a', change(2), 1]])
  expect(feed('a', change(3), 2)).toEqual([['a', change(null), 2]])
  expect(feed('a', change(5), 3)).toEqual([['a', change(null), 3]])
  expect(feed('a', change(null), 4)).toEqual([['a', change(null), 4]])
})

test('with old values only a row that had passed does', () => {
  const { feed } = operate(tableFilter(isEven, true, { storeName: undefined, sendsOldValues: true }))
  expect(feed('a', change(3), 1)).toEqual([])
  expect(feed('a', change(4, 3), 2)).toEqual([['a', change(4), 2]])
  expect(feed('a', change(5, 4), 3)).toEqual([['a', change(null, 4), 3]])
  expect(feed('a', change(null, 5), 4)).toEqual([])
})

test('a store keeps what passed and knows the old values itself', () => {
  const { feed, driver } = operate(
    tableFilter(isEven, false, { storeName: 'store', sendsOldValues: true }),
    jsonStore(),
  )
  expect(feed('a', change(3), 1)).toEqual([['a', change(3), 1]])
  expect(driver.getTimestampedKeyValueStore('store')!.get('a')).toEqual({ value: 3, timestampMs: 1 })
  expect(feed('a', change(4), 2)).toEqual([['a', change(null, 3), 2]])
  expect(driver.getKeyValueStore('store')!.get('a')).toBeUndefined()
})
