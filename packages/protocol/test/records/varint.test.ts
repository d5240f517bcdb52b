import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CorruptBatchError } from '../../src/records/corrupt-batch-error.ts'
import { sizeOfVarint, VarintReader, writeVarint } from '../../src/records/varint.ts'

function written(value: number): Buffer {
  const target = Buffer.alloc(16)
  return target.subarray(0, writeVarint(target, value, 0))
}

/** The same by the textbook: zigzag over 64 bits, then groups of 7. */
function zigzagVarint(value: number): string {
  let rest = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n))
  const bytes: number[] = []
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
  bytes.push(Number(rest))
  return Buffer.from(bytes).toString('hex')
}

const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
const nearPowerOfTwo = fc
  .tuple(fc.nat(52), fc.integer({ min: -2, max: 2 }), fc.constantFrom(1, -1))
  .map(([bits, by, sign]) => sign * (2 ** bits + by))
/** Adding 0 turns −0 into 0. */
const safeInteger = fc.oneof(fc.maxSafeInteger(), nearPowerOfTwo).map(value => value + 0)

describe('varints', () => {
  test('are the bytes of a 64-bit zigzag varint, as long as announced, and read back', () => {
    fc.assert(
      fc.property(safeInteger, value => {
        const bytes = written(value)
        expect(bytes.toString('hex')).toBe(zigzagVarint(value))
        expect(bytes.length).toBe(sizeOfVarint(value))
        const reader = new VarintReader(bytes, 0, bytes.length)
        expect(reader.varlong()).toBe(value)
        expect(reader.position).toBe(bytes.length)
      }),
      { numRuns: 2000 },
    )
  })
  test('of 32 bits are read as 32 bits', () => {
    fc.assert(
      fc.property(int32, value => {
        const bytes = written(value)
        expect(new VarintReader(bytes, 0, bytes.length).varint()).toBe(value)
      }),
      { numRuns: 1000 },
    )
  })
  test('at the ends of int64 are rounded to the nearest double', () => {
    const longMin = Buffer.from(`${'ff'.repeat(9)}01`, 'hex')
    const longMax = Buffer.from(`fe${'ff'.repeat(8)}01`, 'hex')
    expect(new VarintReader(longMin, 0, 10).varlong()).toBe(-(2 ** 63))
    expect(new VarintReader(longMax, 0, 10).varlong()).toBe(2 ** 63)
  })
  test.each([
    ['that ends early', '80', 1],
    ['of 6 bytes', '808080808001', 6],
    ['cut off by its record', '8001', 1],
  ])('a varint %s is refused', (_, hex, end) => {
    expect(() => new VarintReader(Buffer.from(hex, 'hex'), 0, end).varint()).toThrow(CorruptBatchError)
  })
  test('a varint of 11 bytes is refused', () => {
    expect(() => new VarintReader(Buffer.alloc(11, 0x80), 0, 11).varlong()).toThrow(CorruptBatchError)
  })
})
