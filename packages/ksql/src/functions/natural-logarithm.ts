/**
 * LN and LOG to the last digit. Outputs are compared as text, and Math.log of V8 is one unit in the last place off for
 * some numbers (3 is one), where Java's is not. So the series of the area tangent is summed in 128 bits.
 */
const FRACTION_BITS = 128n
const ONE = 1n << FRACTION_BITS
const LN_2 = 2n * areaTangent(ONE / 3n)
const MANTISSA_BITS = 52
const EXPONENT_BIAS = 1023
/** Smaller numbers have fewer than 53 bits. */
const SMALLEST_NORMAL = 2 ** -1022

/** NaN for negative numbers, −∞ for 0. */
export function naturalLogarithm(value: number): number {
  if (Number.isNaN(value) || value < 0) return Number.NaN
  if (value === 0) return Number.NEGATIVE_INFINITY
  if (value === Number.POSITIVE_INFINITY || value === 1) return value === 1 ? 0 : value
  const { mantissa, exponent } = parts(value)
  // mantissa = (1 + t) / (1 − t), so that its logarithm is 2 artanh t.
  const t = ((mantissa - ONE) << FRACTION_BITS) / (mantissa + ONE)
  const logarithm = 2n * areaTangent(t) + BigInt(exponent) * LN_2
  return Number(logarithm) * 2 ** -Number(FRACTION_BITS)
}

/** value = mantissa · 2^exponent with the mantissa in [3/4, 3/2), a fixed-point number. */
function parts(value: number): { readonly mantissa: bigint; readonly exponent: number } {
  if (value < SMALLEST_NORMAL) {
    const scaled = parts(value * 2 ** MANTISSA_BITS)
    return { mantissa: scaled.mantissa, exponent: scaled.exponent - MANTISSA_BITS }
  }
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  const bits = view.getBigUint64(0)
  const exponent = Number(bits >> BigInt(MANTISSA_BITS)) - EXPONENT_BIAS
  const fraction = BigInt.asUintN(MANTISSA_BITS, bits) | (1n << BigInt(MANTISSA_BITS))
  const mantissa = fraction << (FRACTION_BITS - BigInt(MANTISSA_BITS))
  return 2n * mantissa >= 3n * ONE ? { mantissa: mantissa >> 1n, exponent: exponent + 1 } : { mantissa, exponent }
}

/** t + t³/3 + t⁵/5 + … for |t| ≤ 1/3. */
function areaTangent(t: bigint): bigint {
  const square = (t * t) >> FRACTION_BITS
  let [sum, power] = [0n, t]
  for (let divisor = 1n; power !== 0n && power !== -1n; divisor += 2n) {
    sum += power / divisor
    power = (power * square) >> FRACTION_BITS
  }
  return sum
}
