/** Metadata of a schema: free properties, tags by path, and which properties are secrets. */

import type { JsonValue } from '../json/json-value.ts'
import { printJson } from '../json/print-json.ts'

export interface Metadata {
  /** Tags by path pattern. */
  readonly tags: ReadonlyMap<string, readonly string[]>
  readonly properties: ReadonlyMap<string, string>
  /** Names of properties. */
  readonly sensitive: readonly string[]
}

/** Where a registration with `version: -1` notes the version it got. */
export const VERSION_PROPERTY = 'confluent:version'

export const EMPTY_METADATA: Metadata = { tags: new Map(), properties: new Map(), sensitive: [] }

export function metadataJson(metadata: Metadata): JsonValue {
  const json = new Map<string, JsonValue>()
  if (metadata.tags.size > 0) json.set('tags', sortedByName(metadata.tags))
  if (metadata.properties.size > 0) json.set('properties', sortedByName(metadata.properties))
  if (metadata.sensitive.length > 0) json.set('sensitive', [...metadata.sensitive].sort())
  return json
}

/** What `lower` has and `upper` does not name. Null when both are null. */
export function mergeMetadata(lower: Metadata | null, upper: Metadata | null): Metadata | null {
  if (lower === null || upper === null) return upper ?? lower
  return {
    tags: new Map([...lower.tags, ...upper.tags]),
    properties: new Map([...lower.properties, ...upper.properties]),
    sensitive: [...new Set([...lower.sensitive, ...upper.sensitive])],
  }
}

export function withVersionProperty(metadata: Metadata | null, version: number): Metadata {
  const base = metadata ?? EMPTY_METADATA
  return { ...base, properties: new Map([...base.properties, [VERSION_PROPERTY, String(version)]]) }
}

/** Equal but for {@link VERSION_PROPERTY}; metadata that holds nothing else equals none. */
export function sameMetadata(left: Metadata | null, right: Metadata | null): boolean {
  return left === right || comparable(left) === comparable(right)
}

function comparable(metadata: Metadata | null): string {
  if (metadata === null) return '{}'
  const properties = new Map([...metadata.properties].filter(([name]) => name !== VERSION_PROPERTY))
  return printJson(metadataJson({ ...metadata, properties }))
}

function sortedByName<V extends JsonValue>(map: ReadonlyMap<string, V>): JsonValue {
  return new Map([...map.keys()].sort().map(name => [name, map.get(name) ?? null]))
}
