/**
 * Runs many seeds, or looks at one:
 *
 *   npm run simulate -- --seeds 1000            seeds 1 to 1000
 *   npm run simulate -- --seeds 1000 --seed 7   seeds 7 to 1006
 *   npm run simulate -- --seed 7                seed 7, twice, comparing the traces
 *   npm run simulate -- --seed 7 --events       and prints each event
 */
import { parseArgs } from 'node:util'
import { createCodecs, type ScheduledEvent } from '@millrace/platform'
import { type Outcome, run } from './run.ts'

const PROGRESS_INTERVAL_MS = 2_000

const { values } = parseArgs({
  options: { seeds: { type: 'string' }, seed: { type: 'string' }, events: { type: 'boolean', default: false } },
})
const first = wholeNumber('seed', values.seed ?? '1')
const count = wholeNumber('seeds', values.seeds ?? '1')
const codecs = createCodecs()
const strays: unknown[] = []
process.on('unhandledRejection', reason => strays.push(reason))

if (count > 1) await runMany()
else await runOne()

async function runMany(): Promise<void> {
  const failed: number[] = []
  const startMs = performance.now()
  let lastReportMs = startMs
  let records = 0
  for (let done = 0; done < count; done++) {
    const outcome = await runSeed(first + done)
    records += outcome.records
    if (outcome.problems.length > 0) {
      failed.push(outcome.seed)
      report(outcome)
    }
    const nowMs = performance.now()
    if (nowMs - lastReportMs < PROGRESS_INTERVAL_MS && done + 1 < count) continue
    lastReportMs = nowMs
    const perSecond = ((done + 1) / (nowMs - startMs)) * 1000
    console.log(
      `${done + 1} of ${count} seeds, ${records} records, ${failed.length} failed, ${perSecond.toFixed(1)} seeds/s`,
    )
  }
  if (failed.length === 0) return
  console.log(`failed: ${failed.join(', ')}; one that fails belongs into test/simulation/seeds.json`)
  process.exitCode = 1
}

async function runOne(): Promise<void> {
  const outcome = await runSeed(first, values.events)
  const again = await runSeed(first)
  if (again.trace !== outcome.trace) outcome.problems.push(`not deterministic: ${outcome.trace}, then ${again.trace}`)
  console.log(JSON.stringify(outcome.scenario, undefined, 2))
  console.log(`trace ${outcome.trace}, ${outcome.steps} events, ${outcome.records} records, ${outcome.virtualMs} ms`)
  if (outcome.problems.length === 0) return
  report(outcome)
  process.exitCode = 1
}

async function runSeed(seed: number, printEvents = false): Promise<Outcome> {
  const outcome = await run(seed, { codecs, ...(printEvents ? { onEvent: print } : {}) })
  for (const stray of strays.splice(0)) {
    outcome.problems.push(`unhandled rejection: ${stray instanceof Error ? stray.stack : String(stray)}`)
  }
  return outcome
}

function print({ dueUs, process, kind }: ScheduledEvent): void {
  console.log(`${(dueUs / 1000).toFixed(3).padStart(12)} ${(process?.name ?? '').padEnd(13)} ${kind}`)
}

function report({ seed, problems }: Outcome): void {
  console.log(`seed ${seed}: ${problems.length} problems; again with: npm run simulate -- --seed ${seed}`)
  for (const problem of problems.slice(0, 10)) console.log(`  ${problem}`)
}

function wholeNumber(option: string, text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${option} must be a whole number from 1 on`)
  return value
}
