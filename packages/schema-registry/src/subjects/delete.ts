/** Deletes: soft first, then, if asked for again with `permanent`, for good. */
import type { Decision } from './decision.ts'
import { isReadOnly } from './mode.ts'
import { checkSubject, DEFAULT_CONTEXT, parseSubject } from './qualified-subject.ts'
import type { RegistryRecord } from './records.ts'
import {
  contextNotEmpty,
  notPermitted,
  referenceExists,
  subjectNotFound,
  subjectNotSoftDeleted,
  subjectSoftDeleted,
  versionNotFound,
  versionNotSoftDeleted,
  versionSoftDeleted,
} from './registry-error.ts'
import type { RegistryState, SchemaVersion } from './registry-state.ts'
import { modeInScope } from './scope.ts'
import type { VersionId } from './version-id.ts'

/** Throws codes 40401, 40402, 40406, 40407, 42205, 42206. Answers the version. */
export function deleteVersion(
  state: RegistryState,
  subject: string,
  version: VersionId,
  isPermanent: boolean,
): Decision<number> {
  checkDeletable(state, subject)
  const all = state.versionsOf(subject, { deleted: 'with' })
  if (all.length === 0) throw subjectNotFound(subject)
  const target = version === 'latest' ? state.latest(subject) : state.version(subject, version)
  if (target === undefined) throw version === 'latest' ? subjectNotFound(subject) : versionNotFound(version)
  if (isPermanent && !target.isDeleted) throw versionNotSoftDeleted(subject, target.version)
  if (!isPermanent && target.isDeleted) throw versionSoftDeleted(subject, target.version)
  checkUnreferenced(state, target, isPermanent, () => true)
  const { id, content } = target
  const value = isPermanent ? null : { id, content, isDeleted: true }
  const records: RegistryRecord[] = [{ type: 'SCHEMA', subject, version: target.version, value }]
  if (isPermanent && all.length === 1) records.push(...settingsTombstones(state, subject))
  return { records, answer: () => target.version }
}

/** Throws codes 40401, 40404, 40405, 42205, 42206. Answers the versions, ascending. */
export function deleteSubject(
  state: RegistryState,
  subject: string,
  isPermanent: boolean,
): Decision<readonly number[]> {
  checkDeletable(state, subject)
  const all = state.versionsOf(subject, { deleted: 'with' })
  const live = all.filter(version => !version.isDeleted)
  if (all.length === 0) throw subjectNotFound(subject)
  if (isPermanent && live.length > 0) throw subjectNotSoftDeleted(subject)
  if (!isPermanent && live.length === 0) throw subjectSoftDeleted(subject)
  const targets = isPermanent ? all : live
  for (const target of targets) checkUnreferenced(state, target, isPermanent, referrer => referrer.subject !== subject)
  return {
    records: isPermanent ? hardDelete(state, subject) : [softDelete(subject, live)],
    answer: () => targets.map(target => target.version),
  }
}

function softDelete(subject: string, live: readonly SchemaVersion[]): RegistryRecord {
  return { type: 'DELETE_SUBJECT', subject, value: { upToVersion: live.at(-1)?.version ?? 0 } }
}

function hardDelete(state: RegistryState, subject: string): readonly RegistryRecord[] {
  const versions = [...state.versionsOf(subject, { deleted: 'with' })].reverse()
  const tombstones = versions.map(({ version }): RegistryRecord => ({ type: 'SCHEMA', subject, version, value: null }))
  return [...tombstones, ...settingsTombstones(state, subject)]
}

/** What was set for a subject goes with its last record. */
function settingsTombstones(state: RegistryState, subject: string): readonly RegistryRecord[] {
  const records: RegistryRecord[] = []
  if (state.ownMode(subject) !== undefined) records.push({ type: 'MODE', subject, value: null })
  if (state.ownConfig(subject) !== undefined) records.push({ type: 'CONFIG', subject, value: null })
  return records
}

function checkDeletable(state: RegistryState, subject: string): void {
  checkSubject(subject, false)
  if (isReadOnly(modeInScope(state, subject)))
    throw notPermitted(`Subject ${subject} in context ${parseSubject(subject).context} is in read-only mode`)
}

/** Soft-deleted referrers hold up a hard delete only. */
function checkUnreferenced(
  state: RegistryState,
  target: SchemaVersion,
  isPermanent: boolean,
  counts: (referrer: SchemaVersion) => boolean,
): void {
  const referrers = state.referrersOf(target.subject, target.version)
  if (referrers.some(referrer => counts(referrer) && (isPermanent || !referrer.isDeleted)))
    throw referenceExists(target.subject, target.version)
}

/** Throws code 42211 while a subject, soft deleted or not, is left. */
export function deleteContext(state: RegistryState, context: string): Decision<void> {
  if (context === DEFAULT_CONTEXT || state.hasSubjectsIn(context)) throw contextNotEmpty(context)
  const records: readonly RegistryRecord[] = state.isDeclaredContext(context)
    ? [{ type: 'CONTEXT', context, isTombstone: true }]
    : []
  return { records, answer: () => undefined }
}
