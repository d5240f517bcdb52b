/**
 * BIGINT: 64 bits exactly, wrapping as Java's long. A value within ±(2^53−1) is a `number`, any other a `bigint`, so that
 * small values pay nothing; every function here takes and gives that normal form.
 */
export type BigInt64 = number | bigint

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER)
/** Products up to here are exact as doubles. */
const MAX_EXACT = Number.MAX_SAFE_INTEGER

/** Cuts to 64 bits and gives the normal form. */
export function normalise(value: bigint): BigInt64 {
  if (value <= MAX_SAFE && value >= -MAX_SAFE) return Number(value)
  const wrapped = BigInt.asIntN(64, value)
  return wrapped <= MAX_SAFE && wrapped >= -MAX_SAFE ? Number(wrapped) : wrapped
}

export function add(a: BigInt64, b: BigInt64): BigInt64 {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b
    if (sum <= MAX_EXACT && sum >= -MAX_EXACT) return sum
  }
  return normalise(BigInt(a) + BigInt(b))
}
export function subtract(a: BigInt64, b: BigInt64): BigInt64 {
  if (typeof a === 'number' && typeof b === 'number') {
    const difference = a - b
    if (difference <= MAX_EXACT && difference >= -MAX_EXACT) return difference
  }
  return normalise(BigInt(a) - BigInt(b))
}
export function multiply(a: BigInt64, b: BigInt64): BigInt64 {
  if (typeof a === 'number' && typeof b === 'number') {
    const product = a * b
    // Adding 0 turns −0 into 0.
    if (product <= MAX_EXACT && product >= -MAX_EXACT) return product + 0
  }
  return normalise(BigInt(a) * BigInt(b))
}
/** Truncates towards zero. The caller has refused a zero divisor. */
export function divide(a: BigInt64, b: BigInt64): BigInt64 {
  if (typeof a === 'number' && typeof b === 'number')
    return Math.trunc(a / b) + 0 === a / b ? a / b + 0 : exactQuotient(a, b)
  return normalise(BigInt(a) / BigInt(b))
}
/** `a / b` is rounded to the nearest double and may round up to the next integer. */
function exactQuotient(a: number, b: number): number {
  return (a - (a % b)) / b + 0
}
/** Has the sign of the dividend. The caller has refused a zero divisor. */
export function remainder(a: BigInt64, b: BigInt64): BigInt64 {
  if (typeof a === 'number' && typeof b === 'number') return (a % b) + 0
  return normalise(BigInt(a) % BigInt(b))
}
export function negate(a: BigInt64): BigInt64 {
  return typeof a === 'number' ? 0 - a : normalise(-a)
}
/** Negative, 0 or positive. JavaScript compares number with bigint by value. */
export function compare(a: BigInt64, b: BigInt64): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** As Java's cast `(long) d`: NaN is 0, out of range saturates. */
export function fromDouble(value: number): BigInt64 {
  if (Number.isNaN(value)) return 0
  if (value >= 2 ** 63) return 2n ** 63n - 1n
  if (value <= -(2 ** 63)) return -(2n ** 63n)
  const whole = Math.trunc(value) + 0
  return Number.isSafeInteger(whole) ? whole : BigInt(whole)
}
/** As Java's cast `(int) l`: the low 32 bits. */
export function toInt32(value: BigInt64): number {
  return typeof value === 'number' && value >= -(2 ** 31) && value < 2 ** 31
    ? value
    : Number(BigInt.asIntN(32, BigInt(value)))
}
/** As Java's cast `(int) d`: NaN is 0, out of range saturates. */
export function doubleToInt32(value: number): number {
  if (Number.isNaN(value)) return 0
  return Math.trunc(Math.min(Math.max(value, -(2 ** 31)), 2 ** 31 - 1)) + 0
}
