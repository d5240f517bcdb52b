/** Defaults of fields: which JSON fits which type, as Avro Java 1.12.1 judges it. */
import { isJsonArray, isJsonObject, JsonNumber, type JsonValue } from '../json/json-value.ts'
import type { AvroSchema } from './schema.ts'

/**
 * A default of a union may fit any branch (AVRO-4112). The symbol of an enum and the characters of bytes are not looked
 * at: a text is enough.
 */
export function isValidDefault(schema: AvroSchema, value: JsonValue): boolean {
  switch (schema.type) {
    case 'null':
      return value === null
    case 'boolean':
      return typeof value === 'boolean'
    case 'int':
      return isIntegerOf(value, 31n)
    case 'long':
      return isIntegerOf(value, 63n)
    case 'float':
    case 'double':
      return value instanceof JsonNumber
    case 'string':
    case 'bytes':
    case 'enum':
    case 'fixed':
      return typeof value === 'string'
    case 'array':
      return isJsonArray(value) && value.every(item => isValidDefault(schema.items, item))
    case 'map':
      return isJsonObject(value) && [...value.values()].every(member => isValidDefault(schema.values, member))
    case 'union':
      return schema.branches.some(branch => isValidDefault(branch, value))
    case 'record':
      return (
        isJsonObject(value) &&
        // What is left out comes from the field's own default, which is judged with that field: going on into it here
        // would never end for a record that contains itself.
        schema.fields.every(field => {
          const member = value.get(field.name)
          return member === undefined ? field.defaultValue !== undefined : isValidDefault(field.type, member)
        })
      )
  }
}

function isIntegerOf(value: JsonValue, bits: bigint): boolean {
  if (!(value instanceof JsonNumber) || !value.isInteger) return false
  const integer = value.toBigInt()
  return integer >= -(1n << bits) && integer < 1n << bits
}
