/** Reading what the registry has: versions, ids, lists. */
import { candidatesOf } from './lookup.ts'
import { ALL_CONTEXTS, DEFAULT_CONTEXT, parseSubject, printSubject } from './qualified-subject.ts'
import { schemaNotFound, subjectNotFound, versionNotFound } from './registry-error.ts'
import type { RegistryState, SchemaVersion, VersionFilter } from './registry-state.ts'
import type { VersionId } from './version-id.ts'

export type DeletedFilter = NonNullable<VersionFilter['deleted']>

/** An unqualified subject is also looked for in other contexts. Throws codes 40401 and 40402. */
export function findVersionById(
  state: RegistryState,
  subject: string,
  version: VersionId,
  deleted: DeletedFilter,
): SchemaVersion {
  for (const candidate of candidatesOf(state, subject)) {
    const versions = state.versionsOf(candidate, { deleted })
    const found = version === 'latest' ? versions.at(-1) : versions.find(known => known.version === version)
    if (found !== undefined) return found
  }
  throw state.versionsOf(subject, { deleted }).length === 0 ? subjectNotFound(subject) : versionNotFound(version)
}

/** Throws code 40401 for a subject without a version that passes. */
export function listVersions(state: RegistryState, subject: string, deleted: DeletedFilter): readonly SchemaVersion[] {
  const versions = state.versionsOf(subject, { deleted })
  if (versions.length === 0) throw subjectNotFound(subject)
  return versions
}

/**
 * A version with this id, a live one of `subject` first. An unqualified subject that lacks the id in the default context
 * is looked for in other contexts. Throws code 40403.
 */
export function findSchemaById(state: RegistryState, id: number, subject: string): SchemaVersion {
  const { context, name } = parseSubject(subject)
  const inContext = state.versionsWithId(context, id, { deleted: 'with' })
  if (context === DEFAULT_CONTEXT && name !== '' && !inContext.some(version => version.subject === subject))
    for (const candidate of candidatesOf(state, subject)) {
      const found = state
        .versionsWithId(parseSubject(candidate).context, id, { deleted: 'with' })
        .find(version => version.subject === candidate)
      if (found !== undefined) return found
    }
  const own = inContext.filter(version => version.subject === subject)
  const candidates = own.length > 0 ? own : inContext
  const found = candidates.find(version => !version.isDeleted) ?? candidates[0]
  if (found === undefined) throw schemaNotFound(id)
  return found
}

/** Versions with an id in the subject's context. Throws code 40403 for an unknown id. */
export function findVersionsWithId(
  state: RegistryState,
  id: number,
  subject: string,
  deleted: DeletedFilter,
): readonly SchemaVersion[] {
  const { context, name } = parseSubject(subject)
  if (state.guidOfId(context, id) === undefined) throw schemaNotFound()
  const versions = state.versionsWithId(context, id, { deleted })
  return name === '' ? versions : versions.filter(version => version.subject === subject)
}

/** In which contexts a schema has which id. */
export function findIdsOfGuid(state: RegistryState, guid: string): readonly { context: string; id: number }[] {
  return state.contextNames().flatMap(context => {
    const id = state.idOfGuid(context, guid)
    return id === undefined ? [] : [{ context, id }]
  })
}

/** Throws code 40403. */
export function findSchemaByGuid(state: RegistryState, guid: string): SchemaVersion {
  const [place] = findIdsOfGuid(state, guid)
  if (place === undefined) throw schemaNotFound(guid)
  return findSchemaById(state, place.id, printSubject({ context: place.context, name: '' }))
}

/** `:*:` and what follows looks in all contexts; every other prefix stays in its context. */
export function listSubjects(state: RegistryState, prefix: string, deleted: DeletedFilter): readonly string[] {
  return state
    .subjectNames()
    .filter(subject => hasPrefix(subject, prefix) && state.versionsOf(subject, { deleted }).length > 0)
}

function hasPrefix(subject: string, prefix: string): boolean {
  if (prefix.startsWith(ALL_CONTEXTS)) return parseSubject(subject).name.startsWith(prefix.slice(ALL_CONTEXTS.length))
  const { context, name } = parseSubject(prefix)
  const parsed = parseSubject(subject)
  return parsed.context === context && parsed.name.startsWith(name)
}

export function listSchemas(
  state: RegistryState,
  prefix: string,
  deleted: DeletedFilter,
  latestOnly: boolean,
): readonly SchemaVersion[] {
  return listSubjects(state, prefix, deleted).flatMap(subject => {
    const versions = state.versionsOf(subject, { deleted })
    return latestOnly ? versions.slice(-1) : versions
  })
}

/** The newest version whose metadata has all these properties. Throws codes 40401 and 40403. */
export function findByMetadata(
  state: RegistryState,
  subject: string,
  properties: ReadonlyMap<string, string>,
  deleted: DeletedFilter,
): SchemaVersion {
  const versions = [...listVersions(state, subject, deleted)].reverse()
  const found = versions.find(({ content }) =>
    [...properties].every(([name, value]) => content.metadata?.properties.get(name) === value),
  )
  if (found === undefined) throw schemaNotFound()
  return found
}

/** Ids of the schemas that refer to a version. Throws codes 40401 and 40402. */
export function findReferrers(
  state: RegistryState,
  subject: string,
  version: VersionId,
  deleted: DeletedFilter,
): readonly number[] {
  const target = findVersionById(state, subject, version, 'with')
  const referrers = state.referrersOf(target.subject, target.version)
  const ids = referrers.filter(referrer => deleted === 'with' || !referrer.isDeleted).map(referrer => referrer.id)
  return [...new Set(ids)].sort((left, right) => left - right)
}
