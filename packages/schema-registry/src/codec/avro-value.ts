/**
 * Avro values in JavaScript.
 *
 * | Avro | JavaScript |
 * | --- | --- |
 * | null, boolean, string, enum | null, boolean, string, string |
 * | int, float, double | number |
 * | long | number within ±(2^53−1), otherwise bigint; both are written |
 * | bytes, fixed | Buffer, a copy; any Uint8Array is written |
 * | array | array |
 * | map | object without prototype, or Map |
 * | record | object without prototype, or array in the order of the fields |
 * | union | the value of the branch, or {@link AvroBranch} |
 * | decimal | {@link AvroDecimal} |
 * | date, timestamp-millis | Date |
 * | time-*, timestamp-micros, timestamp-nanos, local-timestamp-* | as their int or long |
 * | uuid | string, 8-4-4-4-12 |
 * | duration | {@link AvroDuration} |
 *
 * Names from a schema or a message are never properties of an object that inherits any: `__proto__` is a name like others.
 */
import { MillraceError } from '@millrace/protocol'

/** `unscaled` × 10^−`scale`. */
export class AvroDecimal {
  constructor(
    readonly unscaled: bigint,
    readonly scale: number,
  ) {}

  /** From plain decimal notation: `-12.50`. Throws {@link AvroValueError}. */
  static parse(text: string): AvroDecimal {
    const match = /^([+-]?)(\d+)(?:\.(\d+))?$/.exec(text)
    if (match === null) throw new AvroValueError(`${JSON.stringify(text)} is not a decimal`)
    const [, sign = '', whole = '', fraction = ''] = match
    const unscaled = BigInt(whole + fraction)
    return new AvroDecimal(sign === '-' ? -unscaled : unscaled, fraction.length)
  }

  toString(): string {
    const digits = String(this.unscaled < 0n ? -this.unscaled : this.unscaled).padStart(this.scale + 1, '0')
    const sign = this.unscaled < 0n ? '-' : ''
    if (this.scale === 0) return sign + digits
    return `${sign}${digits.slice(0, -this.scale)}.${digits.slice(-this.scale)}`
  }
}

/** Each from 0 to 2^32−1; none follows from another one. */
export interface AvroDuration {
  readonly months: number
  readonly days: number
  readonly milliseconds: number
}

/** A value that says which branch of a union it is of: the type's word, or the full name of a named type. */
export class AvroBranch {
  constructor(
    readonly name: string,
    readonly value: unknown,
  ) {}
}

/** A value that does not fit its schema, or bytes that are none. */
export class AvroValueError extends MillraceError {
  readonly code = 'INVALID_AVRO_VALUE'
  constructor(
    readonly reason: string,
    /** Where in the value: `lines[3].sku`; empty for the value itself. */
    readonly path = '',
  ) {
    super(path === '' ? reason : `${path}: ${reason}`)
  }

  /** The same error seen from a value around this one. */
  inside(step: string): AvroValueError {
    const separator = this.path === '' || this.path.startsWith('[') ? '' : '.'
    return new AvroValueError(this.reason, `${step}${separator}${this.path}`)
  }
}

/** How values look. The defaults are for people; `raw` options are for code that has types of its own. */
export interface AvroValueForm {
  /** `array`: by the index of the field. */
  readonly records: 'object' | 'array'
  readonly maps: 'object' | 'map'
  /** `branch`: an {@link AvroBranch} where a union has more than one branch besides null. */
  readonly unions: 'value' | 'branch'
  /** Without them a decimal is its Buffer, a date its number of days, and so on. */
  readonly logicalTypes: boolean
}

export const DEFAULT_VALUE_FORM: AvroValueForm = {
  records: 'object',
  maps: 'object',
  unions: 'value',
  logicalTypes: true,
}
