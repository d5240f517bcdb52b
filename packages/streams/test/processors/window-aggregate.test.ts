import { Serdes } from '@millrace/client'
import { expect, test } from 'vitest'
import { windowAggregate } from '../../src/processors/window-aggregate.ts'
import { Stores } from '../../src/state/store-builder.ts'
import { TimeWindows } from '../../src/windows/time-windows.ts'
import { Windowed } from '../../src/windows/windowed.ts'
import { operate } from './operate.ts'

function operateOn(windows: TimeWindows) {
  const rows = Stores.persistentWindowStore('store', { retentionMs: 1_000, windowSizeMs: windows.sizeMs })
  const joined = (_: string, value: string, result: string | undefined) => (result ?? '') + value
  return operate(
    windowAggregate(windows, joined, { storeName: 'store', sendsOldValues: true }),
    Stores.timestampedWindowStoreBuilder(rows, Serdes.json(), Serdes.json()),
  )
}

test('folds into each window of a record, oldest first', () => {
  const { feed } = operateOn(TimeWindows.ofSizeAndGrace(10, 100).advanceBy(5))
  expect(feed('a', 'x', 7)).toEqual([
    [new Windowed('a', 0, 10), { newValue: 'x', oldValue: null }, 7],
    [new Windowed('a', 5, 15), { newValue: 'x', oldValue: null }, 7],
  ])
  expect(feed('a', 'y', 3)).toEqual([[new Windowed('a', 0, 10), { newValue: 'xy', oldValue: 'x' }, 7]])
})

test('a window closes when the observed time reaches its end and grace', () => {
  const { feed, dropped } = operateOn(TimeWindows.ofSizeAndGrace(10, 5))
  feed('a', 'x', 3)
  feed('b', 'x', 14)
  expect(feed('a', 'y', 9)).toHaveLength(1)
  feed('b', 'x', 15)
  expect(feed('a', 'z', 9)).toEqual([])
  expect(dropped()).toEqual({ 'expired window': 1 })
})

test('each closed window of a hopping record counts, its open ones change', () => {
  const { feed, dropped } = operateOn(TimeWindows.ofSizeWithNoGrace(10).advanceBy(5))
  feed('a', 'x', 12)
  expect(feed('a', 'y', 9)).toEqual([[new Windowed('a', 5, 15), { newValue: 'xy', oldValue: 'x' }, 12]])
  expect(dropped()).toEqual({ 'expired window': 1 })
})

test('folds null values, drops null keys', () => {
  const { feed, dropped } = operateOn(TimeWindows.ofSizeWithNoGrace(10))
  expect(feed('a', null, 1)).toEqual([[new Windowed('a', 0, 10), { newValue: 'null', oldValue: null }, 1]])
  expect(feed(null, 'x', 1)).toEqual([])
  expect(dropped()).toEqual({ 'null key': 1 })
})
