import type { Random } from '@millrace/platform'
import { asDecimalType, widestDecimal } from '../expressions/coercion.ts'
import { EvaluationError } from '../expressions/compiled.ts'
import { type BigInt64, compare, fromDouble, negate } from '../types/bigint.ts'
import { Decimal } from '../types/decimal.ts'
import { BIGINT, type DecimalType, type SqlType } from '../types/sql-type.ts'
import type { SqlValue } from '../types/sql-value.ts'
import { naturalLogarithm } from './natural-logarithm.ts'
import { type NaturalOrder, naturalOrder } from './natural-order.ts'
import { type Implementation, overload, type ScalarFunction, scalar, typedOverload } from './scalar-function.ts'

type DecimalSource = readonly (SqlType | null)[]
const sameDecimal = ([type]: DecimalSource): SqlType => type as SqlType
/** Without its fraction. */
const wholeDecimal = ([type]: DecimalSource): SqlType => {
  const { precision, scale } = asDecimalType(type as SqlType) as DecimalType
  return { kind: 'DECIMAL', precision: Math.max(precision - scale, 1), scale: 0 }
}

/** A function of real numbers, for all numeric types by way of DOUBLE. */
function real(
  name: string,
  description: string,
  parameter: string,
  compute: (value: number) => number,
): ScalarFunction {
  const apply = (value: BigInt64) => compute(Number(value))
  return scalar(
    name,
    'MATHEMATICAL',
    description,
    ['INT', 'BIGINT', 'DOUBLE'].map(type => overload(`(${type} ${parameter}): DOUBLE`, apply)),
  )
}
function realOfTwo(
  name: string,
  description: string,
  parameters: readonly [string, string],
  compute: (first: number, second: number) => number,
): ScalarFunction {
  return scalar(name, 'MATHEMATICAL', description, pairs(parameters, compute))
}
function pairs([first, second]: readonly [string, string], compute: (first: number, second: number) => number) {
  const apply = (a: BigInt64, b: BigInt64) => compute(Number(a), Number(b))
  return ['INT', 'BIGINT', 'DOUBLE'].map(type => overload(`(${type} ${first}, ${type} ${second}): DOUBLE`, apply))
}

/** A function that has nothing to do for whole numbers. */
function toInteger(
  name: string,
  description: string,
  ofDouble: (value: number) => number,
  mode: 'floor' | 'ceiling',
): ScalarFunction {
  return scalar(name, 'MATHEMATICAL', description, [
    overload('(INT val): INT', value => value),
    overload('(BIGINT val): BIGINT', value => value),
    overload('(DOUBLE val): DOUBLE', ofDouble),
    overload('(DECIMAL val)', (value: Decimal) => value.truncated(0, mode).withScale(value.scale), {
      returns: sameDecimal,
    }),
  ])
}

const ORDERED = ['INT', 'BIGINT', 'DOUBLE', 'VARCHAR', 'BYTES', 'DATE', 'TIME', 'TIMESTAMP']
/** NULLs are left out. */
function extreme(name: string, description: string, sign: 1 | -1): ScalarFunction {
  const pick =
    (order: NaturalOrder): Implementation =>
    (...values: SqlValue[]) =>
      values.reduce((best, value) => {
        if (best === null || value === null) return best ?? value
        return sign * order(value, best) > 0 ? value : best
      }, null)
  const widest = (args: DecimalSource): DecimalType =>
    args.flatMap(type => (type === null ? [] : [asDecimalType(type) as DecimalType])).reduce(widestDecimal)
  return scalar(name, 'MATHEMATICAL', description, [
    ...ORDERED.map(type =>
      typedOverload(
        `(${type} val, ${type}... vals): ${type}`,
        args => pick(naturalOrder(args.find(arg => arg !== null) ?? BIGINT) as NaturalOrder),
        { takesNulls: true },
      ),
    ),
    // The value keeps the scale that it came with.
    overload(
      '(DECIMAL val, DECIMAL... vals)',
      pick((a, b) => (a as Decimal).compare(b as Decimal)),
      {
        takesNulls: true,
        returns: widest,
      },
    ),
  ])
}

/** Beyond this many places before the point nothing is left of a number, beyond it after the point all of it. */
const MAX_PLACES = 400

/** Ties go towards +∞, as in java.lang.Math.round. */
function rounded(value: Decimal, places: number): Decimal {
  return value.add(new Decimal(5n, places + 1)).truncated(places, 'floor')
}
const truncated = (value: Decimal, places: number): Decimal => value.truncated(places)

