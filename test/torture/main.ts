/**
 * Puts the broker's promises to the test:
 *
 *   npm run torture -- broker-kills --count 50           one of them
 *   npm run torture -- broker-kills --count 50 --seed 7  with another plan
 *   npm run torture -- --all                             each at the count of continuous integration
 *   npm run torture -- broker-kills --goal --record      at the count that a release needs, into docs/results
 */
import { parseArgs } from 'node:util'
import { SeededRandom } from '@millrace/platform'
import { recordResult } from './results.ts'
import type { Outcome, Trial } from './trial.ts'
import { TRIALS } from './trials.ts'

const PROGRESS_INTERVAL_MS = 5_000
const SHOWN_PROBLEMS = 10
const LONGEST_PROBLEM_CHARACTERS = 1_500

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string' },
    kills: { type: 'string' },
    seed: { type: 'string', default: '1' },
    all: { type: 'boolean', default: false },
    goal: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
  },
})
const seed = wholeNumber('seed', values.seed)
const chosen = values.all ? TRIALS : positionals.map(trialOf)
if (chosen.length === 0) throw new Error(`name a trial, or --all: ${TRIALS.map(({ name }) => name).join(', ')}`)
const strays: unknown[] = []
process.on('unhandledRejection', reason => strays.push(reason))

for (const trial of chosen) await put(trial)

async function put(trial: Trial): Promise<void> {
  const count = countFor(trial)
  const startMs = performance.now()
  const { problems, figures } = await runTrial(trial, count)
  const seconds = Math.round((performance.now() - startMs) / 1000)
  const summary = Object.entries(figures).map(([name, figure]) => `${name} ${figure}`)
  console.log(`${trial.name}: ${count} ${trial.unit}, ${problems.length} problems, ${seconds} s; ${summary.join('; ')}`)
  for (const problem of problems.slice(0, SHOWN_PROBLEMS))
    console.log(`  ${problem.slice(0, LONGEST_PROBLEM_CHARACTERS)}`)
  if (problems.length > 0) {
    console.log(`  again with: npm run torture -- ${trial.name} --count ${count} --seed ${seed}`)
    process.exitCode = 1
  }
  if (values.record) recordResult(trial, { count, seed, seconds, problems: problems.length, figures })
}

async function runTrial(trial: Trial, count: number): Promise<Outcome> {
  let lastMs = performance.now()
  const progress = (text: string) => {
    if (performance.now() - lastMs < PROGRESS_INTERVAL_MS) return
    lastMs = performance.now()
    console.log(`${trial.name}: ${text}`)
  }
  const random = new SeededRandom(seed).split(trial.name)
  const { problems, figures } = await trial.run({ count, seed, random, progress })
  const unhandled = strays
    .splice(0)
    .map(stray => `unhandled rejection: ${stray instanceof Error ? stray.stack : stray}`)
  return { problems: [...problems, ...unhandled], figures }
}

function countFor(trial: Trial): number {
  const text = values.count ?? values.kills
  if (text !== undefined) return wholeNumber('count', text)
  return values.goal ? trial.goalCount : trial.ciCount
}

function trialOf(name: string): Trial {
  const trial = TRIALS.find(one => one.name === name)
  if (trial === undefined) throw new Error(`no trial ${name}; there are: ${TRIALS.map(one => one.name).join(', ')}`)
  return trial
}

function wholeNumber(option: string, text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${option} must be a whole number from 1 on`)
  return value
}
