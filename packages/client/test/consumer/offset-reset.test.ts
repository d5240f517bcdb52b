import { expect, test } from 'vitest'
import { offsetResetRule, resetBy } from '../../src/consumer/offset-reset.ts'

const clock = { nowMs: () => 1_000_000_000, monotonicMs: () => 0 }

test.each([
  ['earliest', 'earliest'],
  ['latest', 'latest'],
  ['none', null],
  ['by_duration:PT1H', 1_000_000_000 - 3_600_000],
  ['by_duration:P1DT2H3M4.5S', 1_000_000_000 - (86_400_000 + 7_200_000 + 180_000 + 4_500)],
  ['by_duration:P2D', 1_000_000_000 - 2 * 86_400_000],
  ['by_duration:PT0S', 1_000_000_000],
])('%j is %j', (raw, expected) => {
  expect(resetBy(offsetResetRule.parse(raw), clock)).toBe(expected)
})
test.each(['', 'first', 'by_duration:', 'by_duration:P', 'by_duration:PT', 'by_duration:-PT1H', 'by_duration:1h', 5])(
  '%j is refused',
  raw => {
    expect(() => offsetResetRule.parse(raw)).toThrow('must be earliest, latest, none or by_duration')
  },
)
