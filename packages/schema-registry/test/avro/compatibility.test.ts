import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { incompatibilitiesOf, MAX_INCOMPATIBILITIES } from '../../src/avro/compatibility.ts'
import { LENIENT_PARSING, parseAvroSchema } from '../../src/avro/parse.ts'
import { arbitrarySchemaText } from './arbitrary-schema.ts'

const parse = (schema: unknown) => parseAvroSchema(JSON.stringify(schema), LENIENT_PARSING)
const problems = (reader: unknown, writer: unknown) =>
  incompatibilitiesOf(parse(reader), parse(writer)).map(({ type, path, message }) => `${type} ${path} ${message}`)

test('every schema reads what it wrote', () => {
  fc.assert(
    fc.property(arbitrarySchemaText, text => {
      expect(incompatibilitiesOf(parseAvroSchema(text), parseAvroSchema(text))).toEqual([])
    }),
  )
})

test('a union with a branch more reads what the schema wrote', () => {
  fc.assert(
    fc.property(arbitrarySchemaText, text => {
      fc.pre(!text.startsWith('[') && text !== '"null"')
      expect(incompatibilitiesOf(parseAvroSchema(`["null",${text}]`), parseAvroSchema(text))).toEqual([])
    }),
  )
})

describe('promotions', () => {
  const readable: Record<string, readonly string[]> = {
    int: ['int'],
    long: ['int', 'long'],
    float: ['int', 'long', 'float'],
    double: ['int', 'long', 'float', 'double'],
    string: ['string', 'bytes'],
    bytes: ['bytes', 'string'],
    boolean: ['boolean'],
    null: ['null'],
  }
  for (const [reader, writers] of Object.entries(readable))
    for (const writer of Object.keys(readable))
      test(`${reader} reads ${writer}: ${writers.includes(writer)}`, () => {
        expect(problems(reader, writer)).toEqual(
          writers.includes(writer)
            ? []
            : [
                `TYPE_MISMATCH / reader type: ${reader.toUpperCase()} not compatible with writer type: ${writer.toUpperCase()}`,
              ],
        )
      })
})

test('problems are listed with their places, in the order of the reader', () => {
  const reader = {
    type: 'record',
    name: 'R',
    fields: [
      { name: 'new', type: 'int' },
      { name: 'list', type: { type: 'array', items: 'int' } },
      { name: 'choice', type: ['null', 'int'] },
    ],
  }
  const writer = {
    type: 'record',
    name: 'W',
    fields: [
      { name: 'list', type: { type: 'array', items: 'long' } },
      { name: 'choice', type: ['null', 'string'] },
    ],
  }
  expect(problems(reader, writer)).toEqual([
    'NAME_MISMATCH /name expected: W',
    'READER_FIELD_MISSING_DEFAULT_VALUE /fields/0 new',
    'TYPE_MISMATCH /fields/1/type/items reader type: INT not compatible with writer type: LONG',
    'MISSING_UNION_BRANCH /fields/2/type/1 reader union lacking writer type: STRING',
  ])
})

test('an alias that matches two fields cannot be judged', () => {
  const reader = { type: 'record', name: 'R', fields: [{ name: 'c', type: 'int', aliases: ['a', 'b'] }] }
  const fields = ['a', 'b'].map(name => ({ name, type: 'int' }))
  expect(() => problems(reader, { type: 'record', name: 'R', fields })).toThrow('matches multiple fields')
})

test('a small schema with problems without number has a bounded list of them', () => {
  // Each record uses the one before it twice: 2^60 places of one mismatch.
  const nested = (leaf: string) => {
    let type: unknown = { type: 'record', name: 'R0', fields: [{ name: 'f', type: leaf }] }
    for (let level = 1; level <= 60; level++)
      type = {
        type: 'record',
        name: `R${level}`,
        fields: [
          { name: 'a', type },
          { name: 'b', type: `R${level - 1}` },
        ],
      }
    return type
  }
  expect(incompatibilitiesOf(parse(nested('int')), parse(nested('string'))).length).toBeLessThanOrEqual(
    MAX_INCOMPATIBILITIES,
  )
})

test('unions too large to be compared are refused', () => {
  const union = (prefix: string) =>
    Array.from({ length: 600 }, (_, index) => ({ type: 'fixed', name: `${prefix}${index}`, size: 1 }))
  expect(() => problems(union('a'), union('b'))).toThrow('too large to be compared')
})
