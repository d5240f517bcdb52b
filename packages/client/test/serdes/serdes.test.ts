import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Serde } from '../../src/serdes/serde.ts'
import { Serdes } from '../../src/serdes/serdes.ts'
import type { StandardSchema } from '../../src/serdes/standard-schema.ts'

/** Bytes as Kafka's own serializers write them. */
const LAYOUTS: readonly [name: string, serde: Serde<never>, value: unknown, hex: string][] = [
  ['string', Serdes.string(), 'aé', '61c3a9'],
  ['string', Serdes.string(), '', ''],
  ['int16', Serdes.int16(), -2, 'fffe'],
  ['int32', Serdes.int32(), 1, '00000001'],
  ['int32', Serdes.int32(), -1, 'ffffffff'],
  ['int64', Serdes.int64(), 1, '0000000000000001'],
  ['int64', Serdes.int64(), -1, 'ffffffffffffffff'],
  ['int64', Serdes.int64(), Number.MAX_SAFE_INTEGER, '001fffffffffffff'],
  ['bigint64', Serdes.bigint64(), -(2n ** 63n), '8000000000000000'],
  ['float32', Serdes.float32(), 1.5, '3fc00000'],
  ['float64', Serdes.float64(), -2, 'c000000000000000'],
  ['boolean', Serdes.boolean(), true, '01'],
  ['boolean', Serdes.boolean(), false, '00'],
  [
    'uuid',
    Serdes.uuid(),
    '0b0b5bd0-0d0e-4bd0-8f4a-111111111111',
    Buffer.from('0b0b5bd0-0d0e-4bd0-8f4a-111111111111').toString('hex'),
  ],
  ['json', Serdes.json(), { a: [1, null] }, Buffer.from('{"a":[1,null]}').toString('hex')],
  ['bytes', Serdes.bytes(), Buffer.from([0, 255]), '00ff'],
] as readonly [string, Serde<never>, unknown, string][]

test.each(LAYOUTS)('%s', (_, serde, value, hex) => {
  const bytes = serde.serialize('t', value as never)
  expect(Buffer.from(bytes!).toString('hex')).toBe(hex)
  expect(serde.deserialize('t', Buffer.from(hex, 'hex'))).toEqual(value)
})

const REFUSED: readonly [name: string, act: () => unknown, reason: string][] = [
  ['int32 of 2^31', () => Serdes.int32().serialize('t', 2 ** 31), 'is not a 32-bit integer'],
  ['int32 of 1.5', () => Serdes.int32().serialize('t', 1.5), 'is not a 32-bit integer'],
  ['int64 of 2^53', () => Serdes.int64().serialize('t', 2 ** 53), 'is not a safe integer'],
  [
    'int64 of Long.MAX',
    () => Serdes.int64().deserialize('t', Buffer.from('7fffffffffffffff', 'hex')),
    'use Serdes.bigint64()',
  ],
  ['int64 of 4 bytes', () => Serdes.int64().deserialize('t', Buffer.alloc(4)), 'takes 8 bytes, 4 are there'],
  ['boolean of 2 bytes', () => Serdes.boolean().deserialize('t', Buffer.alloc(2)), 'takes 1 bytes, 2 are there'],
  ['bigint of 2^63', () => Serdes.bigint64().serialize('t', 2n ** 63n), 'is not a 64-bit integer'],
  ['uuid', () => Serdes.uuid().serialize('t', 'x'), 'is not a uuid'],
  ['json of undefined', () => Serdes.json<undefined>().serialize('t', undefined), 'has no JSON form'],
  ['json of garbage', () => Serdes.json().deserialize('t', Buffer.from('{')), 'not the expected JSON'],
]
test.each(REFUSED)('%s is refused', (_, act, reason) => {
  expect(act).toThrow(
    expect.objectContaining({ code: 'SERIALIZATION_FAILED', message: expect.stringContaining(reason) }),
  )
})
test('json may be checked', () => {
  const serde = Serdes.json(parsed => {
    if (typeof parsed !== 'number') throw new Error('not a number')
    return parsed
  })
  expect(serde.deserialize('t', Buffer.from('5'))).toBe(5)
  expect(() => serde.deserialize('t', Buffer.from('"5"'))).toThrow('topic t: not the expected JSON: not a number')
})
describe('a round trip changes nothing', () => {
  test('numbers', () => {
    fc.assert(
      fc.property(
        fc.maxSafeInteger(),
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        fc.double(),
        (int, big, float) => {
          expect(Serdes.int64().deserialize('t', Serdes.int64().serialize('t', int) as Buffer)).toBe(int)
          expect(Serdes.bigint64().deserialize('t', Serdes.bigint64().serialize('t', big) as Buffer)).toBe(big)
          expect(Serdes.float64().deserialize('t', Serdes.float64().serialize('t', float) as Buffer)).toBe(float)
        },
      ),
    )
  })
})

/** A schema by hand: `{ amount: number }`, read as a number. */
const AMOUNT: StandardSchema<{ amount: number }> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value: unknown) => {
      const { amount } = (value ?? {}) as { amount?: unknown }
      if (typeof amount === 'number') return { value: { amount } }
      return {
        issues: [
          { message: 'not a number', path: ['amount'] },
          { message: 'and odd', path: [{ key: 'a' }, 0] },
        ],
      }
    },
  },
}

test('a Standard Schema says what is read, and nothing else is written', () => {
  const serde = Serdes.json(AMOUNT)
  expect(serde.deserialize('t', Buffer.from('{"amount":1,"more":2}'))).toEqual({ amount: 1 })
  expect(String(serde.serialize('t', { amount: 2 }))).toBe('{"amount":2}')
  const refusal = 'topic t: not the expected JSON: amount: not a number; a.0: and odd'
  expect(() => serde.deserialize('t', Buffer.from('{"amount":"1"}'))).toThrow(refusal)
  expect(() => serde.serialize('t', { amount: Number.NaN })).toThrow(refusal)
})
test('a Standard Schema may be a function, and must not be asynchronous', () => {
  const callable = Object.assign(() => 'not the check', AMOUNT)
  expect(Serdes.json(callable).deserialize('t', Buffer.from('{"amount":1}'))).toEqual({ amount: 1 })
  const later: StandardSchema<number> = {
    '~standard': { ...AMOUNT['~standard'], validate: async () => ({ value: 1 }) },
  }
  expect(() => Serdes.json(later).deserialize('t', Buffer.from('1'))).toThrow(
    'the test schema validates asynchronously',
  )
})
