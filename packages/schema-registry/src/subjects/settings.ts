/** Reading and changing configuration and mode of a subject, of a context, or (null) of the default context. */
import type { JsonObject } from '../json/json-value.ts'
import { type Config, updateConfig } from './config.ts'
import type { Decision } from './decision.ts'
import { isReadOnly, type Mode, readMode } from './mode.ts'
import { checkSubject, DEFAULT_CONTEXT, GLOBAL_CONTEXT, isContext, parseSubject } from './qualified-subject.ts'
import type { RegistryRecord } from './records.ts'
import { configNotFound, invalidMode, modeNotFound, notPermitted, subjectNotFound } from './registry-error.ts'
import type { RegistryState } from './registry-state.ts'
import { checkRuleSet } from './rule-set.ts'
import { configInScope, modeInScope } from './scope.ts'

/** Throws code 40408. */
export function getConfig(state: RegistryState, subject: string | null, defaultToGlobal: boolean): Config {
  if (subject === null || defaultToGlobal) return configInScope(state, subject)
  const own = state.ownConfig(subject)
  if (own === undefined) throw configNotFound(subject)
  return own
}

/** Throws codes 42203, 42205, 42208, 42210. Answers the merged config. */
export function putConfig(state: RegistryState, subject: string | null, body: JsonObject): Decision<Config> {
  checkScope(subject)
  checkWritable(state, subject)
  const updated = updateConfig(state.ownConfig(subject) ?? {}, body)
  for (const ruleSet of [updated.defaultRuleSet, updated.overrideRuleSet])
    if (ruleSet !== undefined) checkRuleSet(ruleSet)
  return { records: [{ type: 'CONFIG', subject, value: updated }], answer: () => updated }
}

/** Throws codes 40401 and 42205. Answers the old config. */
export function deleteConfig(state: RegistryState, subject: string | null): Decision<Config> {
  checkScope(subject)
  checkWritable(state, subject)
  const own = state.ownConfig(subject)
  if (own === undefined && subject !== null) throw subjectNotFound(subject)
  const old = subject === null ? configInScope(state, null) : own!
  return { records: own === undefined ? [] : [{ type: 'CONFIG', subject, value: null }], answer: () => old }
}

/** Throws code 40409. */
export function getMode(state: RegistryState, subject: string | null, defaultToGlobal: boolean): Mode {
  if (subject === null || defaultToGlobal) return modeInScope(state, subject)
  const own = state.ownMode(subject)
  if (own === undefined) throw modeNotFound(subject)
  return own
}

export interface ModeOptions {
  /** `mode.mutability`. */
  readonly isMutable: boolean
  /** IMPORT although there are subjects. */
  readonly force: boolean
}

/** Throws codes 42204, 42205, 42206, 42208. */
export function putMode(
  state: RegistryState,
  subject: string | null,
  text: string | null,
  options: ModeOptions,
): Decision<void> {
  checkScope(subject)
  checkMutable(options)
  const mode = readMode(text)
  if (
    mode === 'FORWARD' &&
    !(subject !== null && isContext(subject) && parseSubject(subject).context === GLOBAL_CONTEXT)
  )
    throw invalidMode('Forward mode only supported on global level')
  const isEntered = mode === 'IMPORT' && modeInScope(state, subject) !== 'IMPORT' && !options.force
  const cleared = isEntered ? clearForImport(state, subject) : []
  return { records: [...cleared, { type: 'MODE', subject, value: mode }], answer: () => undefined }
}

/**
 * Imported schemas bring ids and versions of their own: nothing may be in their way. The original clears also what is
 * clear already.
 */
function clearForImport(state: RegistryState, scope: string | null): readonly RegistryRecord[] {
  const subjects = state.subjectsInScope(scope)
  if (subjects.some(subject => state.latest(subject) !== undefined))
    throw notPermitted('Cannot import since found existing subjects')
  const tombstones = subjects.flatMap(subject =>
    [...state.versionsOf(subject, { deleted: 'only' })]
      .reverse()
      .map(({ version }): RegistryRecord => ({ type: 'SCHEMA', subject, version, value: null })),
  )
  return [...tombstones, { type: 'CLEAR_SUBJECT', subject: scope, isTombstone: false }]
}

/** Throws codes 40401 and 42205. Answers the old mode. `recursive` takes a context's subjects along. */
export function deleteMode(
  state: RegistryState,
  subject: string | null,
  recursive: boolean,
  options: Pick<ModeOptions, 'isMutable'>,
): Decision<Mode> {
  checkScope(subject)
  checkMutable(options)
  const own = state.ownMode(subject)
  if (own === undefined && subject !== null && !recursive) throw subjectNotFound(subject)
  const old = own ?? modeInScope(state, subject)
  const scopes = state.scopesWithMode().filter(scope => scope === subject || (recursive && isWithin(scope, subject)))
  return { records: scopes.map(scope => ({ type: 'MODE', subject: scope, value: null })), answer: () => old }
}

function isWithin(scope: string | null, context: string | null): boolean {
  if (scope === null || (context !== null && !isContext(context))) return false
  return parseSubject(scope).context === (context === null ? DEFAULT_CONTEXT : parseSubject(context).context)
}

function checkScope(subject: string | null): void {
  if (subject !== null) checkSubject(subject, true)
}

function checkWritable(state: RegistryState, subject: string | null): void {
  if (!isReadOnly(modeInScope(state, subject))) return
  const context = subject === null ? DEFAULT_CONTEXT : parseSubject(subject).context
  throw notPermitted(`Subject ${subject} in context ${context} is in read-only mode`)
}

function checkMutable({ isMutable }: Pick<ModeOptions, 'isMutable'>): void {
  if (!isMutable) throw notPermitted('Mode changes are not allowed')
}
