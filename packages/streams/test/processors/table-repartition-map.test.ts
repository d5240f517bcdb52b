import { expect, test } from 'vitest'
import type { KeyValue } from '../../src/processors/map.ts'
import { tableRepartitionMap } from '../../src/processors/table-repartition-map.ts'
import { operate } from './operate.ts'

interface Row {
  readonly group: { readonly id: number } | null
  readonly amount: number
}
const byGroup = (_: string, { group, amount }: Row): KeyValue<Row['group'], number> => [group, amount]
const row = (id: number | null, amount: number): Row => ({ group: id === null ? null : { id }, amount })

test('a change within a group is one record', () => {
  const { feed } = operate(tableRepartitionMap(byGroup))
  expect(feed('a', { newValue: row(1, 5), oldValue: row(1, 4) }, 9)).toEqual([
    [{ id: 1 }, { newValue: 5, oldValue: 4 }, 9],
  ])
})

test('a change of the group removes first', () => {
  const { feed } = operate(tableRepartitionMap(byGroup))
  expect(feed('a', { newValue: row(2, 5), oldValue: row(1, 4) }, 9)).toEqual([
    [{ id: 1 }, { newValue: null, oldValue: 4 }, 9],
    [{ id: 2 }, { newValue: 5, oldValue: null }, 9],
  ])
})

test('rows come and go; a row without a group is in none', () => {
  const { feed, dropped } = operate(tableRepartitionMap(byGroup))
  expect(feed('a', { newValue: row(1, 5), oldValue: null }, 1)).toEqual([
    [{ id: 1 }, { newValue: 5, oldValue: null }, 1],
  ])
  expect(feed('a', { newValue: row(null, 5), oldValue: row(1, 5) }, 2)).toEqual([
    [{ id: 1 }, { newValue: null, oldValue: 5 }, 2],
  ])
  expect(feed('a', { newValue: null, oldValue: row(null, 5) }, 3)).toEqual([])
  expect(dropped()).toEqual({})
})

test('refuses a null key', () => {
  const { feed } = operate(tableRepartitionMap(byGroup))
  expect(() => feed(null, { newValue: row(1, 5), oldValue: null }, 1)).toThrow('null key')
})
