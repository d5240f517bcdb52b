/**
 * Everything the registry knows: a replay of `_schemas`. `apply` is the only way in, for records read at the start and
 * for the registry's own writes alike; everything else only reads.
 */
import { type CompatibilityLevel, type Config, DEFAULT_COMPATIBILITY_LEVEL } from './config.ts'
import type { Mode } from './mode.ts'
import {
  canonicalSubject,
  DEFAULT_CONTEXT,
  isContext,
  parseSubject,
  printSubject,
  subjectWithin,
} from './qualified-subject.ts'
import type { RegistryRecord, SchemaRecordValue } from './records.ts'
import { guidOf, type SchemaContent } from './schema-content.ts'

export interface SchemaVersion {
  readonly subject: string
  readonly version: number
  readonly id: number
  readonly guid: string
  /** One object for all versions with this id. */
  readonly content: SchemaContent
  readonly isDeleted: boolean
  /** Of the record. */
  readonly timestampMs: number
}

export interface VersionFilter {
  /** Soft-deleted versions: left out by default. */
  readonly deleted?: 'without' | 'with' | 'only'
}

interface SchemaId {
  readonly guid: string
  readonly content: SchemaContent
  /** Subject → versions, live and soft deleted. */
  readonly users: Map<string, Set<number>>
}

interface Context {
  isDeclared: boolean
  /** Grows only: an id is never given out twice. */
  largestId: number
  readonly ids: Map<number, SchemaId>
  /** The id that came last is the one for new registrations. */
  readonly idsByGuid: Map<string, number[]>
}

export class RegistryState {
  private readonly contexts = new Map<string, Context>([[DEFAULT_CONTEXT, newContext()]])
  /** Versions in ascending order. */
  private readonly subjects = new Map<string, Map<number, SchemaVersion>>()
  private readonly configs = new Map<string | null, Config>()
  private readonly modes = new Map<string | null, Mode>()
  /** Target of references → the versions that refer to it. */
  private readonly referrers = new Map<string, Map<string, SchemaVersion>>()

  /** `schema.compatibility.level`: where no record sets one. */
  constructor(readonly defaultCompatibilityLevel: CompatibilityLevel = DEFAULT_COMPATIBILITY_LEVEL) {}

  apply(record: RegistryRecord, timestampMs: number): void {
    switch (record.type) {
      case 'SCHEMA':
        return this.applySchema(canonicalSubject(record.subject), record.version, record.value, timestampMs)
      case 'CONFIG':
        return put(this.configs, scopeKey(record.subject), record.value)
      case 'MODE':
        return put(this.modes, scopeKey(record.subject), record.value)
      case 'DELETE_SUBJECT':
        return this.applyDeleteSubject(canonicalSubject(record.subject), record.value?.upToVersion ?? 0)
      case 'CLEAR_SUBJECT':
        return record.isTombstone ? undefined : this.applyClearSubject(record.subject)
      case 'CONTEXT':
        return this.applyContext(record.context, record.isTombstone)
      case 'NOOP':
        return
    }
  }

  private applySchema(subject: string, version: number, value: SchemaRecordValue | null, timestampMs: number): void {
    if (value === null) return this.forget(subject, version)
    const context = this.contextFor(subject)
    const guid = guidOf(value.content)
    // An id that has another text already: the record is a mistake of some writer, and the first text stays.
    if ((context.ids.get(value.id)?.guid ?? guid) !== guid) return
    this.forget(subject, version)
    let entry = context.ids.get(value.id)
    if (entry === undefined) {
      entry = { guid, content: value.content, users: new Map() }
      context.ids.set(value.id, entry)
    }
    context.largestId = Math.max(context.largestId, value.id)
    const sameText = (context.idsByGuid.get(guid) ?? []).filter(id => id !== value.id)
    context.idsByGuid.set(guid, [...sameText, value.id])
    const added: SchemaVersion = {
      subject,
      version,
      id: value.id,
      guid,
      content: entry.content,
      isDeleted: value.isDeleted,
      timestampMs,
    }
    this.insert(added)
    const versions = entry.users.get(subject) ?? new Set()
    entry.users.set(subject, versions.add(version))
    for (const key of this.referenceKeys(added)) {
      const referrers = this.referrers.get(key) ?? new Map<string, SchemaVersion>()
      this.referrers.set(key, referrers.set(versionKey(subject, version), added))
    }
  }

  private insert(added: SchemaVersion): void {
    const versions = this.subjects.get(added.subject) ?? new Map<number, SchemaVersion>()
    this.subjects.set(added.subject, versions)
    const isInPlace = versions.has(added.version) || added.version > largestOf(versions.keys())
    versions.set(added.version, added)
    if (isInPlace) return
    const ordered = [...versions.values()].sort((left, right) => left.version - right.version)
    versions.clear()
    for (const version of ordered) versions.set(version.version, version)
  }

  /** Takes a version out as if it had never been; its id goes with the last version that has it. */
  private forget(subject: string, version: number): void {
    const versions = this.subjects.get(subject)
    const old = versions?.get(version)
    if (versions === undefined || old === undefined) return
    versions.delete(version)
    if (versions.size === 0) this.subjects.delete(subject)
    for (const key of this.referenceKeys(old)) {
      const referrers = this.referrers.get(key)
      referrers?.delete(versionKey(subject, version))
      if (referrers?.size === 0) this.referrers.delete(key)
    }
    const context = this.contextFor(subject)
    const entry = context.ids.get(old.id)
    const users = entry?.users.get(subject)
    users?.delete(version)
    if (users?.size === 0) entry?.users.delete(subject)
    if (entry === undefined || entry.users.size > 0) return
    context.ids.delete(old.id)
    const left = (context.idsByGuid.get(old.guid) ?? []).filter(id => id !== old.id)
    if (left.length > 0) context.idsByGuid.set(old.guid, left)
    else context.idsByGuid.delete(old.guid)
  }

