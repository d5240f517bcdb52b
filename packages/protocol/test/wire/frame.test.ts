import { expect, test } from 'vitest'
import { HeartbeatRequest } from '../../src/messages/12-heartbeat.ts'
import { decode, encode } from '../../src/wire/compile.ts'
import { MalformedMessageError, UnencodableValueError } from '../../src/wire/errors.ts'
import { encodeRequestFrame } from '../../src/wire/frame.ts'
import { array, bytes, int8, int32, int64, message, nullable, string, struct } from '../../src/wire/schema.ts'

const heartbeat = { groupId: 'g', generationId: 3, memberId: 'm-1', groupInstanceId: null }

test('a heartbeat v0 has the bytes Kafka writes', () => {
  expect(encode(HeartbeatRequest, heartbeat, 0).toString('hex')).toBe('0001670000000300036d2d31')
})
test('a heartbeat v4 uses compact strings, a null instance id and an empty tag section', () => {
  expect(encode(HeartbeatRequest, heartbeat, 4).toString('hex')).toBe('0267' + '00000003' + '046d2d31' + '00' + '00')
})
test('a frame starts with its size and keeps the client id in the old encoding', () => {
  const frame = Buffer.concat(encodeRequestFrame({ correlationId: 7, clientId: 'c' }, HeartbeatRequest, heartbeat, 4))
  expect(frame.readInt32BE(0)).toBe(frame.length - 4)
  expect(frame.toString('hex', 4, 16)).toBe('000c0004' + '00000007' + '000163' + '00')
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
