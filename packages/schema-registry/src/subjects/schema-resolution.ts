/** Texts into schemas: references are looked up in the state, and parsed schemas of the store are kept. */

import { canonicalSubject, parseSubject, subjectWithin } from './qualified-subject.ts'
import { invalidSchema } from './registry-error.ts'
import type { RegistryState, SchemaVersion } from './registry-state.ts'
import type { SchemaContent, SchemaReference } from './schema-content.ts'
import { type ParsedSchema, type SchemaDependency, SchemaParseError, type SchemaProvider } from './schema-provider.ts'

/** Schemas that one schema may reach through references. */
export const MAX_DEPENDENCIES = 1_000

export interface ResolveOptions {
  /** Context in which unqualified subjects of references are looked up. */
  readonly context: string
  readonly isStrict: boolean
  /** Schemas of the store may refer to soft-deleted versions, new ones may not. */
  readonly findsDeleted: boolean
}

export class SchemaResolution {
  private readonly providers: ReadonlyMap<string, SchemaProvider>
  /** By content: contents are never changed, and leave the state only when nothing refers to them. */
  private readonly stored = new WeakMap<SchemaContent, ParsedSchema>()

  constructor(providers: readonly SchemaProvider[]) {
    this.providers = new Map(providers.map(provider => [provider.schemaType, provider]))
  }

  get schemaTypes(): readonly string[] {
    return [...this.providers.keys()]
  }

  /** Throws code 42201. */
  parse(state: RegistryState, content: SchemaContent, options: ResolveOptions): ParsedSchema {
    const { schemaType, text } = content
    const provider = this.providers.get(schemaType)
    if (provider === undefined) throw invalidSchema(`Invalid schema type ${schemaType}`)
    const dependencies = new Map<string, SchemaDependency>()
    collect(state, content.references, options, dependencies, new Set())
    try {
      return provider.parse({ text, dependencies: [...dependencies.values()], isStrict: options.isStrict })
    } catch (error) {
      if (!(error instanceof SchemaParseError)) throw error
      throw invalidSchema(`Invalid schema of type ${schemaType}, details: ${error.message}`, { cause: error })
    }
  }

  /** A schema of the store. Throws code 42201 if it cannot be read by the rules of today. */
  parseStored(state: RegistryState, version: SchemaVersion): ParsedSchema {
    const known = this.stored.get(version.content)
    if (known !== undefined) return known
    const { context } = parseSubject(version.subject)
    const parsed = this.parse(state, version.content, { context, isStrict: false, findsDeleted: true })
    this.stored.set(version.content, parsed)
    return parsed
  }
}

function collect(
  state: RegistryState,
  references: readonly SchemaReference[],
  options: ResolveOptions,
  found: Map<string, SchemaDependency>,
  visited: Set<string>,
): void {
  for (const { name, subject, version } of references) {
    if (visited.has(name)) continue
    visited.add(name)
    if (visited.size > MAX_DEPENDENCIES) throw invalidSchema(`more than ${MAX_DEPENDENCIES} references`)
    const qualified = canonicalSubject(subjectWithin(options.context, subject))
    const target = state.version(qualified, version)
    if (target === undefined || (target.isDeleted && !options.findsDeleted))
      throw invalidSchema(`No schema reference found for subject "${subject}" and version ${version}`)
    const inner = { ...options, context: parseSubject(qualified).context, findsDeleted: true }
    collect(state, target.content.references, inner, found, visited)
    found.set(name, { name, text: target.content.text })
  }
}
