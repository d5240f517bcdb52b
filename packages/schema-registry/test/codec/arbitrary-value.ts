import fc from 'fast-check'
import { type AvroSchema, isPrimitive } from '../../src/avro/schema.ts'
import { AvroBranch } from '../../src/codec/avro-value.ts'
import { branchName } from '../../src/codec/encoder.ts'

const LONG = fc.oneof(
  fc.maxSafeInteger(),
  fc
    .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
    .map(value => (Number.isSafeInteger(Number(value)) ? Number(value) : value)),
)

/** Values of a schema without logical types, with Maps, arrays for records, and branches by name. */
export function arbitraryValue(schema: AvroSchema, depth = 0): fc.Arbitrary<unknown> {
  const size = { maxLength: depth > 3 ? 0 : 3 }
  switch (schema.type) {
    case 'null':
      return fc.constant(null)
    case 'boolean':
      return fc.boolean()
    case 'int':
      return fc.integer()
    case 'long':
      return LONG
    case 'float':
      return fc.float()
    case 'double':
      return fc.double()
    case 'string':
      return fc.string({ unit: 'grapheme' })
    case 'bytes':
      return fc.uint8Array().map(bytes => Buffer.from(bytes))
    case 'fixed':
      return fc
        .uint8Array({ minLength: schema.sizeBytes, maxLength: schema.sizeBytes })
        .map(bytes => Buffer.from(bytes))
    case 'enum':
      return fc.constantFrom(...schema.symbols)
    case 'array':
      return fc.array(arbitraryValue(schema.items, depth + 1), size)
    case 'map': {
      const key = fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', '1'))
      return fc.array(fc.tuple(key, arbitraryValue(schema.values, depth + 1)), size).map(entries => new Map(entries))
    }
    case 'record':
      return fc.tuple(...schema.fields.map(field => arbitraryValue(field.type, depth + 1))).map(values => [...values])
    case 'union': {
      const isAmbiguous = schema.branches.filter(({ type }) => type !== 'null').length > 1
      const branches = schema.branches.map(branch => {
        const value = arbitraryValue(branch, depth + 1)
        return isAmbiguous && branch.type !== 'null'
          ? value.map(inner => new AvroBranch(branchName(branch), inner))
          : value
      })
      return fc.oneof(...branches)
    }
  }
}

/** An enum without symbols, somewhere: there is no value of it. */
export function hasValues(schema: AvroSchema): boolean {
  if (isPrimitive(schema) || schema.type === 'fixed') return true
  if (schema.type === 'enum') return schema.symbols.length > 0
  if (schema.type === 'array') return hasValues(schema.items)
  if (schema.type === 'map') return hasValues(schema.values)
  if (schema.type === 'union') return schema.branches.every(hasValues)
  return schema.fields.every(field => hasValues(field.type))
}
