import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Column } from '../../src/catalog/schema.ts'
import { rowSerde } from '../../src/formats/row-serde.ts'
import { UnreadableRowError } from '../../src/formats/unreadable-row-error.ts'
import * as bigint from '../../src/types/bigint.ts'
import { Decimal } from '../../src/types/decimal.ts'
import type { SqlType } from '../../src/types/sql-type.ts'
import type { SqlValue } from '../../src/types/sql-value.ts'

const NAMES = ['A', '`b', 'C D', '__proto__', 'constructor', 'É']
const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 12 })

function valuesOf(type: SqlType): fc.Arbitrary<SqlValue> {
  const orNull = (arbitrary: fc.Arbitrary<SqlValue>): fc.Arbitrary<SqlValue> => fc.option(arbitrary, { nil: null })
  switch (type.kind) {
    case 'BOOLEAN':
      return orNull(fc.boolean())
    case 'INTEGER':
    case 'DATE':
    case 'TIME':
      return orNull(fc.integer())
    case 'BIGINT':
    case 'TIMESTAMP':
      return orNull(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(bigint.normalise))
    case 'DOUBLE':
      return orNull(fc.double({ noNaN: true }))
    case 'DECIMAL':
      return orNull(
        fc.bigInt({ min: -(10n ** 18n) + 1n, max: 10n ** 18n - 1n }).map(unscaled => new Decimal(unscaled, type.scale)),
      )
    case 'STRING':
      return orNull(text)
    case 'BYTES':
      return orNull(fc.uint8Array({ minLength: 1, maxLength: 8 }).map(bytes => Buffer.from(bytes)))
    case 'ARRAY':
      return orNull(fc.array(valuesOf(type.element), { maxLength: 3 }))
    case 'MAP':
      return orNull(
        fc
          .array(fc.tuple(fc.constantFrom(...NAMES), valuesOf(type.value)), { maxLength: 3 })
          .map(entries => new Map(entries)),
      )
    case 'STRUCT':
      return orNull(fc.tuple(...type.fields.map(field => valuesOf(field.type))))
  }
}

const PRIMITIVES: SqlType[] = [
  ...(['BOOLEAN', 'INTEGER', 'BIGINT', 'DOUBLE', 'STRING', 'BYTES', 'DATE', 'TIME', 'TIMESTAMP'] as const).map(
    kind => ({ kind }),
  ),
  { kind: 'DECIMAL', precision: 18, scale: 4 },
]
const NESTED: SqlType[] = [
  { kind: 'ARRAY', element: { kind: 'BIGINT' } },
  { kind: 'MAP', key: { kind: 'STRING' }, value: { kind: 'DECIMAL', precision: 18, scale: 2 } },
  { kind: 'STRUCT', fields: NAMES.slice(0, 4).map(name => ({ name, type: { kind: 'STRING' } })) },
]
function columnsOf(types: readonly SqlType[]): Column[] {
  return types.map((type, index) => ({ name: `${NAMES[index % NAMES.length]}${index}`, type }))
}

describe.each([
  ['JSON', columnsOf([...PRIMITIVES, ...NESTED]), {}],
  ['DELIMITED', columnsOf(PRIMITIVES), {}],
  ['DELIMITED', columnsOf(PRIMITIVES), { delimiter: '\t' }],
  ['JSON', columnsOf([{ kind: 'BIGINT' }]), { wrapping: 'UNWRAP' }],
] as const)('%s', (name, columns, options) => {
  const serde = rowSerde({ name, ...options }, columns, { topic: 't', isKey: false })
  test(`reads what it wrote: ${columns.length} columns ${JSON.stringify(options)}`, () => {
    fc.assert(
      fc.property(fc.tuple(...columns.map(({ type }) => valuesOf(type))), row => {
        fc.pre(columns.length > 1 || row[0] !== null)
        const bytes = serde.serialize(row)
        expect(serde.deserialize(bytes === null ? null : Buffer.from(bytes))).toEqual(row)
      }),
    )
  })
  test('any bytes are a row or are said to be none', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), content => {
        try {
          serde.deserialize(Buffer.from(content))
        } catch (error) {
          expect(error).toBeInstanceOf(UnreadableRowError)
        }
      }),
    )
  })
})

describe('JSON', () => {
  const read = (type: SqlType, json: string): SqlValue =>
    rowSerde({ name: 'JSON' }, [{ name: 'V', type }], { topic: 't', isKey: false }).deserialize(
      Buffer.from(json),
    )?.[0] as SqlValue

  test.each<[SqlType, string, SqlValue]>([
    [{ kind: 'BIGINT' }, '{"V":9223372036854775807}', 2n ** 63n - 1n],
    [
      { kind: 'DECIMAL', precision: 20, scale: 18 },
      '{"V":1.123456789012345678}',
      Decimal.parse('1.123456789012345678'),
    ],
    [{ kind: 'STRING' }, '{"v":"exact name or capitals"}', 'exact name or capitals'],
    [{ kind: 'STRING' }, '{"v":"a","V":"b"}', 'b'],
    [{ kind: 'STRING' }, '{"V":{"a":[1,2]}}', '{"a":[1,2]}'],
    [{ kind: 'INTEGER' }, '{"V":"42"}', 42],
    [{ kind: 'DOUBLE' }, '{"V":"NaN"}', Number.NaN],
    [{ kind: 'STRING' }, '{"__proto__":{"V":"polluted"}}', null],
  ])('%j reads %s', (type, json, expected) => {
    expect(read(type, json)).toEqual(expected)
    expect(({} as { V?: unknown }).V).toBeUndefined()
  })
  test.each<[SqlType, string]>([
    [{ kind: 'INTEGER' }, '{"V":2147483648}'],
    [{ kind: 'DECIMAL', precision: 3, scale: 1 }, '{"V":1.25}'],
    [{ kind: 'BOOLEAN' }, '{"V":1}'],
    [{ kind: 'ARRAY', element: { kind: 'INTEGER' } }, '{"V":{}}'],
    [{ kind: 'STRING' }, '[1]'],
    [{ kind: 'STRING' }, '{'],
  ])('%j refuses %s', (type, json) => {
    expect(() => read(type, json)).toThrow(UnreadableRowError)
  })
})
