import { expect, test } from 'vitest'
import { WindowedSensor } from '../../src/observability/windowed-sensor.ts'

test('averages, maxima and rates are of the last minute, the total is of all time', () => {
  const sensor = new WindowedSensor()
  expect([sensor.total, sensor.average(0), sensor.max(0), sensor.rate(0)]).toEqual([0, Number.NaN, Number.NaN, 0])
  for (const [value, nowMs] of [
    [10, 0],
    [20, 29_999],
    [60, 30_000],
  ] as const)
    sensor.record(value, nowMs)
  expect([sensor.average(30_000), sensor.max(30_000), sensor.rate(30_000)]).toEqual([30, 60, 0.1])
  // The first window is forgotten as a whole.
  expect([sensor.average(60_000), sensor.max(60_000)]).toEqual([60, 60])
  expect([sensor.average(90_000), sensor.max(90_000), sensor.rate(90_000)]).toEqual([Number.NaN, Number.NaN, 0])
  expect(sensor.total).toBe(3)
})
