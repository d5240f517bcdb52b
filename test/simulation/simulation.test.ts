import { readFileSync } from 'node:fs'
import { createCodecs } from '@millrace/platform'
import { describe, expect, test } from 'vitest'
import { run } from './run.ts'

/** Seeds that failed once, with what they found. They run first. */
const regressions = JSON.parse(readFileSync(new URL('seeds.json', import.meta.url), 'utf8')) as {
  readonly seed: number
  readonly found: string
}[]

const SEED_COUNT = 120
const codecs = await createCodecs()

async function problemsOf(seed: number): Promise<readonly string[]> {
  const { problems } = await run(seed, codecs)
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
  const first = await run(seed, codecs)
  const second = await run(seed, codecs)
  expect(second).toEqual(first)
})
