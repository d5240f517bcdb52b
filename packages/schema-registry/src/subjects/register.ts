/** Adding a version to a subject. */
import { compatibilityProblems, type PreviousSchema, settingsMessage } from './compatibility-levels.ts'
import type { Config } from './config.ts'
import { answerOnly, type Decision } from './decision.ts'
import { type CanonicalSchema, canonicalize, fillIn, lookupInSubject, type SchemaRequest } from './lookup.ts'
import { isImport, isReadOnly, type Mode } from './mode.ts'
import { checkSubject, DEFAULT_CONTEXT, parseSubject } from './qualified-subject.ts'
import type { RegistryRecord } from './records.ts'
import { incompatibleSchema, invalidSchema, notPermitted, storeFailed } from './registry-error.ts'
import type { RegistryState, SchemaVersion } from './registry-state.ts'
import { checkRuleSet } from './rule-set.ts'
import { guidOf } from './schema-content.ts'
import type { SchemaResolution } from './schema-resolution.ts'
import { configInScope, modeInScope } from './scope.ts'

export interface RegisterRequest extends SchemaRequest {
  /** 0: the next one. −1: the next one, noted in the metadata. */
  readonly version: number
  /** −1: found or given out by the registry. Others only in mode IMPORT. */
  readonly id: number
}

export interface RegisterOptions {
  readonly normalize: boolean
  /** Skips the compatibility check. */
  readonly force: boolean
}

/** Throws codes 40901, 42201, 42205, 42208, 42210. */
export function register(
  state: RegistryState,
  resolution: SchemaResolution,
  subject: string,
  request: RegisterRequest,
  options: RegisterOptions,
): Decision<SchemaVersion> {
  checkSubject(subject, false)
  const newest = state.latest(subject)
  const complete = withNewestText(request, newest)
  if (request.ruleSet !== null) checkRuleSet(request.ruleSet)
  const config = configInScope(state, subject)
  const mode = modeInScope(state, subject)
  const known = lookupInSubject(state, resolution, subject, complete, {
    normalize: options.normalize,
    findsDeleted: false,
  })
  if (known !== undefined && isAskedFor(request, known)) return answerOnly(known)
  checkMode(subject, mode, request)
  const all = state.versionsOf(subject, { deleted: 'with' })
  const nextVersion = (all.at(-1)?.version ?? 0) + 1
  const schema = canonicalize(state, resolution, subject, complete, {
    normalize: !isImport(mode) && (options.normalize || config.normalize === true),
    isStrict: !isImport(mode) && config.validateNewSchemas !== false,
  })
  if (isImport(mode)) return importVersion(state, subject, schema, request, nextVersion)
  if (request.version > 0 && request.version !== nextVersion)
    throw invalidSchema('Version is not one more than previous version')
  const filled = {
    ...schema,
    content: fillIn(config, schema.content, newest, request.version === -1 ? nextVersion : null),
  }
  if (!options.force) checkCompatibility(state, resolution, subject, config, filled)
  const { context } = parseSubject(subject)
  const id = state.idOfGuid(context, guidOf(filled.content)) ?? state.largestId(context) + 1
  return addVersion(state, subject, filled, id, nextVersion)
}

/** What is registered already is answered in every mode, unless another id or version is asked for. */
function isAskedFor(request: RegisterRequest, { id, version }: SchemaVersion): boolean {
  return (request.id < 0 || request.id === id) && (request.version <= 0 || request.version === version)
}

function withNewestText(request: RegisterRequest, newest: SchemaVersion | undefined): RegisterRequest {
  if ((request.text ?? '').trim() !== '' || newest === undefined) return request
  const { text, schemaType, references } = newest.content
  return { ...request, text, schemaType, references }
}

function checkMode(subject: string, mode: Mode, request: RegisterRequest): void {
  const where = `Subject ${subject} in context ${parseSubject(subject).context}`
  if (isReadOnly(mode)) throw notPermitted(`${where} is in read-only mode`)
  if (request.id >= 0 && !isImport(mode)) throw notPermitted(`${where} is not in import mode`)
  if (request.id < 0 && isImport(mode)) throw notPermitted(`${where} is not in read-write mode`)
}

/** No check but that an id keeps its text. The same text may get a second id. */
function importVersion(
  state: RegistryState,
  subject: string,
  schema: CanonicalSchema,
  request: RegisterRequest,
  nextVersion: number,
): Decision<SchemaVersion> {
  const { context } = parseSubject(subject)
  const holder = state.guidOfId(context, request.id)
  if (holder !== undefined && holder !== guidOf(schema.content))
    throw notPermitted(`Overwrite new schema with id ${request.id} in context ${context} is not permitted.`)
  return addVersion(state, subject, schema, request.id, request.version > 0 ? request.version : nextVersion)
}

function addVersion(
  state: RegistryState,
  subject: string,
  { content }: CanonicalSchema,
  id: number,
  version: number,
): Decision<SchemaVersion> {
  const { context } = parseSubject(subject)
  const records: RegistryRecord[] = []
  if (context !== DEFAULT_CONTEXT && !state.isDeclaredContext(context))
    records.push({ type: 'CONTEXT', context, isTombstone: false })
  // What was soft deleted here under the same id is replaced by the new version.
  for (const old of state.versionsOf(subject, { deleted: 'only' }))
    if (old.id === id && old.version < version && state.referrersOf(subject, old.version).length === 0)
      records.push({ type: 'SCHEMA', subject, version: old.version, value: null })
  records.push({ type: 'SCHEMA', subject, version, value: { id, content, isDeleted: false } })
  return {
    records,
    answer: replayed => {
      const added = replayed.version(subject, version)
      // Another registry on the topic gave the id to another schema at the same moment: its record came first.
      if (added === undefined) throw storeFailed(`id ${id} went to another schema while it was written: try again`)
      return added
    },
  }
}

function checkCompatibility(
  state: RegistryState,
  resolution: SchemaResolution,
  subject: string,
  config: Config,
  schema: CanonicalSchema,
): void {
  const problems = problemsWithHistory(state, resolution, config, schema, state.versionsOf(subject))
  if (problems.length > 0) throw incompatibleSchema(subject, problems)
}

/** Messages as an answer shows them; empty if the schema passes. `versions` in ascending order. */
export function problemsWithHistory(
  state: RegistryState,
  resolution: SchemaResolution,
  config: Config,
  schema: CanonicalSchema,
  versions: readonly SchemaVersion[],
): readonly string[] {
  const level = config.compatibilityLevel ?? 'BACKWARD'
  const group = config.compatibilityGroup
  const groupOf = ({ content }: { content: CanonicalSchema['content'] }) =>
    group === undefined ? undefined : content.metadata?.properties.get(group)
  function* newestFirst(): Generator<PreviousSchema> {
    for (const version of [...versions].reverse())
      if (groupOf(version) === groupOf(schema))
        yield { version: version.version, parsed: resolution.parseStored(state, version) }
  }
  const problems = compatibilityProblems(level, schema.parsed, newestFirst())
  return problems.length === 0 ? problems : [...problems, settingsMessage(config, level)]
}
