import { expect, test } from 'vitest'
import { tableMapValues } from '../../src/processors/table-map-values.ts'
import { jsonStore, operate } from './operate.ts'

const text = (value: number, key: string): string | undefined => (value === 0 ? undefined : `${key}${value}`)

test('maps new and, when asked for, old values; null and undefined are no row', () => {
  const { feed } = operate(tableMapValues(text, { storeName: undefined, sendsOldValues: true }))
  expect(feed('a', { newValue: 2, oldValue: 1 }, 5)).toEqual([['a', { newValue: 'a2', oldValue: 'a1' }, 5]])
  expect(feed('a', { newValue: null, oldValue: 2 }, 6)).toEqual([['a', { newValue: null, oldValue: 'a2' }, 6]])
  expect(feed('a', { newValue: 0, oldValue: null }, 7)).toEqual([['a', { newValue: null, oldValue: null }, 7]])
})

test('a store keeps the mapped values and knows the old ones itself', () => {
  const { feed, driver } = operate(tableMapValues(text, { storeName: 'store', sendsOldValues: true }), jsonStore())
  feed('a', { newValue: 1, oldValue: null }, 4)
  expect(feed('a', { newValue: 2, oldValue: null }, 5)).toEqual([['a', { newValue: 'a2', oldValue: 'a1' }, 5]])
  expect(driver.getKeyValueStore('store')!.get('a')).toBe('a2')
})

test('old values are not mapped for nobody', () => {
  const { feed } = operate(tableMapValues(text, { storeName: undefined, sendsOldValues: false }))
  expect(feed('a', { newValue: 2, oldValue: 1 }, 5)).toEqual([['a', { newValue: 'a2', oldValue: null }, 5]])
})
