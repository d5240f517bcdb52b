/** Versions as answers show them. The order of properties is the original's; what is empty is left out. */
import { type JsonValue, jsonValueOf } from '../json/json-value.ts'
import type { SchemaRegistry } from '../registry.ts'
import { metadataJson } from '../subjects/metadata.ts'
import type { SchemaVersion } from '../subjects/registry-state.ts'
import { ruleSetJson } from '../subjects/rule-set.ts'

/** The text in the format asked for, else as it is stored. */
export function textOf(registry: SchemaRegistry, version: SchemaVersion, format: string | null): string {
  if (format === null || format === '' || format === 'default') return version.content.text
  return registry.read((state, resolution) => resolution.parseStored(state, version).formatted(format))
}

/** `Schema`. */
export function versionJson(version: SchemaVersion, text = version.content.text): JsonValue {
  const { subject, id, guid, content } = version
  return jsonValueOf({
    subject,
    version: version.version,
    id,
    guid,
    ...contentJson(content, text),
    ...recordJson(version),
  })
}

/** The answer to a registration. */
export function registeredJson(version: SchemaVersion, text = version.content.text): JsonValue {
  const { id, guid, content } = version
  return jsonValueOf({ id, version: version.version, guid, ...contentJson(content, text), ...recordJson(version) })
}

/** `SchemaString`: without the id that was asked for. */
export function schemaStringJson(version: SchemaVersion, text: string, maxId: number | null): JsonValue {
  const { subject, guid, content } = version
  const place = { subject, version: version.version }
  return jsonValueOf({
    ...place,
    ...schemaJson(guid, content, text),
    ...recordJson(version),
    maxId: maxId ?? undefined,
  })
}

/** The same by GUID, which belongs to no one subject. */
export function guidSchemaJson(version: SchemaVersion, text: string): JsonValue {
  return jsonValueOf({ ...schemaJson(version.guid, version.content, text), ...recordJson(version) })
}

function contentJson({ schemaType, ...content }: SchemaVersion['content'], schema: string) {
  return { schemaType, ...partsJson(content), schema }
}

function schemaJson(guid: string, { schemaType, ...content }: SchemaVersion['content'], schema: string) {
  return { guid, schemaType, schema, ...partsJson(content) }
}

function partsJson({ references, metadata, ruleSet }: Omit<SchemaVersion['content'], 'schemaType'>) {
  return {
    references: references.length === 0 ? undefined : references,
    metadata: metadata === null ? undefined : metadataJson(metadata),
    ruleSet: ruleSet === null ? undefined : ruleSetJson(ruleSet),
  }
}

function recordJson({ timestampMs, isDeleted }: SchemaVersion) {
  return { ts: timestampMs, deleted: isDeleted }
}
