/** `npm run conformance:ksql-rest -- --dir <folder with rest files> [--json]` */
import { realPlatform } from '@millrace/platform'
import { printByFile, runnerOptions } from '../report.ts'
import { readCases } from './corpus.ts'
import { type RestCase, runRestCase } from './rest.ts'

/** Cases wait more than they compute. */
const CASES_AT_A_TIME = 10

const { directory, json, only } = runnerOptions('ksql-rest')
const platform = realPlatform()
const cases = readCases<RestCase>(directory, 'rest').filter(({ id }) => only === undefined || id.includes(only))
const reasons: (string | null)[] = []
let next = 0
await Promise.all(
  Array.from({ length: CASES_AT_A_TIME }, async () => {
    while (next < cases.length) {
      const index = next++
      reasons[index] = await runRestCase(cases[index]!, platform).catch(error => `the runner failed: ${error}`)
    }
  }),
)
const outcomes = cases.map(({ id }, index) => ({ file: id.split('/')[0] ?? id, id, reason: reasons[index] ?? null }))
printByFile(outcomes, json)