  private applyDeleteSubject(subject: string, upToVersion: number): void {
    for (const version of this.versionsOf(subject)) if (version.version <= upToVersion) this.insertDeleted(version)
  }

  private insertDeleted(version: SchemaVersion): void {
    const deleted = { ...version, isDeleted: true }
    this.insert(deleted)
    const key = versionKey(version.subject, version.version)
    for (const target of this.referenceKeys(version)) this.referrers.get(target)?.set(key, deleted)
  }

  private applyClearSubject(scope: string | null): void {
    for (const subject of this.subjectsInScope(scope))
      for (const version of this.versionsOf(subject, { deleted: 'only' })) this.forget(subject, version.version)
  }

  private applyContext(name: string, isTombstone: boolean): void {
    if (!isTombstone) this.contextNamed(name).isDeclared = true
    else if (!this.hasSubjectsIn(name)) this.contexts.delete(name)
  }

  private contextFor(subject: string): Context {
    return this.contextNamed(parseSubject(subject).context)
  }

  private contextNamed(name: string): Context {
    let context = this.contexts.get(name)
    if (context === undefined) this.contexts.set(name, (context = newContext()))
    return context
  }

  private referenceKeys(version: SchemaVersion): readonly string[] {
    const { context } = parseSubject(version.subject)
    return version.content.references.map(reference =>
      versionKey(canonicalSubject(subjectWithin(context, reference.subject)), reference.version),
    )
  }

  // Reads. Subjects are qualified and canonical.

  /** `.` first, then by name. */
  contextNames(): readonly string[] {
    const others = [...this.contexts.keys()].filter(name => name !== DEFAULT_CONTEXT)
    return [DEFAULT_CONTEXT, ...others.sort()]
  }

  isDeclaredContext(name: string): boolean {
    return name === DEFAULT_CONTEXT || this.contexts.get(name)?.isDeclared === true
  }

  hasSubjectsIn(context: string): boolean {
    return [...this.subjects.keys()].some(subject => parseSubject(subject).context === context)
  }

  /** Subjects that have a version, sorted. */
  subjectNames(): readonly string[] {
    return [...this.subjects.keys()].sort()
  }

  /** A null scope is the default context, `:.eu:` another one; else it is one subject. */
  subjectsInScope(scope: string | null): readonly string[] {
    const names = this.subjectNames()
    if (scope !== null && !isContext(scope)) return names.filter(name => name === canonicalSubject(scope))
    const context = scope === null ? DEFAULT_CONTEXT : parseSubject(scope).context
    return names.filter(name => parseSubject(name).context === context)
  }

  /** In ascending order; empty for an unknown subject. */
  versionsOf(subject: string, filter: VersionFilter = {}): readonly SchemaVersion[] {
    const versions = this.subjects.get(subject)
    if (versions === undefined) return []
    const all = [...versions.values()]
    return filter.deleted === 'with' ? all : all.filter(version => version.isDeleted === (filter.deleted === 'only'))
  }

  version(subject: string, version: number): SchemaVersion | undefined {
    return this.subjects.get(subject)?.get(version)
  }

  /** The newest live version. */
  latest(subject: string): SchemaVersion | undefined {
    return this.versionsOf(subject).at(-1)
  }

  /** Versions with this id, by subject and version; empty for an unknown id. */
  versionsWithId(context: string, id: number, filter: VersionFilter = {}): readonly SchemaVersion[] {
    const users = this.contexts.get(context)?.ids.get(id)?.users ?? new Map<string, Set<number>>()
    return [...users.keys()]
      .sort()
      .flatMap(subject => this.versionsOf(subject, filter).filter(version => users.get(subject)?.has(version.version)))
  }

  guidOfId(context: string, id: number): string | undefined {
    return this.contexts.get(context)?.ids.get(id)?.guid
  }

  /** The id that a new registration of this schema gets, if the context has the schema. */
  idOfGuid(context: string, guid: string): number | undefined {
    return this.contexts.get(context)?.idsByGuid.get(guid)?.at(-1)
  }

  largestId(context: string): number {
    return this.contexts.get(context)?.largestId ?? 0
  }

  /** What refers to a version, soft-deleted referrers included. */
  referrersOf(subject: string, version: number): readonly SchemaVersion[] {
    return [...(this.referrers.get(versionKey(subject, version))?.values() ?? [])]
  }

  /** What was set for exactly this subject, context (`:.eu:`), or the default context (null). */
  ownConfig(scope: string | null): Config | undefined {
    return this.configs.get(scopeKey(scope))
  }

  ownMode(scope: string | null): Mode | undefined {
    return this.modes.get(scopeKey(scope))
  }

  scopesWithMode(): readonly (string | null)[] {
    return [...this.modes.keys()]
  }

  scopesWithConfig(): readonly (string | null)[] {
    return [...this.configs.keys()]
  }
}

function newContext(): Context {
  return { isDeclared: false, largestId: 0, ids: new Map(), idsByGuid: new Map() }
}

function put<V>(map: Map<string | null, V>, key: string | null, value: V | null): void {
  if (value === null) map.delete(key)
  else map.set(key, value)
}

function scopeKey(subject: string | null): string | null {
  if (subject === null) return null
  const parsed = parseSubject(subject)
  return parsed.context === DEFAULT_CONTEXT && parsed.name === '' ? null : printSubject(parsed)
}

function versionKey(subject: string, version: number): string {
  return `${version} ${subject}`
}

function largestOf(numbers: Iterable<number>): number {
  let largest = 0
  for (const number of numbers) largest = Math.max(largest, number)
  return largest
}
