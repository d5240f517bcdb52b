/** `npm run conformance:ksql-rest -- --dir <folder with rest files> [--json]` */
import { realPlatform } from '@millrace/platform'
import { type Failure, printResult, runnerOptions } from '../report.ts'
import { readCases } from './corpus.ts'
import { type RestCase, runRestCase } from './rest.ts'

/** Cases wait more than they compute. */
const CASES_AT_A_TIME = 10

const { directory, json, only } = runnerOptions('ksql-rest')
const platform = await realPlatform()
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
const failures = cases.flatMap(({ id }, index): Failure[] => {
  const reason = reasons[index] ?? null
  return reason === null ? [] : [{ id, reason }]
})
const countsByFile = new Map<string, { total: number; passed: number }>()
for (const [index, { id }] of cases.entries()) {
  const file = id.split('/')[0] ?? id
  const counts = countsByFile.get(file) ?? { total: 0, passed: 0 }
  counts.total++
  if (reasons[index] === null) counts.passed++
  countsByFile.set(file, counts)
}
if (!json) for (const [file, { total, passed }] of countsByFile) console.log(`${file}: ${passed} of ${total}`)
printResult(cases.length, failures, json)
