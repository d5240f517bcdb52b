/** `npm run conformance:ksql -- --dir <folder with qtt files> [--json]` */

import { builtInFunctions } from '@millrace/ksql'
import { realPlatform } from '@millrace/platform'
import { type Failure, printResult, runnerOptions } from '../report.ts'
import { type QttCase, readCases } from './corpus.ts'
import { runQttCase } from './qtt.ts'

const { directory, json, only } = runnerOptions('ksql')
const functions = builtInFunctions(realPlatform())
const cases = readCases<QttCase>(directory, 'qtt').filter(({ id }) => only === undefined || id.includes(only))
const failures: Failure[] = []
for (const example of cases) {
  const reason = await runQttCase(example, functions)
  if (reason !== null) failures.push({ id: example.id, reason })
}
printResult(cases.length, failures, json)
