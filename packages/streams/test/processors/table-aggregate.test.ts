import { expect, test } from 'vitest'
import { tableAggregate } from '../../src/processors/table-aggregate.ts'
import { jsonStore, operate } from './operate.ts'

const log = {
  add: (_: string, value: string, result: string | undefined) => `${result ?? '^'}+${value}`,
  subtract: (_: string, value: string, result: string) => (value === 'all' ? null : `${result}-${value}`),
}
const output = { storeName: 'store', sendsOldValues: true }

test('the old row leaves before the new one enters', () => {
  const { feed } = operate(tableAggregate(log, output), jsonStore())
  expect(feed('g', { newValue: 'x', oldValue: null }, 5)).toEqual([['g', { newValue: '^+x', oldValue: null }, 5]])
  expect(feed('g', { newValue: 'y', oldValue: 'x' }, 3)).toEqual([['g', { newValue: '^+x-x+y', oldValue: '^+x' }, 5]])
})

test('a row leaves only an aggregate that exists', () => {
  const { feed } = operate(tableAggregate(log, output), jsonStore())
  expect(feed('g', { newValue: null, oldValue: 'x' }, 5)).toEqual([['g', { newValue: null, oldValue: null }, 5]])
})

test('a subtractor that returns null removes the group, and an adder starts it anew', () => {
  const { feed } = operate(tableAggregate(log, output), jsonStore())
  feed('g', { newValue: 'x', oldValue: null }, 5)
  expect(feed('g', { newValue: 'y', oldValue: 'all' }, 6)).toEqual([['g', { newValue: '^+y', oldValue: '^+x' }, 6]])
  expect(feed('g', { newValue: null, oldValue: 'all' }, 7)).toEqual([['g', { newValue: null, oldValue: '^+y' }, 7]])
})

test('refuses a null key', () => {
  const { feed } = operate(tableAggregate(log, output), jsonStore())
  expect(() => feed(null, { newValue: 'x', oldValue: null }, 1)).toThrow('null key')
})
