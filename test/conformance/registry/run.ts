/** `npm run conformance:registry -- --dir <folder> [--json]` */
import type { JsonObject } from '@millrace/schema-registry'
import { type Outcome, printByFile, runnerOptions } from '../report.ts'
import { judgeCanonical, judgeCompatibility, judgeGuid, judgeLevel, judgeParse } from './avro-cases.ts'
import { readCorpus } from './corpus.ts'
import { judgeReplay, judgeScenario, judgeWrite } from './scenario.ts'
import { judgeWire } from './wire-cases.ts'

type Judge = (example: JsonObject) => string | null | Promise<string | null>

const JUDGES: ReadonlyMap<string, Judge> = new Map<string, Judge>([
  ['avro-compatibility', judgeCompatibility],
  ['avro-levels', judgeLevel],
  ['avro-canonical', judgeCanonical],
  ['avro-parse', judgeParse],
  ['guid', judgeGuid],
  ['wire-format', judgeWire],
  ['rest-scenarios', judgeScenario],
  ['store-write', judgeWrite],
  ['store-replay', judgeReplay],
  ['json-schema-diff', () => 'JSON Schema is not supported yet'],
  ['protobuf-diff', () => 'Protobuf is not supported yet'],
])

const { directory, json, only } = runnerOptions('registry')
const cases = readCorpus(directory).filter(({ id }) => only === undefined || id.includes(only))
const outcomes: Outcome[] = []
for (const { file, kind, id, json: example } of cases) outcomes.push({ file, id, reason: await judge(kind, example) })
printByFile(outcomes, json)

async function judge(kind: string, example: JsonObject): Promise<string | null> {
  try {
    return (await JUDGES.get(kind)?.(example)) ?? (JUDGES.has(kind) ? null : `there is no judge for ${kind}`)
  } catch (error) {
    return `the judge failed: ${error}`
  }
}
