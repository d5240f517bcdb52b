import { describe, expect, test } from 'vitest'
import { PunctuationSchedule } from '../../src/task/punctuation.ts'

const due = (schedule: PunctuationSchedule, nowMs: number): string[] =>
  Array.from(schedule.due(nowMs), ({ processorName }) => processorName)

describe('punctuations', () => {
  test('in stream time are due from 0 on, at multiples of the interval', () => {
    const schedule = new PunctuationSchedule('stream-time')
    schedule.add('p', 10, () => {}, 3)
    expect([3, 9, 10, 19, 35, 39, 40].map(nowMs => due(schedule, nowMs).length)).toEqual([1, 0, 1, 0, 1, 0, 1])
  })

  test('by the clock are due after one interval, on a grid from there', () => {
    const schedule = new PunctuationSchedule('wall-clock-time')
    schedule.add('p', 100, () => {}, 1_007)
    expect([1_106, 1_107, 1_406, 1_407].map(nowMs => due(schedule, nowMs).length)).toEqual([0, 1, 1, 1])
  })

  test('come earliest first', () => {
    const schedule = new PunctuationSchedule('wall-clock-time')
    schedule.add('slow', 100, () => {}, 0)
    schedule.add('fast', 30, () => {}, 0)
    expect(due(schedule, 100)).toEqual(['fast', 'slow'])
  })

  test('a cancelled one does not come, even when it was due in the same round', () => {
    const schedule = new PunctuationSchedule('wall-clock-time')
    schedule.add('first', 10, () => {}, 0)
    const second = schedule.add('second', 20, () => {}, 0)
    const names: string[] = []
    for (const { processorName } of schedule.due(20)) {
      names.push(processorName)
      second.cancel()
    }
    expect(names).toEqual(['first'])
    expect(due(schedule, 40)).toEqual(['first'])
  })
})
