/** `+ - * / %`. Integers are Java's: they wrap, divide towards zero and refuse a zero divisor; doubles are IEEE. */
import type { Arithmetic } from '../ast/nodes.ts'
import * as bigint from '../types/bigint.ts'
import type { Decimal } from '../types/decimal.ts'
import { BIGINT, type DecimalType, DOUBLE, INTEGER, isNumeric, type SqlType, STRING } from '../types/sql-type.ts'
import type { SqlValue } from '../types/sql-value.ts'
import { asDecimalType, type Convert, implicitConversion } from './coercion.ts'
import { EvaluationError } from './compiled.ts'

type Operator = Arithmetic['operator']
type Binary = (left: SqlValue, right: SqlValue) => SqlValue

const DIVISION_BY_ZERO = '/ by zero'
/** Of a quotient of decimals, at least this many digits after the point. */
const MIN_QUOTIENT_SCALE = 6

function nonZero<T extends number | bigint>(divisor: T): T {
  if (divisor === 0) throw new EvaluationError(DIVISION_BY_ZERO)
  return divisor
}

const INTEGERS: Record<Operator, (a: number, b: number) => number> = {
  '+': (a, b) => (a + b) | 0,
  '-': (a, b) => (a - b) | 0,
  '*': Math.imul,
  '/': (a, b) => (a / nonZero(b)) | 0,
  '%': (a, b) => (a % nonZero(b)) | 0,
}
const BIGINTS: Record<Operator, (a: bigint.BigInt64, b: bigint.BigInt64) => bigint.BigInt64> = {
  '+': bigint.add,
  '-': bigint.subtract,
  '*': bigint.multiply,
  '/': (a, b) => bigint.divide(a, nonZero(b)),
  '%': (a, b) => bigint.remainder(a, nonZero(b)),
}
const DOUBLES: Record<Operator, (a: number, b: number) => number> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
}

function decimalResult(operator: Operator, a: DecimalType, b: DecimalType): DecimalType {
  const [precision, scale] = ((): [number, number] => {
    switch (operator) {
      case '+':
      case '-': {
        const digits = Math.max(a.scale, b.scale)
        return [Math.max(a.precision - a.scale, b.precision - b.scale) + digits + 1, digits]
      }
      case '*':
        return [a.precision + b.precision + 1, a.scale + b.scale]
      case '/': {
        const digits = Math.max(MIN_QUOTIENT_SCALE, a.scale + b.precision + 1)
        return [a.precision - a.scale + b.scale + digits, digits]
      }
      case '%': {
        const digits = Math.max(a.scale, b.scale)
        return [Math.min(a.precision - a.scale, b.precision - b.scale) + digits, digits]
      }
    }
  })()
  return { kind: 'DECIMAL', precision, scale }
}

function decimals(operator: Operator, result: DecimalType): Binary {
  const compute = ((): ((a: Decimal, b: Decimal) => Decimal) => {
    switch (operator) {
      case '+':
        return (a, b) => a.add(b)
      case '-':
        return (a, b) => a.subtract(b)
      case '*':
        return (a, b) => a.multiply(b)
      case '/':
        return (a, b) => a.divide(b, result.scale)
      case '%':
        return (a, b) => a.remainder(b)
    }
  })()
  return (a, b) => compute(a as Decimal, b as Decimal).fitExactly(result)
}

/** One for all, since NULLs are frequent and a stack says nothing. */
const NULL_OPERAND = new EvaluationError('an operand is NULL')

/** Null when the operator has no meaning for these types. A NULL operand fails the expression, as in ksqlDB. */
export function arithmetic(
  operator: Operator,
  left: SqlType,
  right: SqlType,
): { readonly type: SqlType; readonly apply: Binary } | null {
  if (operator === '+' && left.kind === 'STRING' && right.kind === 'STRING')
    return {
      type: STRING,
      apply: (a, b) => {
        if (a === null || b === null) throw NULL_OPERAND
        return (a as string) + (b as string)
      },
    }
  if (!isNumeric(left) || !isNumeric(right)) return null
  const { type, apply } = numericOperation(operator, left, right)
  const toLeft = implicitConversion(left, operand(type, left)) as Convert
  const toRight = implicitConversion(right, operand(type, right)) as Convert
  return {
    type,
    apply: (a, b) => {
      if (a === null || b === null) throw NULL_OPERAND
      return apply(toLeft(a), toRight(b))
    },
  }
}

/** What an operand of type `from` has to become first: decimals keep their own scale. */
function operand(result: SqlType, from: SqlType): SqlType {
  return result.kind === 'DECIMAL' ? (asDecimalType(from) as SqlType) : result
}

function numericOperation(operator: Operator, left: SqlType, right: SqlType): { type: SqlType; apply: Binary } {
  if (left.kind === 'DOUBLE' || right.kind === 'DOUBLE') return { type: DOUBLE, apply: DOUBLES[operator] as Binary }
  if (left.kind === 'DECIMAL' || right.kind === 'DECIMAL') {
    const type = decimalResult(operator, asDecimalType(left) as DecimalType, asDecimalType(right) as DecimalType)
    return { type, apply: decimals(operator, type) }
  }
  if (left.kind === 'INTEGER' && right.kind === 'INTEGER') return { type: INTEGER, apply: INTEGERS[operator] as Binary }
  return { type: BIGINT, apply: BIGINTS[operator] as Binary }
}

/** Unary minus; null for types without it. */
export function negation(type: SqlType): Convert | null {
  switch (type.kind) {
    case 'INTEGER':
      return value => (value === null ? null : (0 - (value as number)) | 0)
    case 'BIGINT':
      return value => (value === null ? null : bigint.negate(value as bigint.BigInt64))
    case 'DOUBLE':
      return value => (value === null ? null : -(value as number))
    case 'DECIMAL':
      return value => (value === null ? null : (value as Decimal).negate())
    default:
      return null
  }
}
