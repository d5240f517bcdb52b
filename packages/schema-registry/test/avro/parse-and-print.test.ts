import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { avroFingerprint, parsingCanonicalForm } from '../../src/avro/fingerprint.ts'
import { normalizedSchema } from '../../src/avro/normalize.ts'
import { LENIENT_PARSING, parseAvroSchema } from '../../src/avro/parse.ts'
import { canonicalText, structuralKey } from '../../src/avro/print.ts'
import { AvroSchemaError } from '../../src/avro/schema-error.ts'
import { arbitrarySchemaText } from './arbitrary-schema.ts'

test('the canonical text of a canonical text is itself, and the same type', () => {
  fc.assert(
    fc.property(arbitrarySchemaText, text => {
      const schema = parseAvroSchema(text)
      const canonical = canonicalText(schema)
      const again = parseAvroSchema(canonical)
      expect(canonicalText(again)).toBe(canonical)
      expect(structuralKey(again)).toBe(structuralKey(schema))
      expect(parsingCanonicalForm(again)).toBe(parsingCanonicalForm(schema))
    }),
  )
})

test('normalizing twice is normalizing once', () => {
  fc.assert(
    fc.property(arbitrarySchemaText, text => {
      const once = canonicalText(normalizedSchema(parseAvroSchema(text)))
      expect(canonicalText(normalizedSchema(parseAvroSchema(once, LENIENT_PARSING)))).toBe(once)
    }),
  )
})

const record = (fields: string, more = '') => `{"type":"record","name":"R"${more},"fields":[${fields}]}`

describe('accepted', () => {
  test.each<[name: string, text: string, canonical: string]>([
    ['a primitive as an object', '{"type":"long"}', '"long"'],
    ['a doc on a primitive, which Avro has no place for', '{"type":"int","doc":"x"}', '"int"'],
    [
      'a reference to a type that comes later',
      record('{"name":"a","type":"B"},{"name":"b","type":{"type":"fixed","name":"B","size":1}}'),
      record('{"name":"a","type":{"type":"fixed","name":"B","size":1}},{"name":"b","type":"B"}'),
    ],
    [
      'a name found without its namespace',
      record(
        '{"name":"a","type":{"type":"fixed","name":"B","namespace":"","size":1}},{"name":"b","type":"B"}',
        ',"namespace":"n"',
      ),
      record(
        '{"name":"a","type":{"type":"fixed","name":"B","namespace":"","size":1}},{"name":"b","type":"B"}',
        ',"namespace":"n"',
      ),
    ],
    [
      'a field called __proto__',
      record('{"name":"__proto__","type":"int"}'),
      record('{"name":"__proto__","type":"int"}'),
    ],
    [
      'a record called __proto__',
      '{"type":"record","name":"__proto__","fields":[{"name":"next","type":["null","__proto__"]}]}',
      '{"type":"record","name":"__proto__","fields":[{"name":"next","type":["null","__proto__"]}]}',
    ],
    [
      'a property called __proto__',
      record('', ',"__proto__":{"a":1}'),
      '{"type":"record","name":"R","fields":[],"__proto__":{"a":1}}',
    ],
    [
      'a default of a record that contains itself',
      record('{"name":"r","type":["null","R"],"default":null},{"name":"s","type":"R","default":{}}'),
      record('{"name":"r","type":["null","R"],"default":null},{"name":"s","type":"R","default":{}}'),
    ],
  ])('%s', (_, text, canonical) => {
    expect(canonicalText(parseAvroSchema(text))).toBe(canonical)
  })
})

describe('refused', () => {
  test.each<[text: string, message: string]>([
    ['"constructor"', 'undefined name: "constructor"'],
    ['"toString"', 'undefined name: "toString"'],
    ['"__proto__"', 'undefined name: "__proto__"'],
    ['{"type":"hasOwnProperty"}', 'undefined name: "hasOwnProperty"'],
    ['{"type":{"type":"int"}}', 'the type is not a text'],
    ['["int","int"]', 'duplicate in union: int'],
    ['["int",["null"]]', 'a union directly inside a union'],
    ['{"type":"record","name":"R"}', 'R has no fields'],
    ['{"type":"fixed","name":"F","size":-1}', 'the size of fixed F'],
    ['{"type":"fixed","name":"F","size":1e99}', 'the size of fixed F'],
    ['{"type":"record","name":"int","fields":[]}', 'schemas may not be named int'],
    [record('{"name":"x","type":"int","default":"1"}'), 'the default of field x does not fit its type int'],
    [record('{"name":"x","type":{"type":"fixed","name":"R","size":1}}'), "can't redefine: R"],
    ['{"a":', 'unexpected end of the text at line 1, column 6'],
  ])('%s', (text, message) => {
    expect(() => parseAvroSchema(text)).toThrow(AvroSchemaError)
    expect(() => parseAvroSchema(text)).toThrow(message)
  })

  test('types nested without end', () => {
    const deep = `${'{"type":"array","items":'.repeat(300)}"int"${'}'.repeat(300)}`
    expect(() => parseAvroSchema(deep)).toThrow('types nest deeper than 250 levels')
    expect(() => parseAvroSchema('['.repeat(1_000_000))).toThrow('more than 1000 levels of nesting')
  })
})

test('any JSON is a schema or an AvroSchemaError', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 3 }), text => {
      try {
        canonicalText(parseAvroSchema(text))
      } catch (error) {
        expect(error).toBeInstanceOf(AvroSchemaError)
      }
    }),
  )
})

test('the fingerprint is the one of the specification', () => {
  expect(avroFingerprint(parseAvroSchema('"int"')).toString(16)).toBe('7275d51a3f395c8f')
})
