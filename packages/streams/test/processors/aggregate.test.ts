import { expect, test } from 'vitest'
import { aggregate } from '../../src/processors/aggregate.ts'
import { jsonStore, operate } from './operate.ts'

const joined = (sendsOldValues: boolean) =>
  aggregate(
    () => '^',
    (_: string, value: string, result: string) => (value === 'del' ? null : result + value),
    { storeName: 'store', sendsOldValues },
  )

test('starts from the initializer, which is never an old value', () => {
  const { feed } = operate(joined(true), jsonStore())
  expect(feed('a', 'x', 5)).toEqual([['a', { newValue: '^x', oldValue: null }, 5]])
  expect(feed('a', 'y', 3)).toEqual([['a', { newValue: '^xy', oldValue: '^x' }, 5]])
})

test('null removes the key', () => {
  const { feed, driver } = operate(joined(false), jsonStore())
  feed('a', 'x', 5)
  expect(feed('a', 'del', 3)).toEqual([['a', { newValue: null, oldValue: null }, 5]])
  expect([...driver.getKeyValueStore('store')!.all()]).toEqual([])
  expect(feed('a', 'z', 1)).toEqual([['a', { newValue: '^z', oldValue: null }, 1]])
})

test('drops null keys and values', () => {
  const { feed, dropped } = operate(joined(false), jsonStore())
  expect([...feed(null, 'x', 1), ...feed('a', null, 2)]).toEqual([])
  expect(dropped()).toEqual({ 'null key or value': 2 })
})
