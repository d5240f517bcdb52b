import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as bigint from '../../src/types/bigint.ts'
import { Decimal, DecimalError } from '../../src/types/decimal.ts'
import { javaDoubleText } from '../../src/types/java-double.ts'

const int64 = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt({ min: -100n, max: 100n }),
  fc.constantFrom(2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n, -(2n ** 53n), 2n ** 53n - 1n, 2n ** 31n),
)
const isNormal = (value: bigint.BigInt64) =>
  typeof value === 'number'
    ? Number.isSafeInteger(value) && !Object.is(value, -0)
    : !Number.isSafeInteger(Number(value))

describe('BIGINT is 64 bits exactly, in normal form', () => {
  const operations: [
    string,
    (a: bigint.BigInt64, b: bigint.BigInt64) => bigint.BigInt64,
    (a: bigint, b: bigint) => bigint,
  ][] = [
    ['add', bigint.add, (a, b) => a + b],
    ['subtract', bigint.subtract, (a, b) => a - b],
    ['multiply', bigint.multiply, (a, b) => a * b],
    ['divide', bigint.divide, (a, b) => a / b],
    ['remainder', bigint.remainder, (a, b) => a % b],
    ['negate', a => bigint.negate(a), a => -a],
  ]
  test.each(operations)('%s', (_, ours, exact) => {
    fc.assert(
      fc.property(int64, int64, (a, b) => {
        fc.pre(b !== 0n)
        const result = ours(bigint.normalise(a), bigint.normalise(b))
        expect(BigInt(result)).toBe(BigInt.asIntN(64, exact(a, b)))
        expect(isNormal(result)).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })
  test('casts are Java casts', () => {
    expect(bigint.fromDouble(Number.NaN)).toBe(0)
    expect(bigint.fromDouble(1e300)).toBe(2n ** 63n - 1n)
    expect(bigint.fromDouble(-0.9)).toBe(0)
    expect(bigint.toInt32(2 ** 31)).toBe(-(2 ** 31))
    expect(bigint.toInt32(2n ** 63n - 1n)).toBe(-1)
    expect(bigint.doubleToInt32(1e10)).toBe(2 ** 31 - 1)
  })
})

describe('DECIMAL', () => {
  const decimal = fc
    .tuple(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), fc.integer({ min: -3, max: 12 }))
    .map(([unscaled, scale]) => new Decimal(unscaled, scale))

  test('its text reads back with the same value, and the same scale if that is not negative', () => {
    fc.assert(
      fc.property(decimal, value => {
        const back = Decimal.parse(value.toPlainString())
        expect(back.compare(value)).toBe(0)
        expect(back.scale).toBe(Math.max(value.scale, 0))
      }),
    )
  })
  test('a quotient times the divisor is the dividend, or there is none', () => {
    fc.assert(
      fc.property(decimal, decimal, (a, b) => {
        try {
          expect(a.divide(b, 8).multiply(b).compare(a)).toBe(0)
        } catch (error) {
          expect(error).toBeInstanceOf(DecimalError)
        }
      }),
    )
  })
  test.each([
    ['1.005', 2, '1.01'],
    ['-1.005', 2, '-1.01'],
    ['0.4', 0, '0'],
    ['-0.5', 0, '-1'],
    ['7', 3, '7.000'],
  ])('%s rounded to %i digits is %s', (text, scale, expected) => {
    expect(Decimal.parse(text).rounded(scale).toString()).toBe(expected)
  })
  test('too many digits are refused', () => {
    const type = { kind: 'DECIMAL', precision: 4, scale: 2 } as const
    expect(Decimal.parse('99.994').fit(type).toString()).toBe('99.99')
    expect(() => Decimal.parse('99.995').fit(type)).toThrow('Numeric field overflow')
    expect(() => Decimal.parse('9.999').fitExactly(type)).toThrow(DecimalError)
    expect(() => Decimal.parse('1e99999999')).toThrow(DecimalError)
  })
})

test.each([
  [1, '1.0'],
  [-0, '-0.0'],
  [1e7, '1.0E7'],
  [9999999, '9999999.0'],
  [0.001, '0.001'],
  [0.0001, '1.0E-4'],
  [Number.MIN_VALUE, '4.9E-324'],
  [Number.MAX_VALUE, '1.7976931348623157E308'],
  [123456.789, '123456.789'],
  [Number.NEGATIVE_INFINITY, '-Infinity'],
])('the double %d prints as %s', (value, text) => {
  expect(javaDoubleText(value)).toBe(text)
})
