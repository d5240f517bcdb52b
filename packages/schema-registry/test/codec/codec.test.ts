import avro from 'avsc'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LENIENT_PARSING, parseAvroSchema } from '../../src/avro/parse.ts'
import { AvroBranch, AvroDecimal, AvroValueError } from '../../src/codec/avro-value.ts'
import { AvroDecoder, type AvroDecoderOptions } from '../../src/codec/decoder.ts'
import { AvroEncoder } from '../../src/codec/encoder.ts'
import { bigIntOf, twosComplement } from '../../src/codec/logical-types.ts'
import { arbitrarySchemaText } from '../avro/arbitrary-schema.ts'
import { arbitraryValue, hasValues } from './arbitrary-value.ts'

const parse = (schema: unknown) => parseAvroSchema(JSON.stringify(schema), LENIENT_PARSING)
const RAW = { records: 'array', maps: 'map', unions: 'branch', logicalTypes: false } as const

function readWith(writer: unknown, value: unknown, reader: unknown, options: AvroDecoderOptions = {}): unknown {
  const bytes = new AvroEncoder(parse(writer)).encode(value)
  return new AvroDecoder(parse(writer), { readerSchema: parse(reader), ...options }).decode(bytes)
}

test('every value of every schema survives the way there and back', () => {
  const schemaAndValue = arbitrarySchemaText
    .map(text => parseAvroSchema(text))
    .filter(hasValues)
    .chain(schema => fc.tuple(fc.constant(schema), arbitraryValue(schema)))
  fc.assert(
    fc.property(schemaAndValue, ([schema, value]) => {
      const bytes = new AvroEncoder(schema, RAW).encode(value)
      expect(new AvroDecoder(schema, { form: RAW }).decode(bytes)).toEqual(value)
    }),
    { numRuns: 300 },
  )
})

test('any bytes are a value or an AvroValueError, and never more values than they can hold', () => {
  fc.assert(
    fc.property(arbitrarySchemaText, fc.uint8Array({ maxLength: 200 }), (text, bytes) => {
      try {
        new AvroDecoder(parseAvroSchema(text)).decode(Buffer.from(bytes))
      } catch (error) {
        expect(error).toBeInstanceOf(AvroValueError)
      }
    }),
    { numRuns: 300 },
  )
})

describe('the bytes are those of avsc', () => {
  test.each<[schema: unknown, value: unknown]>([
    ['int', -64],
    ['int', 2 ** 31 - 1],
    ['long', 2 ** 52 - 1],
    ['long', -(2 ** 40)],
    ['double', 1.5],
    ['float', -0.25],
    ['string', 'żółć ☃ 😀'],
    ['boolean', true],
    [{ type: 'enum', name: 'E', symbols: ['A', 'B'] }, 'B'],
    [{ type: 'array', items: 'int' }, [1, 2, 3]],
    [{ type: 'array', items: 'int' }, []],
    [
      { type: 'map', values: 'long' },
      { a: 1, b: 2 },
    ],
    [['null', 'string'], 'x'],
    [['null', 'string'], null],
    [{ type: 'fixed', name: 'F', size: 2 }, Buffer.from('ab')],
    [
      {
        type: 'record',
        name: 'Node',
        fields: [
          { name: 'value', type: 'bytes' },
          { name: 'next', type: ['null', 'Node'] },
        ],
      },
      { value: Buffer.from('a'), next: { value: Buffer.from('b'), next: null } },
    ],
  ])('%j: %j', (schema, value) => {
    const theirs = avro.Type.forSchema(schema as avro.Schema)
    const bytes = new AvroEncoder(parse(schema)).encode(value)
    expect(bytes.toString('hex')).toBe(theirs.toBuffer(value).toString('hex'))
    const decoded = new AvroDecoder(parse(schema), { form: { logicalTypes: false } }).decode(bytes)
    expect(JSON.stringify(decoded)).toBe(JSON.stringify(theirs.fromBuffer(bytes)))
  })
})

