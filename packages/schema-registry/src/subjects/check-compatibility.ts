import { canonicalize, type SchemaRequest } from './lookup.ts'
import { problemsWithHistory } from './register.ts'
import { RegistryError, versionNotFound } from './registry-error.ts'
import type { RegistryState, SchemaVersion } from './registry-state.ts'
import type { SchemaResolution } from './schema-resolution.ts'
import { configInScope } from './scope.ts'
import type { VersionId } from './version-id.ts'

export interface CompatibilityOptions {
  readonly normalize: boolean
  /** With messages; a schema that is none is then incompatible instead of an error. */
  readonly verbose: boolean
}

export interface CompatibilityAnswer {
  readonly isCompatible: boolean
  readonly messages: readonly string[]
}

/**
 * Would the schema pass? `version` is compared with that version alone, null with the history that the level looks at.
 * Throws codes 40402 and 42201.
 */
export function checkCompatibilityOf(
  state: RegistryState,
  resolution: SchemaResolution,
  subject: string,
  version: VersionId | null,
  request: SchemaRequest,
  options: CompatibilityOptions,
): CompatibilityAnswer {
  const versions = version === null ? state.versionsOf(subject) : comparedWith(state, subject, version)
  const config = configInScope(state, subject)
  try {
    const schema = canonicalize(state, resolution, subject, request, {
      normalize: options.normalize || config.normalize === true,
      isStrict: config.validateNewSchemas !== false,
    })
    const messages = problemsWithHistory(state, resolution, config, schema, versions)
    return { isCompatible: messages.length === 0, messages }
  } catch (error) {
    if (options.verbose && error instanceof RegistryError && error.errorCode === 42201)
      return { isCompatible: false, messages: [error.message] }
    throw error
  }
}

/** `latest` of an unknown subject is nothing to compare with; a numbered version has to be there. */
function comparedWith(state: RegistryState, subject: string, version: VersionId): readonly SchemaVersion[] {
  if (version === 'latest') return state.versionsOf(subject).slice(-1)
  const found = state.version(subject, version)
  if (found === undefined || found.isDeleted) throw versionNotFound(version)
  return [found]
}
