/**
 * JSON that loses nothing: numbers keep their digits, objects keep the order of their properties and may hold any name
 * (`__proto__` included). The text of a schema is its identity, and `JSON.parse` forgets both.
 */
export type JsonValue = null | boolean | string | JsonNumber | readonly JsonValue[] | JsonObject
export type JsonObject = ReadonlyMap<string, JsonValue>

/** A number as it was written. Java tells integers from decimals by their spelling: `1` and `1.0` are different values. */
export class JsonNumber {
  constructor(readonly text: string) {}

  get isInteger(): boolean {
    return /^-?\d+$/.test(this.text)
  }

  /** The nearest double. */
  toNumber(): number {
    return Number(this.text)
  }

  /** Only for integers. */
  toBigInt(): bigint {
    return BigInt(this.text)
  }
}

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return value instanceof Map
}

export function isJsonArray(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value)
}

/** The plain JavaScript form, for values whose numbers are known to be small and whose names are known. */
export function jsonValueOf(value: unknown): JsonValue {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'bigint') return new JsonNumber(String(value))
  if (Array.isArray(value)) return value.map(jsonValueOf)
  if (value instanceof JsonNumber || value instanceof Map) return value as JsonValue
  if (typeof value === 'object') {
    const entries = Object.entries(value).filter(([, member]) => member !== undefined)
    return new Map(entries.map(([name, member]) => [name, jsonValueOf(member)]))
  }
  throw new TypeError(`${typeof value} has no form in JSON`)
}
