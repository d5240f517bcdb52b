/** What a compatibility level demands of a new schema, given the versions before it. */
import type { CompatibilityLevel, Config } from './config.ts'
import type { ParsedSchema } from './schema-provider.ts'

export interface PreviousSchema {
  readonly version: number
  readonly parsed: ParsedSchema
}

interface Demands {
  /** Old readers read new data. */
  readonly forward: boolean
  /** New readers read old data. */
  readonly backward: boolean
  /** Of all versions, not only of the newest. */
  readonly isTransitive: boolean
}

const DEMANDS: Record<CompatibilityLevel, Demands> = {
  NONE: { forward: false, backward: false, isTransitive: false },
  BACKWARD: { forward: false, backward: true, isTransitive: false },
  BACKWARD_TRANSITIVE: { forward: false, backward: true, isTransitive: true },
  FORWARD: { forward: true, backward: false, isTransitive: false },
  FORWARD_TRANSITIVE: { forward: true, backward: false, isTransitive: true },
  FULL: { forward: true, backward: true, isTransitive: false },
  FULL_TRANSITIVE: { forward: true, backward: true, isTransitive: true },
}

const DIFFERENT_TYPE = 'Incompatible because of different schema type'
const MAX_OLD_SCHEMA_LENGTH = 10 * 1024

/**
 * Messages of the problems with the newest of the versions before that has any; empty when `schema` passes. That
 * version and its text follow, except, as in the original, when a level that looks both ways finds problems only in old
 * readers. `newestFirst` is read only as far as the level looks.
 */
export function compatibilityProblems(
  level: CompatibilityLevel,
  schema: ParsedSchema,
  newestFirst: Iterable<PreviousSchema>,
): readonly string[] {
  const demands = DEMANDS[level]
  if (!demands.forward && !demands.backward) return []
  for (const { version, parsed: old } of newestFirst) {
    const { forward, backward } = problemsBetween(demands, schema, old)
    if (forward.length + backward.length === 0) {
      if (demands.isTransitive) continue
      return []
    }
    const isPlaceNamed = backward.length > 0 || !demands.backward
    const place = isPlaceNamed
      ? [`{oldSchemaVersion: ${version}}`, `{oldSchema: '${shortened(old.canonicalText)}'}`]
      : []
    return [...forward, ...backward, ...place]
  }
  return []
}

function problemsBetween(demands: Demands, schema: ParsedSchema, old: ParsedSchema) {
  const isSameType = schema.schemaType === old.schemaType
  const forward = demands.forward && isSameType ? old.problemsReading(schema) : []
  const backward = isSameType ? (demands.backward ? schema.problemsReading(old) : []) : [DIFFERENT_TYPE]
  return {
    forward: forward.map(problem => named(problem, 'old', 'new')),
    backward: backward.map(problem => named(problem, 'new', 'old')),
  }
}

/** The last message of a list of problems. */
export function settingsMessage(config: Config, level: CompatibilityLevel): string {
  return `{validateFields: '${config.validateFields ?? false}', compatibility: '${level}'}`
}

function named(problem: string, reader: string, writer: string): string {
  let isReader = true
  return problem.replace(/%s/g, () => {
    const side = isReader ? reader : writer
    isReader = false
    return side
  })
}

function shortened(text: string): string {
  return text.length <= MAX_OLD_SCHEMA_LENGTH ? text : `${text.slice(0, MAX_OLD_SCHEMA_LENGTH)}<truncated>`
}
