/**
 * DECIMAL: an unscaled integer and a scale, as java.math.BigDecimal. The scale is part of the value (`1.10` is not
 * `1.1`) and shows in every output. SQL never rounds silently: what does not come out even throws and becomes NULL.
 */
import { MillraceError } from '@millrace/protocol'
import type { DecimalType } from './sql-type.ts'

export class DecimalError extends MillraceError {
  readonly code = 'DECIMAL'
  constructor(message: string) {
    super(message)
  }
}

const TEN = 10n
const POWERS: bigint[] = [1n]
function powerOfTen(exponent: number): bigint {
  for (let next = POWERS.length; next <= exponent; next++) POWERS.push(POWERS[next - 1]! * TEN)
  return POWERS[exponent]!
}
/** Exponents beyond this are no number a statement or a record means; they would only cost memory. */
const MAX_EXPONENT = 10_000

export class Decimal {
  constructor(
    readonly unscaled: bigint,
    /** Digits after the point; negative for `1E3`. */
    readonly scale: number,
  ) {}

  /** BigDecimal's text form: `[-+]digits[.digits][E[-+]digits]`. Throws DecimalError for anything else. */
  static parse(text: string): Decimal {
    const match = /^([-+]?)(\d*)(?:\.(\d*))?(?:[eE]([-+]?\d+))?$/.exec(text)
    const digits = match === null ? '' : (match[2] ?? '') + (match[3] ?? '')
    if (match === null || digits === '') throw new DecimalError(`not a number: ${text.slice(0, 64)}`)
    const exponent = Number(match[4] ?? 0)
    if (Math.abs(exponent) > MAX_EXPONENT) throw new DecimalError(`exponent out of range: ${text.slice(0, 64)}`)
    const unscaled = BigInt(digits)
    return new Decimal(match[1] === '-' ? -unscaled : unscaled, (match[3] ?? '').length - exponent)
  }
  static fromInteger(value: number | bigint): Decimal {
    return new Decimal(BigInt(value), 0)
  }

  /** Digits of the unscaled value, at least 1. */
  get precision(): number {
    const digits = (this.unscaled < 0n ? -this.unscaled : this.unscaled).toString()
    return digits.length
  }

  /** Exact change of scale; throws DecimalError when digits would be lost. */
  withScale(scale: number): Decimal {
    if (scale === this.scale) return this
    if (scale > this.scale) return new Decimal(this.unscaled * powerOfTen(scale - this.scale), scale)
    const divisor = powerOfTen(this.scale - scale)
    if (this.unscaled % divisor !== 0n) throw new DecimalError('rounding necessary')
    return new Decimal(this.unscaled / divisor, scale)
  }
  /** Rounds half away from zero. */
  rounded(scale: number): Decimal {
    if (scale >= this.scale) return this.withScale(scale)
    const divisor = powerOfTen(this.scale - scale)
    const quotient = this.unscaled / divisor
    const rest = this.unscaled % divisor
    const twice = (rest < 0n ? -rest : rest) * 2n
    return new Decimal(twice >= divisor ? quotient + (this.unscaled < 0n ? -1n : 1n) : quotient, scale)
  }
  /** Rounds towards zero (`down`), −∞ (`floor`) or +∞ (`ceiling`). */
  truncated(scale: number, mode: 'down' | 'floor' | 'ceiling' = 'down'): Decimal {
    if (scale >= this.scale) return this.withScale(scale)
    const divisor = powerOfTen(this.scale - scale)
    const quotient = this.unscaled / divisor
    const rest = this.unscaled % divisor
    if (mode === 'floor' && rest < 0n) return new Decimal(quotient - 1n, scale)
    if (mode === 'ceiling' && rest > 0n) return new Decimal(quotient + 1n, scale)
    return new Decimal(quotient, scale)
  }

  /** Into a column's type: rounds half up to its scale, throws DecimalError when there are too many digits. */
  fit(type: DecimalType): Decimal {
    return this.rounded(type.scale).checkPrecision(type)
  }
  /** Into a column's type without rounding; throws DecimalError when it does not fit. */
  fitExactly(type: DecimalType): Decimal {
    return this.withScale(type.scale).checkPrecision(type)
  }
  private checkPrecision(type: DecimalType): Decimal {
    if (this.precision - this.scale > type.precision - type.scale)
      throw new DecimalError(
        `Numeric field overflow: A field with precision ${type.precision} and scale ${type.scale} must round to an absolute value less than 10^${type.precision - type.scale}. Got ${this.toPlainString()}`,
      )
    return this
  }

  add(other: Decimal): Decimal {
    const scale = Math.max(this.scale, other.scale)
    return new Decimal(this.withScale(scale).unscaled + other.withScale(scale).unscaled, scale)
  }
  subtract(other: Decimal): Decimal {
    return this.add(other.negate())
  }
  multiply(other: Decimal): Decimal {
    return new Decimal(this.unscaled * other.unscaled, this.scale + other.scale)
  }
  /** The quotient with exactly `scale` digits; throws DecimalError when it does not come out even or `other` is 0. */
  divide(other: Decimal, scale: number): Decimal {
    if (other.unscaled === 0n) throw new DecimalError('division by zero')
    const shift = scale - this.scale + other.scale
    const dividend = shift >= 0 ? this.unscaled * powerOfTen(shift) : this.unscaled
    const divisor = shift >= 0 ? other.unscaled : other.unscaled * powerOfTen(-shift)
    if (dividend % divisor !== 0n) throw new DecimalError('rounding necessary')
    return new Decimal(dividend / divisor, scale)
  }
  /** Has the sign of the dividend; throws DecimalError when `other` is 0. */
  remainder(other: Decimal): Decimal {
    if (other.unscaled === 0n) throw new DecimalError('division by zero')
    const scale = Math.max(this.scale, other.scale)
    return new Decimal(this.withScale(scale).unscaled % other.withScale(scale).unscaled, scale)
  }
  negate(): Decimal {
    return new Decimal(-this.unscaled, this.scale)
  }
  abs(): Decimal {
    return this.unscaled < 0n ? this.negate() : this
  }

  /** By value: `1.10` and `1.1` compare as 0. Negative, 0 or positive. */
  compare(other: Decimal): number {
    const scale = Math.max(this.scale, other.scale)
    const difference = this.withScale(scale).unscaled - other.withScale(scale).unscaled
    return difference < 0n ? -1 : difference > 0n ? 1 : 0
  }
  /** By value and scale. */
  equals(other: Decimal): boolean {
    return this.unscaled === other.unscaled && this.scale === other.scale
  }

  toNumber(): number {
    return Number(`${this.unscaled}e${-this.scale}`)
  }
  /** Cuts the fraction off. */
  toBigInt(): bigint {
    return this.truncated(0).unscaled
  }
  /** Without an exponent. */
  toPlainString(): string {
    if (this.scale <= 0) return (this.unscaled * powerOfTen(-this.scale)).toString()
    const negative = this.unscaled < 0n
    const digits = (negative ? -this.unscaled : this.unscaled).toString().padStart(this.scale + 1, '0')
    return `${negative ? '-' : ''}${digits.slice(0, -this.scale)}.${digits.slice(-this.scale)}`
  }
  toString(): string {
    return this.toPlainString()
  }
}
