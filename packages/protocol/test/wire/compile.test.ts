import { expect, test } from 'vitest'
import { HeartbeatRequest } from '../../src/messages/12-heartbeat.ts'
import { decode, encode } from '../../src/wire/compile.ts'
import { MalformedMessageError, UnencodableValueError } from '../../src/wire/errors.ts'
import {
  array,
  bigint64,
  bytes,
  int8,
  int32,
  int64,
  message,
  nullable,
  string,
  struct,
  uvarint,
} from '../../src/wire/schema.ts'

const heartbeat = { groupId: 'g', generationId: 3, memberId: 'm-1', groupInstanceId: null }

test('a heartbeat v0 has the bytes Kafka writes', () => {
  expect(encode(HeartbeatRequest, heartbeat, 0).toString('hex')).toBe('0001670000000300036d2d31')
})
test('a heartbeat v4 uses compact strings, a null instance id and an empty tag section', () => {
  expect(encode(HeartbeatRequest, heartbeat, 4).toString('hex')).toBe('0267' + '00000003' + '046d2d31' + '00' + '00')
})
test('a truncated message names the field', () => {
  const whole = encode(HeartbeatRequest, heartbeat, 0)
  expect(() => decode(HeartbeatRequest, whole.subarray(0, 5), 0)).toThrow(
    new MalformedMessageError('HeartbeatRequest', 0, 'generationId', '4 bytes needed, 2 left'),
  )
})

const Sample = message({
  name: 'Sample',
  versions: '0-2',
  flexible: '2+',
  fields: {
    offset: { type: int64, versions: '0+' },
    note: { type: string, versions: '1+', default: '' },
    rows: {
      type: nullable(
        array(struct({ id: { type: int32, versions: '0+' }, data: { type: bytes, versions: '0+' } })),
        '1+',
      ),
      versions: '0+',
    },
    extra: {
      type: struct({ level: { type: int8, versions: '2+', default: -1 } }),
      versions: '2+',
      tag: 3,
      default: { level: -1 },
    },
    maybe: {
      type: nullable(struct({ n: { type: int32, versions: '2+' } }), '2+'),
      versions: '2+',
      default: null,
      ignorable: true,
    },
  },
})
const sample = {
  offset: 5,
  note: 'hi',
  rows: [{ id: 1, data: Buffer.from('x') }],
  extra: { level: 4 },
  maybe: { n: 9 },
}

test('tagged fields, nullable structs and nested arrays survive a round trip', () => {
  expect(decode(Sample, encode(Sample, sample, 2), 2)).toEqual(sample)
  expect(decode(Sample, encode(Sample, { offset: 5, rows: null }, 2), 2)).toEqual({
    offset: 5,
    note: '',
    rows: null,
    extra: { level: -1 },
    maybe: null,
  })
})
test('Long.MAX and Long.MIN survive a round trip', () => {
  for (const offset of [2 ** 63, -(2 ** 63), -1, 0, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER])
    expect(decode(Sample, encode(Sample, { offset, rows: [] }, 1), 1).offset).toBe(offset)
})
test('a value that the version cannot carry is refused', () => {
  expect(() => encode(Sample, { offset: 1, note: 'lost', rows: [] }, 0)).toThrow(UnencodableValueError)
  expect(() => encode(Sample, { offset: 1, rows: null }, 0)).toThrow('null is not allowed')
})
test('an array count above the bytes left allocates nothing', () => {
  const whole = encode(Sample, { offset: 5, rows: [] }, 0)
  whole.writeInt32BE(0x7fffffff, 8)
  expect(() => decode(Sample, whole, 0)).toThrow('length 2147483647, 0 bytes left')
})

test('a number that its type cannot hold is refused, never rounded', () => {
  const numbers = message({
    name: 'Numbers',
    versions: '0',
    flexible: '0',
    fields: {
      small: { type: int8, versions: '0', default: 0 },
      medium: { type: int32, versions: '0', default: 0 },
      large: { type: int64, versions: '0', default: 0 },
      length: { type: uvarint, versions: '0', default: 0 },
    },
  })
  const refused = [{ small: 128 }, { small: 0.5 }, { medium: 2 ** 31 }, { medium: Number.NaN }, { large: 1.5 }]
  for (const value of [...refused, { length: -1 }, { length: 2 ** 32 }])
    expect(() => encode(numbers, value, 0)).toThrow(UnencodableValueError)
  const extremes = { small: -128, medium: -(2 ** 31), large: -(2 ** 63), length: 2 ** 32 - 1 }
  expect(decode(numbers, encode(numbers, extremes, 0), 0)).toEqual(extremes)
})
test('a version that the message does not have is malformed when read and unencodable when written', () => {
  expect(() => decode(HeartbeatRequest, Buffer.alloc(20), 5)).toThrow(MalformedMessageError)
  expect(() => encode(HeartbeatRequest, heartbeat, 5)).toThrow(UnencodableValueError)
})

const Tagged = message({
  name: 'Tagged',
  versions: '0',
  flexible: '0+',
  fields: {
    hash: { type: bigint64, versions: '0+', default: 0n, tag: 0 },
    member: { type: nullable(struct({ id: { type: int8, versions: '0+' } })), versions: '0+', default: null, tag: 1 },
    required: { type: nullable(struct({ id: { type: int8, versions: '0+' } })), versions: '0+', tag: 2 },
  },
})
test('tagged fields at their default do not travel', () => {
  expect(encode(Tagged, { required: { id: 0 } }, 0).toString('hex')).toBe('00')
  expect(decode(Tagged, Buffer.from([0]), 0)).toEqual({ hash: 0n, member: null, required: { id: 0 } })
})
test('null in a tagged struct is a zero byte', () => {
  expect(encode(Tagged, { required: null }, 0).toString('hex')).toBe('01' + '02' + '01' + '00')
  const value = { hash: -1n, member: { id: 3 }, required: null }
  expect(decode(Tagged, encode(Tagged, value, 0), 0)).toEqual(value)
})
test('a tagged field of a newer peer is skipped, a longer one is cut, one that ends too early is malformed', () => {
  const read = (hex: string) => decode(Tagged, Buffer.from(hex, 'hex'), 0)
  expect(read('01' + '09' + '02' + 'cafe').hash).toBe(0n)
  expect(read('01' + '00' + '0a' + '0000000000000007' + 'cafe').hash).toBe(7n)
  expect(() => read('01' + '00' + '04' + '0000000000000007')).toThrow('ends after its size')
  expect(() => read('01' + '00' + '09' + '0000000000000007')).toThrow(MalformedMessageError)
})
