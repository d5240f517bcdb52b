/**
 * A message as JSON in the form of Apache Kafka's tools (`kafka-dump-log`): the fields of one version in the order of their
 * declaration, tagged fields only where they differ from their default, byte ranges in base64.
 */
import { defaultOf } from './compile.ts'
import type { Field, Fields, Message, WireShape } from './schema.ts'
import { includesVersion, parseVersions } from './version-range.ts'

/** `bigint` where a double would not do. */
export type Json = null | boolean | number | bigint | string | Json[] | { [name: string]: Json }

/** `value` as {@link decode} gives it, `version` the one it was decoded from. */
export function messageJson<Out>(
  message: Message<Out, unknown>,
  value: Out,
  version: number,
): { [name: string]: Json } {
  return structJson(message.fields, value, version)
}

/** Like `JSON.stringify`, for integers of 64 bits too. `json` consists of what {@link Json} names, and undefined members. */
export function printJson(json: unknown): string {
  if (typeof json === 'bigint') return String(json)
  if (Array.isArray(json)) return `[${json.map(printJson).join(',')}]`
  if (json === null || typeof json !== 'object') return JSON.stringify(json)
  const members = Object.entries(json).filter(([, member]) => member !== undefined)
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${printJson(member)}`).join(',')}}`
}

function structJson(fields: Fields, value: unknown, version: number): { [name: string]: Json } {
  const json: { [name: string]: Json } = {}
  for (const [name, field] of Object.entries(fields)) {
    if (!includesVersion(parseVersions(field.versions), version)) continue
    const member = shapeJson(field.type.shape, (value as Readonly<Record<string, unknown>>)[name], version)
    if (!isTagged(field, version) || printJson(member) !== defaultText(field, version)) json[name] = member
  }
  return json
}

function isTagged(field: Field, version: number): boolean {
  if (field.tag === undefined) return false
  return field.tagged === undefined || includesVersion(parseVersions(field.tagged), version)
}

function defaultText(field: Field, version: number): string {
  return printJson(shapeJson(field.type.shape, defaultOf(field), version))
}

function shapeJson(shape: WireShape, value: unknown, version: number): Json {
  if (value === null) return null
  switch (shape.kind) {
    case 'nullable':
      return shapeJson(shape.of, value, version)
    case 'array':
      return (value as readonly unknown[]).map(element => shapeJson(shape.of, element, version))
    case 'struct':
      return structJson(shape.fields, value, version)
    case 'bytes':
    case 'records':
      return (value as Buffer).toString('base64')
    case 'int64':
      return int64Json(value as number)
    default:
      return value as Json
  }
}

/** Long.MAX and Long.MIN are written as they are, whatever a double makes of them. */
function int64Json(value: number): Json {
  return Number.isSafeInteger(value) ? value : BigInt.asIntN(64, value >= 2 ** 63 ? 2n ** 63n - 1n : BigInt(value))
}