type Shorten = (value: Decimal, places: number) => Decimal
function shortening(
  name: string,
  description: string,
  shorten: Shorten,
  ofDouble: (value: number) => SqlValue,
): ScalarFunction {
  const doubleTo = (value: number, places: number): number => {
    if (!Number.isFinite(value)) throw new EvaluationError(`${name}: ${value} has no digits`)
    if (places >= MAX_PLACES) return value
    return shorten(Decimal.parse(String(value)), Math.max(places, -MAX_PLACES)).toNumber()
  }
  const decimalTo = (value: Decimal, places: number): Decimal =>
    places >= value.scale ? value : shorten(value, Math.max(places, -MAX_PLACES)).withScale(value.scale)
  return scalar(name, 'MATHEMATICAL', description, [
    overload('(BIGINT val): BIGINT', value => value),
    overload('(INT val): BIGINT', value => value),
    overload('(DOUBLE val): BIGINT', ofDouble),
    overload('(DOUBLE val, INT decimalPlaces): DOUBLE', doubleTo),
    overload('(DECIMAL val)', (value: Decimal) => shorten(value, 0), { returns: wholeDecimal }),
    overload('(DECIMAL val, INT decimalPlaces)', decimalTo, { returns: sameDecimal }),
  ])
}

function logarithm(base: number, value: number): number {
  return base <= 0 || base === 1 ? Number.NaN : naturalLogarithm(value) / naturalLogarithm(base)
}

const DEGREES_PER_RADIAN = 180 / Math.PI
const RADIANS_PER_DEGREE = Math.PI / 180

export function mathFunctions(random: Random): ScalarFunction[] {
  return [
    scalar('Abs', 'MATHEMATICAL', 'The magnitude of a number.', [
      overload('(INT val): INT', (value: number) => Math.abs(value) | 0),
      overload('(BIGINT val): BIGINT', (value: BigInt64) => (compare(value, 0) < 0 ? negate(value) : value)),
      overload('(DOUBLE val): DOUBLE', Math.abs),
      overload('(DECIMAL val)', (value: Decimal) => value.abs(), { returns: sameDecimal }),
    ]),
    real('acos', 'The inverse cosine, in radians.', 'value', Math.acos),
    real('asin', 'The inverse sine, in radians.', 'value', Math.asin),
    real('atan', 'The inverse tangent, in radians.', 'value', Math.atan),
    realOfTwo('atan2', 'The angle of the point (x, y), in radians.', ['y', 'x'], Math.atan2),
    real('cbrt', 'The cube root.', 'value', Math.cbrt),
    toInteger('Ceil', 'The next whole number upwards.', Math.ceil, 'ceiling'),
    real('cos', 'The cosine of an angle in radians.', 'value', Math.cos),
    real('cosh', 'The hyperbolic cosine.', 'value', Math.cosh),
    real('cot', 'The cotangent of an angle in radians.', 'value', value => 1 / Math.tan(value)),
    real('degrees', 'Radians as degrees.', 'value', value => value * DEGREES_PER_RADIAN),
    real('exp', 'e to the power of a number.', 'exponent', Math.exp),
    toInteger('Floor', 'The next whole number downwards.', Math.floor, 'floor'),
    extreme('greatest', 'The greatest of the values that are not NULL.', 1),
    extreme('least', 'The least of the values that are not NULL.', -1),
    real('ln', 'The natural logarithm.', 'value', naturalLogarithm),
    scalar('log', 'MATHEMATICAL', 'The natural logarithm, or the one to a base.', [
      ...real('log', '', 'value', naturalLogarithm).overloads,
      ...pairs(['base', 'value'], logarithm),
    ]),
    scalar('pi', 'MATHEMATICAL', 'The number π.', [overload('(): DOUBLE', () => Math.PI)]),
    realOfTwo('power', 'A base to the power of an exponent.', ['base', 'exponent'], Math.pow),
    real('radians', 'Degrees as radians.', 'value', value => value * RADIANS_PER_DEGREE),
    scalar('random', 'MATHEMATICAL', 'A random number from 0 up to 1.', [overload('(): DOUBLE', () => random.next())]),
    shortening('Round', 'Rounds to a number of decimal places, ties upwards.', rounded, value =>
      fromDouble(Math.round(value)),
    ),
    scalar('sign', 'MATHEMATICAL', '1, 0 or -1 as the number is positive, 0 or negative.', [
      ...['INT', 'BIGINT'].map(type => overload(`(${type} value): INT`, (value: BigInt64) => compare(value, 0))),
      overload('(DOUBLE value): INT', (value: number) => (value > 0 ? 1 : value < 0 ? -1 : 0)),
    ]),
    real('sin', 'The sine of an angle in radians.', 'value', Math.sin),
    real('sinh', 'The hyperbolic sine.', 'value', Math.sinh),
    real('sqrt', 'The square root.', 'value', Math.sqrt),
    real('tan', 'The tangent of an angle in radians.', 'value', Math.tan),
    real('tanh', 'The hyperbolic tangent.', 'value', Math.tanh),
    shortening('trunc', 'Cuts off after a number of decimal places.', truncated, fromDouble),
  ]
}
