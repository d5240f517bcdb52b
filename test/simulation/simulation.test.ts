import { readFileSync } from 'node:fs'
import { createCodecs } from '@millrace/platform'
import { describe, expect, test } from 'vitest'
import { run } from './run.ts'
import type { Fault, Scenario } from './scenario.ts'

/** Seeds that failed once, with what they found. They run first. */
const regressions = JSON.parse(readFileSync(new URL('seeds.json', import.meta.url), 'utf8')) as {
  readonly seed: number
  readonly found: string
}[]

const SEED_COUNT = 100
const codecs = createCodecs()

async function problemsOf(seed: number): Promise<readonly string[]> {
  const { problems } = await run(seed, { codecs })
  return problems
}

describe('broker, producers, consumers and a topology keep their promises under faults', () => {
  test.each(regressions)('seed $seed ($found)', async ({ seed }) => {
    expect(await problemsOf(seed)).toEqual([])
  })

  test.each(Array.from({ length: SEED_COUNT }, (_, index) => index + 1))('seed %d', async seed => {
    expect(await problemsOf(seed)).toEqual([])
  })
})

test.each([1, 7, 42])('seed %d runs the same twice, byte for byte', async seed => {
  const first = await run(seed, { codecs })
  const second = await run(seed, { codecs })
  expect(second).toEqual(first)
})

describe('the simulation notices', () => {
  /** The problems of the first of some seeds that has any. */
  async function firstProblems(alter: (scenario: Scenario) => Scenario): Promise<string> {
    for (let seed = 1; seed <= 60; seed++) {
      const { problems } = await run(seed, { codecs, alter })
      if (problems.length > 0) return problems.join('\n')
    }
    return 'none'
  }
  const only = (kinds: readonly Fault[], scenario: Scenario) => ({
    ...scenario,
    faults: scenario.faults.map((fault, index) => ({ ...fault, kind: kinds[index % kinds.length]! })),
  })

  test('a broker that acknowledges what is not durable, when the power fails', async () => {
    const problems = await firstProblems(scenario => ({
      ...only(['broker loses power'], scenario),
      flushMessages: 1_000_000,
    }))
    expect(problems).toMatch(/acknowledged at .* is lost/)
  })

  test('but not when the process is killed', async () => {
    for (let seed = 1; seed <= 5; seed++) {
      const alter = (scenario: Scenario) => ({ ...only(['broker killed'], scenario), flushMessages: 1_000_000 })
      expect((await run(seed, { codecs, alter })).problems).toEqual([])
    }
  })

  test('copies and offsets that are not committed together', async () => {
    const problems = await firstProblems(scenario => ({
      ...only(['client killed'], scenario),
      producers: 1,
      recordsPerProducer: 40,
      longestPauseMs: 500,
      consumers: 1,
      applications: 0,
      copiers: 1,
      copiesInTransactions: false,
    }))
    expect(problems).toMatch(/was copied \d+ times/)
  })

  test('a producer whose retries write twice', async () => {
    const problems = await firstProblems(scenario => ({
      ...only(['bad network', 'broker killed'], scenario),
      isIdempotent: false,
    }))
    expect(problems).toMatch(/is at \d+\/\d+ and at/)
  })
})
