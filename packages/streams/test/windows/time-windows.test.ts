import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TimeWindows } from '../../src/windows/time-windows.ts'

const start = (windows: TimeWindows, timestampMs: number): number[] => {
  const starts: number[] = []
  for (let at = windows.firstStartMs(timestampMs); at <= timestampMs; at += windows.advanceMs) starts.push(at)
  return starts
}

describe('time windows', () => {
  test.each([
    ['tumbling', TimeWindows.ofSizeWithNoGrace(10), 0, [0]],
    ['tumbling, at its end', TimeWindows.ofSizeWithNoGrace(10), 10, [10]],
    ['hopping', TimeWindows.ofSizeWithNoGrace(10).advanceBy(5), 12, [5, 10]],
    ['hopping near 0', TimeWindows.ofSizeWithNoGrace(10).advanceBy(4), 2, [0]],
    ['hopping by a step that does not divide the size', TimeWindows.ofSizeWithNoGrace(10).advanceBy(4), 11, [4, 8]],
  ] as const)('%s', (_, windows, timestampMs, starts) => expect(start(windows, timestampMs)).toEqual(starts))

  test('a timestamp is in exactly the windows that a search over all of them finds', () => {
    const shapes = fc
      .integer({ min: 1, max: 40 })
      .chain(size =>
        fc.record({ size: fc.constant(size), advance: fc.integer({ min: 1, max: size }), timestampMs: fc.nat(500) }),
      )
    fc.assert(
      fc.property(shapes, ({ size, advance, timestampMs }) => {
        const expected: number[] = []
        for (let at = 0; at <= timestampMs; at += advance) if (timestampMs < at + size) expected.push(at)
        expect(start(TimeWindows.ofSizeWithNoGrace(size).advanceBy(advance), timestampMs)).toEqual(expected)
      }),
    )
  })

  test.each([
    ['size', () => TimeWindows.ofSizeWithNoGrace(0)],
    ['size', () => TimeWindows.ofSizeWithNoGrace(1.5)],
    ['size', () => TimeWindows.ofSizeWithNoGrace(Number.POSITIVE_INFINITY)],
    ['grace', () => TimeWindows.ofSizeAndGrace(10, -1)],
    ['advance', () => TimeWindows.ofSizeWithNoGrace(10).advanceBy(0)],
    ['advance', () => TimeWindows.ofSizeWithNoGrace(10).advanceBy(11)],
  ])('refuses a bad %s', (what, make) => expect(make).toThrow(what))
})
