import { describe, expect, test } from 'vitest'
import { crashStates, judgeSeed, StateCounter } from './crash-states.ts'

const SEEDS = 6

test('what a crash leaves of a log is a log', async () => {
  const states = new StateCounter()
  for (let seed = 1; seed <= SEEDS; seed++) expect(await judgeSeed(seed, states)).toEqual([])
  expect(states.judged).toBeGreaterThan(SEEDS)
  expect(states.crashedTwice).toBeGreaterThan(0)
  expect(states.wasShorter).toBeGreaterThan(0)
})

describe('crash states find out', () => {
  test('a log that acknowledges what is not on the disk', async () => {
    const problems: string[] = []
    for (let seed = 1; seed <= SEEDS; seed++)
      problems.push(...(await judgeSeed(seed, new StateCounter(), settings => ({ ...settings, 'flush.messages': 50 }))))
    expect(problems.join('\n')).toMatch(/ends before what was acknowledged/)
  })
})

test('the same seed finds the same', async () => {
  const runs = [new StateCounter(), new StateCounter()]
  for (const states of runs) await judgeSeed(3, states)
  expect(runs[0]).toEqual(runs[1])
  expect(crashStates.ciCount).toBeGreaterThanOrEqual(20_000)
})
