import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import type { Trial } from './trial.ts'

/** The last recorded run of one trial. */
interface Result {
  readonly trial: string
  readonly promise: string
  readonly unit: string
  readonly count: number
  readonly seed: number
  readonly seconds: number
  readonly problems: number
  readonly figures: Readonly<Record<string, number>>
  readonly machine: string
  /** ISO. */
  readonly date: string
}

/** From the repository's root, where npm runs scripts. */
const DATA = 'docs/results/results.json'
const PAGE = 'docs/results/README.md'
const INTRODUCTION = `# Results

The last recorded run of each trial of [test/torture](../../test/torture/README.md), at the count that a release needs unless it says otherwise.
Written by \`npm run torture -- <trial> --goal --record\`; the figures are in \`results.json\` too.
`

/** Puts a result in the place of the last one of its trial, in the data and on the page. */
export function recordResult(
  { name, promise, unit, goalCount }: Trial,
  run: Pick<Result, 'count' | 'seed' | 'seconds' | 'problems' | 'figures'>,
): void {
  const known: Result[] = existsSync(DATA) ? JSON.parse(readFileSync(DATA, 'utf8')) : []
  const machine = `${cpus().length} cores, Node ${process.versions.node}`
  const date = new Date().toISOString().slice(0, 10)
  const result: Result = { trial: name, promise, unit, ...run, machine, date }
  const results = [...known.filter(({ trial }) => trial !== name), result]
  writeFileSync(DATA, `${JSON.stringify(results, undefined, 2)}\n`)
  writeFileSync(PAGE, pageOf(results))
  if (run.count < goalCount) console.log(`recorded with ${run.count} of ${goalCount} ${unit}`)
}

function pageOf(results: readonly Result[]): string {
  const rows = results.map(({ trial, promise, unit, count, seed, seconds, problems, figures, machine, date }) => {
    const outcome = problems === 0 ? 'kept' : `**broken ${problems} times**`
    const measured = Object.entries(figures).map(([name, figure]) => `${name}: ${figure.toLocaleString('en')}`)
    const command = `\`npm run torture -- ${trial} --count ${count} --seed ${seed}\``
    const what = `${count.toLocaleString('en')} ${unit} in ${seconds} s`
    return `| ${trial} | ${promise} | ${what} | ${outcome} | ${measured.join('; ')} | ${command}, ${machine}, ${date} |`
  })
  const head = '| trial | promise | count | outcome | figures | run |\n| --- | --- | --- | --- | --- | --- |'
  return `${INTRODUCTION}\n${head}\n${rows.join('\n')}\n`
}