describe('longs are exact', () => {
  test.each([
    [2n ** 63n - 1n, 2n ** 63n - 1n],
    [-(2n ** 63n), -(2n ** 63n)],
    [2n ** 53n, 2n ** 53n],
    [5n, 5],
    [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
    [Number.MIN_SAFE_INTEGER, Number.MIN_SAFE_INTEGER],
    [2 ** 52, 2 ** 52],
    [-(2 ** 52), -(2 ** 52)],
  ])('%d', (value, read) => {
    expect(readWith('long', value, 'long')).toBe(read)
  })
  test.each([2n ** 63n, 2 ** 53, 1.5, Number.NaN, '1', null])('%o is refused', value => {
    expect(() => new AvroEncoder(parse('long')).encode(value)).toThrow('is not a long')
  })
})

const record = (...fields: object[]) => ({ type: 'record', name: 'R', fields })

describe('a reader sees data through its own schema', () => {
  test.each<[name: string, writer: unknown, value: unknown, reader: unknown, read: unknown]>([
    ['int as double', 'int', 7, 'double', 7],
    ['long as float', 'long', 2n ** 60n, 'float', 2 ** 60],
    ['string as bytes', 'string', 'é', 'bytes', Buffer.from('é')],
    ['value as union', 'int', 7, ['null', 'long'], 7],
    ['the exact branch before a promotion', 'long', 7, ['double', 'long'], 7],
    ['union as value', ['int', 'string'], 7, 'long', 7],
    [
      'fields by name, in the order of the reader',
      record({ name: 'a', type: 'int' }, { name: 'b', type: 'string' }),
      { a: 1, b: 'x' },
      record({ name: 'b', type: 'string' }, { name: 'a', type: 'long' }),
      { b: 'x', a: 1 },
    ],
    [
      'a field that is gone, one that is new, one by alias',
      record({ name: 'old', type: { type: 'array', items: 'string' } }, { name: 'kept', type: 'int' }),
      { old: ['x'], kept: 5 },
      record(
        { name: 'renamed', aliases: ['kept'], type: 'int' },
        { name: 'new', type: { type: 'map', values: 'int' }, default: { a: 1 } },
      ),
      { renamed: 5, new: { a: 1 } },
    ],
    [
      'an unknown symbol as the default',
      { type: 'enum', name: 'E', symbols: ['A', 'B'] },
      'B',
      { type: 'enum', name: 'E', symbols: ['A', 'OTHER'], default: 'OTHER' },
      'OTHER',
    ],
  ])('%s', (_, writer, value, reader, read) => {
    expect(JSON.stringify(readWith(writer, value, reader))).toBe(JSON.stringify(read))
  })

  test('a default is new each time', () => {
    const decoder = new AvroDecoder(parse(record()), {
      readerSchema: parse(record({ name: 'list', type: { type: 'array', items: 'int' }, default: [1] })),
    })
    const first = decoder.decode(Buffer.alloc(0)) as { list: number[] }
    first.list.push(2)
    expect((decoder.decode(Buffer.alloc(0)) as { list: number[] }).list).toEqual([1])
  })

  test('what cannot be read fails when it comes', () => {
    expect(() => readWith('string', 'x', 'int')).toThrow('int does not read string')
    const decoder = new AvroDecoder(parse(['int', 'string']), { readerSchema: parse('int') })
    expect(decoder.decode(new AvroEncoder(parse(['int', 'string'])).encode(1))).toBe(1)
    expect(() => decoder.decode(new AvroEncoder(parse(['int', 'string'])).encode('x'))).toThrow(
      'int does not read string',
    )
  })

  test('a default that holds itself twice does not fill the memory', () => {
    const fields = [
      { name: 'a', type: 'T', default: {} },
      { name: 'b', type: 'T', default: {} },
    ]
    const reader = record({ name: 't', type: { type: 'record', name: 'T', fields }, default: {} })
    expect(() => new AvroDecoder(parse(record()), { readerSchema: parse(reader) })).toThrow('a default of more than')
  })
})

describe('logical types', () => {
  test.each<[schema: object, value: unknown]>([
    [{ type: 'bytes', logicalType: 'decimal', precision: 20, scale: 2 }, new AvroDecimal(-123456789012345678n, 2)],
    [{ type: 'fixed', name: 'D', size: 8, logicalType: 'decimal', precision: 10, scale: 0 }, new AvroDecimal(-1n, 0)],
    [{ type: 'int', logicalType: 'date' }, new Date('1969-12-31')],
    [{ type: 'long', logicalType: 'timestamp-millis' }, new Date('2026-02-03T04:05:06.789Z')],
    [{ type: 'long', logicalType: 'timestamp-micros' }, 1_770_091_506_789_123],
    [{ type: 'long', logicalType: 'local-timestamp-nanos' }, 1_770_091_506_789_123_456n],
    [{ type: 'int', logicalType: 'time-millis' }, 1_000],
    [{ type: 'string', logicalType: 'uuid' }, '095d71cf-1255-6b9d-5e33-0ad575b3df5d'],
    [{ type: 'fixed', name: 'U', size: 16, logicalType: 'uuid' }, '095d71cf-1255-6b9d-5e33-0ad575b3df5d'],
    [
      { type: 'fixed', name: 'P', size: 12, logicalType: 'duration' },
      { months: 1, days: 2, milliseconds: 2 ** 32 - 1 },
    ],
    [{ type: 'string', logicalType: 'acme-email' }, 'a@b'],
    [{ type: 'bytes', logicalType: 'decimal', precision: 0 }, Buffer.of(1)],
  ])('%j: %o', (schema, value) => {
    expect(readWith(schema, value, schema)).toEqual(value)
  })

  test.each([
    [
      { type: 'bytes', logicalType: 'decimal', precision: 3, scale: 1 },
      AvroDecimal.parse('100.0'),
      'has more than 3 digits',
    ],
    [
      { type: 'bytes', logicalType: 'decimal', precision: 3, scale: 1 },
      AvroDecimal.parse('0.15'),
      'does not fit scale 1',
    ],
    [
      { type: 'fixed', name: 'D', size: 1, logicalType: 'decimal', precision: 9 },
      AvroDecimal.parse('128'),
      'does not fit 1',
    ],
    [{ type: 'int', logicalType: 'date' }, new Date(Number.NaN), 'the date is invalid'],
    [{ type: 'fixed', name: 'U', size: 16, logicalType: 'uuid' }, 'x', 'is not a UUID'],
  ])('%j refuses %o', (schema, value, message) => {
    expect(() => new AvroEncoder(parse(schema)).encode(value)).toThrow(message)
  })

  test('integers and their bytes are one to one', () => {
    fc.assert(
      fc.property(fc.bigInt(), value => {
        expect(bigIntOf(twosComplement(value))).toBe(value)
      }),
    )
    for (const [value, hex] of [
      [0n, '00'],
      [127n, '7f'],
      [128n, '0080'],
      [-128n, '80'],
      [-129n, 'ff7f'],
    ] as const)
      expect(twosComplement(value).toString('hex')).toBe(hex)
  })

  test('decimals print in plain notation', () => {
    for (const text of ['0', '-0.05', '12.50', '1000', '-7']) expect(AvroDecimal.parse(text).toString()).toBe(text)
  })
})

describe('hostile messages', () => {
  const decode = (schema: unknown, hex: string) => new AvroDecoder(parse(schema)).decode(Buffer.from(hex, 'hex'))

  test('five bytes do not become twenty million nulls', () => {
    expect(() => decode({ type: 'array', items: 'null' }, '80b489131300')).toThrow(
      'more values than its bytes can hold',
    )
  })
  test('records without bytes of their own are counted too', () => {
    let type: unknown = { type: 'record', name: 'R0', fields: [] }
    for (let level = 1; level <= 60; level++)
      type = {
        type: 'record',
        name: `R${level}`,
        fields: [
          { name: 'a', type },
          { name: 'b', type: `R${level - 1}` },
        ],
      }
    expect(() => decode(type, '')).toThrow('more values than its bytes can hold')
  })
  test('a record that holds itself has an end', () => {
    expect(() => decode({ type: 'record', name: 'R', fields: [{ name: 'r', type: 'R' }] }, '')).toThrow(
      'nest deeper than 200',
    )
  })
  test('the map key __proto__ stays a key', () => {
    const value = decode(
      { type: 'map', values: { type: 'map', values: 'string' } },
      '02125f5f70726f746f5f5f0210706f6c6c757465640679657300' + '00',
    )
    expect(JSON.stringify(value)).toBe('{"__proto__":{"polluted":"yes"}}')
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })
  test.each<[name: string, schema: unknown, hex: string, message: string]>([
    ['a string longer than the message', 'string', 'feffffff0f', 'the bytes end too early'],
    ['a negative length', 'bytes', '01', '-1 is not a length'],
    ['an integer without end', 'long', 'ffffffffffffffffffffff', 'an integer of more than 10 bytes'],
    ['an int past 32 bits', 'int', '8080808010', 'is not a 32-bit integer'],
    ['a branch that is none', ['null', 'int'], '04', '2 is no branch'],
    ['a symbol that is none', { type: 'enum', name: 'E', symbols: ['A'] }, '02', 'enum E has no symbol 1'],
    ['a boolean that is none', 'boolean', '02', '2 is not a boolean'],
    ['bytes behind the value', 'int', '0200', '1 bytes follow the value'],
    ['nothing', 'int', '', 'the bytes end too early'],
  ])('%s', (_, schema, hex, message) => {
    expect(() => decode(schema, hex)).toThrow(AvroValueError)
    expect(() => decode(schema, hex)).toThrow(message)
  })
})

describe('values that do not fit', () => {
  const order = record(
    {
      name: 'lines',
      type: { type: 'array', items: { type: 'record', name: 'Line', fields: [{ name: 'sku', type: 'string' }] } },
    },
    { name: '__proto__', type: ['null', 'int'] },
  )
  test.each<[value: unknown, message: string]>([
    [{ lines: [{ sku: 'a' }, { sku: 5 }] }, 'lines[1].sku: 5 is not a string'],
    [{ lines: [{}] }, 'lines[0].sku: nothing is not a string'],
    [{}, 'lines: nothing is not an array'],
    [5, '5 is not a record R'],
  ])('%j: %s', (value, message) => {
    expect(() => new AvroEncoder(parse(order)).encode(value)).toThrow(message)
  })

  test('inherited members are no data', () => {
    const hostile = record(
      { name: 'constructor', type: ['null', 'string'] },
      { name: 'toString', type: ['null', 'string'] },
    )
    expect({ ...(readWith(hostile, {}, hostile) as object) }).toEqual({ constructor: null, toString: null })
  })

  test('a value that contains itself is refused, and the encoder goes on', () => {
    const encoder = new AvroEncoder(
      parse({ type: 'record', name: 'N', fields: [{ name: 'next', type: ['null', 'N'] }] }),
    )
    const loop: { next?: unknown } = {}
    loop.next = loop
    expect(() => encoder.encode(loop)).toThrow('values nest deeper than 200 levels')
    expect(encoder.encode({ next: { next: null } }).toString('hex')).toBe('0200')
  })

  test('a branch can be named where several would do', () => {
    const union = ['int', 'long', 'double']
    expect(readWith(union, new AvroBranch('double', 1), union, { form: { unions: 'branch' } })).toEqual(
      new AvroBranch('double', 1),
    )
    expect(readWith(union, 2 ** 40, union, { form: { unions: 'branch' } })).toEqual(new AvroBranch('long', 2 ** 40))
  })
})
