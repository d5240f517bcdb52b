/** What every runner prints: a line for each failing id with its reason, or one JSON object. */
import { parseArgs } from 'node:util'

export interface Failure {
  readonly id: string
  readonly reason: string
}

export interface RunnerOptions {
  readonly directory: string
  readonly json: boolean
  /** Only ids that contain this. */
  readonly only: string | undefined
}

/** `--dir <folder> [--json] [--only <text>]`. Ends the process when there is no folder. */
export function runnerOptions(name: string): RunnerOptions {
  const { values } = parseArgs({
    options: { dir: { type: 'string' }, json: { type: 'boolean', default: false }, only: { type: 'string' } },
  })
  if (values.dir === undefined) {
    console.error(`usage: npm run conformance:${name} -- --dir <folder> [--json] [--only <text in the id>]`)
    process.exit(2)
  }
  return { directory: values.dir, json: values.json, only: values.only }
}

export interface Outcome {
  readonly file: string
  readonly id: string
  /** Null when the case passed. */
  readonly reason: string | null
}

/** As `printResult`, with the counts of each file first. */
export function printByFile(outcomes: readonly Outcome[], json: boolean): void {
  const countsByFile = new Map<string, { total: number; passed: number }>()
  for (const { file, reason } of outcomes) {
    const counts = countsByFile.get(file) ?? { total: 0, passed: 0 }
    counts.total++
    if (reason === null) counts.passed++
    countsByFile.set(file, counts)
  }
  if (!json) for (const [file, { total, passed }] of countsByFile) console.log(`${file}: ${passed} of ${total}`)
  const failures = outcomes.flatMap(({ id, reason }) => (reason === null ? [] : [{ id, reason }]))
  printResult(outcomes.length, failures, json)
}

export function printResult(total: number, failures: readonly Failure[], json: boolean): void {
  const passed = total - failures.length
  if (json) {
    console.log(JSON.stringify({ total, passed, failed: failures.length, failures }))
    return
  }
  for (const { id, reason } of failures) console.log(`FAILED ${id}: ${reason.replaceAll('\n', '\n    ')}`)
  console.log(`${passed} of ${total} passed, ${failures.length} failed`)
}
