import { describe, expect, test } from 'vitest'
import { JoinWindows } from '../../src/windows/join-windows.ts'

const within10 = JoinWindows.ofTimeDifferenceAndGrace(10, 5)

test('a difference reaches in both directions', () => {
  expect(within10).toMatchObject({ beforeMs: 10, afterMs: 10, graceMs: 5, sizeMs: 20, retentionMs: 25 })
})

describe('records are kept for as long as a partner may look for them', () => {
  test.each([
    [10, 3, 13],
    [10, 0, 11],
    [10, -4, 11],
    [-4, 10, 11],
    [0, 0, 1],
  ])('from %i before to %i after: %i ms', (before, after, retentionMs) => {
    expect(JoinWindows.ofTimeDifferenceWithNoGrace(100).before(before).after(after).retentionMs).toBe(retentionMs)
  })
})

test.each<[string, () => unknown]>([
  ['ends before it starts', () => within10.after(-11)],
  ['a time difference is at least 0 ms', () => JoinWindows.ofTimeDifferenceWithNoGrace(-1)],
  ['a grace period is at least 0 ms', () => JoinWindows.ofTimeDifferenceAndGrace(1, -1)],
  ['whole milliseconds', () => within10.before(0.5)],
])('refused: %s', (message, make) => expect(make).toThrow(message))
