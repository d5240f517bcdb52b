import fc from 'fast-check'
import { expect, test } from 'vitest'
import { OffsetTracker } from '../../src/processing/offset-tracker.ts'

test('commits up to the first record that is not done', () => {
  const tracker = new OffsetTracker()
  for (const offset of [3, 4, 7]) tracker.add(offset, offset === 4 ? 7 : offset + 1, 100)
  expect(tracker.toCommit('throttled')).toBeUndefined()
  tracker.done(4)
  expect(tracker.toCommit('throttled')).toBeUndefined()
  expect(tracker.toCommit('latest')).toBe(7)
  expect(tracker.oldestPending).toMatchObject({ offset: 3, sinceMs: 100 })
  tracker.done(3)
  expect(tracker.toCommit('throttled')).toBe(7)
  tracker.committed(7)
  expect(tracker.toCommit('throttled')).toBeUndefined()
  tracker.done(7)
  expect(tracker.toCommit('throttled')).toBe(8)
  expect(tracker.oldestPending).toBeUndefined()
})

test('whatever the order, nothing that is not done is committed over, and all is in the end', () => {
  const offsets = fc
    .uniqueArray(fc.integer({ min: 0, max: 200 }), { minLength: 1 })
    .map(list => list.sort((a, b) => a - b))
  const orders = offsets.chain(list =>
    fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
  )
  fc.assert(
    fc.property(orders, ([log, order]) => {
      const tracker = new OffsetTracker()
      for (const offset of log) tracker.add(offset, offset + 1, 0)
      const open = new Set(log)
      for (const offset of order) {
        tracker.done(offset)
        open.delete(offset)
        const end = tracker.toCommit('throttled') ?? 0
        expect([...open].filter(each => each < end)).toEqual([])
        expect(tracker.oldestPending?.offset).toBe(open.size === 0 ? undefined : Math.min(...open))
      }
      expect(tracker.toCommit('throttled')).toBe(log.at(-1)! + 1)
    }),
  )
})
