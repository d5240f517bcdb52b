/** Which version of a subject holds a given schema? */
import type { Config } from './config.ts'
import { mergeMetadata, sameMetadata, withVersionProperty } from './metadata.ts'
import { DEFAULT_CONTEXT, parseSubject, printSubject } from './qualified-subject.ts'
import { invalidSchema, schemaNotFound, subjectNotFound } from './registry-error.ts'
import type { RegistryState, SchemaVersion } from './registry-state.ts'
import { mergeRuleSets, sameRuleSet } from './rule-set.ts'
import { guidOf, type SchemaContent, type SchemaReference } from './schema-content.ts'
import type { ParsedSchema } from './schema-provider.ts'
import type { SchemaResolution } from './schema-resolution.ts'
import { configInScope } from './scope.ts'

/** A schema as it is sent for registration, look-up and checks. */
export interface SchemaRequest {
  /** Null or empty: the newest text. */
  readonly text: string | null
  readonly schemaType: string | null
  readonly references: readonly SchemaReference[]
  readonly metadata: SchemaContent['metadata']
  readonly ruleSet: SchemaContent['ruleSet']
}

export interface CanonicalSchema {
  readonly content: SchemaContent
  readonly parsed: ParsedSchema
}

export interface CanonicalizeOptions {
  readonly normalize: boolean
  readonly isStrict: boolean
}

/** Parses what was sent and puts the canonical text in its place. Throws code 42201. */
export function canonicalize(
  state: RegistryState,
  resolution: SchemaResolution,
  subject: string,
  request: SchemaRequest,
  options: CanonicalizeOptions,
): CanonicalSchema {
  const text = request.text ?? ''
  if (text.trim() === '') throw invalidSchema('Empty schema')
  const { context } = parseSubject(subject)
  const references = request.references.map(reference => checkReference(state, context, reference))
  const sent: SchemaContent = {
    schemaType: request.schemaType ?? 'AVRO',
    text,
    references: options.normalize ? distinctSorted(references) : references,
    metadata: request.metadata,
    ruleSet: request.ruleSet,
  }
  const parsed = resolution.parse(state, sent, { context, isStrict: options.isStrict, findsDeleted: false })
  const chosen = options.normalize ? parsed.normalized() : parsed
  return { parsed: chosen, content: { ...sent, text: chosen.canonicalText } }
}

function checkReference(state: RegistryState, context: string, reference: SchemaReference): SchemaReference {
  const { name, subject, version } = reference
  if (name === '' || subject === '' || version === 0)
    throw invalidSchema(`Invalid reference: {name='${name}', subject='${subject}', version=${version}}`)
  if (version !== -1) return reference
  const qualified = subject.startsWith(':.') ? subject : printSubject({ context, name: subject })
  const latest = state.latest(qualified)
  if (latest === undefined) throw invalidSchema(`No schema reference found for subject "${subject}" and version -1`)
  return { name, subject, version: latest.version }
}

function distinctSorted(references: readonly SchemaReference[]): readonly SchemaReference[] {
  const byName = new Map(references.map(reference => [reference.name, reference]))
  return [...byName.keys()].sort().map(name => byName.get(name)!)
}

/**
 * The given metadata and rules over the config's defaults, under its overrides; those of the newest live version if none
 * are given. `newVersion` is noted in the metadata unless it is null. The same object if nothing was to be filled in.
 */
export function fillIn(
  config: Config,
  content: SchemaContent,
  newest: SchemaVersion | undefined,
  newVersion: number | null,
): SchemaContent {
  const givenMetadata = content.metadata ?? newest?.content.metadata ?? null
  const givenRules = content.ruleSet ?? newest?.content.ruleSet ?? null
  const metadata = mergeMetadata(
    mergeMetadata(config.defaultMetadata ?? null, givenMetadata),
    config.overrideMetadata ?? null,
  )
  const ruleSet = mergeRuleSets(
    mergeRuleSets(config.defaultRuleSet ?? null, givenRules),
    config.overrideRuleSet ?? null,
  )
  if (newVersion !== null) return { ...content, metadata: withVersionProperty(metadata, newVersion), ruleSet }
  if (metadata === content.metadata && ruleSet === content.ruleSet) return content
  return { ...content, metadata, ruleSet }
}

/**
 * First by identity, then, from the newest version to the oldest, by structure: a schema with its references written out
 * finds one registered with references.
 */
export function findVersion(
  state: RegistryState,
  resolution: SchemaResolution,
  subject: string,
  { content, parsed }: CanonicalSchema,
  findsDeleted: boolean,
): SchemaVersion | undefined {
  const versions = [...state.versionsOf(subject, { deleted: findsDeleted ? 'with' : 'without' })].reverse()
  const guid = guidOf(content)
  return (
    versions.find(version => version.guid === guid) ??
    versions.find(version => isEquivalent(state, resolution, version, content, parsed))
  )
}

function isEquivalent(
  state: RegistryState,
  resolution: SchemaResolution,
  version: SchemaVersion,
  content: SchemaContent,
  parsed: ParsedSchema,
): boolean {
  const old = version.content
  if (old.schemaType !== content.schemaType) return false
  if (content.references.length > 0 && !sameReferences(content.references, old.references)) return false
  if (!sameMetadata(content.metadata, old.metadata) || !sameRuleSet(content.ruleSet, old.ruleSet)) return false
  return resolution.parseStored(state, version).structuralKey === parsed.structuralKey
}

function sameReferences(left: readonly SchemaReference[], right: readonly SchemaReference[]): boolean {
  return (
    left.length === right.length &&
    left.every(({ name, subject, version }, index) => {
      const other = right[index]!
      return name === other.name && subject === other.subject && version === other.version
    })
  )
}

export interface LookupOptions {
  readonly normalize: boolean
  readonly findsDeleted: boolean
}

/** As sent, then with the metadata and rules that a registration would fill in. Undefined if the subject lacks it. */
export function lookupInSubject(
  state: RegistryState,
  resolution: SchemaResolution,
  subject: string,
  request: SchemaRequest,
  options: LookupOptions,
): SchemaVersion | undefined {
  const config = configInScope(state, subject)
  const schema = canonicalize(state, resolution, subject, request, {
    normalize: options.normalize || config.normalize === true,
    isStrict: false,
  })
  const found = findVersion(state, resolution, subject, schema, options.findsDeleted)
  if (found !== undefined) return found
  const content = fillIn(config, schema.content, state.latest(subject), null)
  if (content === schema.content) return undefined
  return findVersion(state, resolution, subject, { ...schema, content }, options.findsDeleted)
}

/** Unqualified subjects are also looked for in other contexts. Throws codes 40401, 40403, 42201. */
export function lookup(
  state: RegistryState,
  resolution: SchemaResolution,
  subject: string,
  request: SchemaRequest,
  options: LookupOptions,
): SchemaVersion {
  for (const candidate of candidatesOf(state, subject)) {
    const found = lookupInSubject(state, resolution, candidate, request, options)
    if (found !== undefined) return found
  }
  const versions = state.versionsOf(subject, { deleted: options.findsDeleted ? 'with' : 'without' })
  throw versions.length === 0 ? subjectNotFound(subject) : schemaNotFound()
}

/** The subject, then, if it is unqualified, those of the same name in other contexts. */
export function candidatesOf(state: RegistryState, subject: string): readonly string[] {
  const { context, name } = parseSubject(subject)
  if (context !== DEFAULT_CONTEXT) return [subject]
  const others = state.contextNames().filter(other => other !== DEFAULT_CONTEXT)
  return [subject, ...others.map(other => printSubject({ context: other, name }))]
}
