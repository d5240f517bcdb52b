import fc from 'fast-check'
import { defaultOf } from '../src/wire/compile.ts'
import type { Field, Fields, Message, WireShape } from '../src/wire/schema.ts'
import { includesVersion, parseVersions } from '../src/wire/version-range.ts'

/** Values of a message as decoding gives them: fields that the version lacks hold their default. */
export function arbitraryOf<Out>(message: Message<Out, unknown>, version: number): fc.Arbitrary<Out> {
  return struct(message.fields, version) as fc.Arbitrary<Out>
}

function struct(fields: Fields, version: number): fc.Arbitrary<unknown> {
  const arbitraries = Object.entries(fields).map(([name, field]) => [name, fieldValue(field, version)] as const)
  return fc.record(Object.fromEntries(arbitraries))
}

function fieldValue(field: Field, version: number): fc.Arbitrary<unknown> {
  const standIn = fc.constant(0).map(() => defaultOf(field))
  if (!includesVersion(parseVersions(field.versions), version)) return standIn
  return fc.oneof({ weight: 5, arbitrary: value(field.type.shape, version) }, { weight: 1, arbitrary: standIn })
}

const BYTES = fc.uint8Array({ maxLength: 40 }).map(array => Buffer.from(array))

function value(shape: WireShape, version: number): fc.Arbitrary<unknown> {
  switch (shape.kind) {
    case 'nullable':
      return includesVersion(shape.versions, version)
        ? fc.option(value(shape.of, version), { freq: 4 })
        : value(shape.of, version)
    case 'array':
      return fc.array(value(shape.of, version), { maxLength: 3 })
    case 'struct':
      return struct(shape.fields, version)
    case 'bool':
      return fc.boolean()
    case 'int8':
      return fc.integer({ min: -(2 ** 7), max: 2 ** 7 - 1 })
    case 'int16':
      return fc.integer({ min: -(2 ** 15), max: 2 ** 15 - 1 })
    case 'uint16':
      return fc.integer({ min: 0, max: 2 ** 16 - 1 })
    case 'int32':
      return fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
    case 'uint32':
    case 'uvarint':
      return fc.integer({ min: 0, max: 2 ** 32 - 1 })
    case 'int64':
      return fc.oneof(fc.maxSafeInteger(), fc.constantFrom(-1, 0, 2 ** 32, -(2 ** 32), 2 ** 63, -(2 ** 63)))
    case 'bigint64':
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
    case 'float64':
      return fc.double()
    case 'string':
      return fc.oneof(fc.string({ unit: 'grapheme', maxLength: 12 }), fc.string({ minLength: 126, maxLength: 130 }))
    case 'uuid':
      return fc.uint8Array({ minLength: 16, maxLength: 16 }).map(array => Buffer.from(array).toString('base64url'))
    case 'bytes':
      return BYTES
    case 'records':
      return fc.option(BYTES, { freq: 4 })
  }
}
