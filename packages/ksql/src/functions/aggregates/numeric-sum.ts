/** Addition as SUM, AVG and SUM_LIST do it: INTEGER and BIGINT wrap, DECIMAL keeps its scale and overflows. */
import * as bigint from '../../types/bigint.ts'
import { Decimal } from '../../types/decimal.ts'
import type { DecimalType, SqlType } from '../../types/sql-type.ts'
import type { SqlValue } from '../../types/sql-value.ts'

export interface NumericSum {
  readonly zero: SqlValue
  /** Throws when a DECIMAL gets too large for its type. */
  add(a: SqlValue, b: SqlValue): SqlValue
  subtract(a: SqlValue, b: SqlValue): SqlValue
}

const integers: NumericSum = {
  zero: 0,
  add: (a, b) => ((a as number) + (b as number)) | 0,
  subtract: (a, b) => ((a as number) - (b as number)) | 0,
}
const bigints: NumericSum = {
  zero: 0,
  add: (a, b) => bigint.add(a as bigint.BigInt64, b as bigint.BigInt64),
  subtract: (a, b) => bigint.subtract(a as bigint.BigInt64, b as bigint.BigInt64),
}
const doubles: NumericSum = {
  zero: 0,
  add: (a, b) => (a as number) + (b as number),
  subtract: (a, b) => (a as number) - (b as number),
}
function decimals(type: DecimalType): NumericSum {
  return {
    zero: new Decimal(0n, type.scale),
    add: (a, b) => (a as Decimal).add(b as Decimal).fit(type),
    subtract: (a, b) => (a as Decimal).subtract(b as Decimal).fit(type),
  }
}

export function numericSum(type: SqlType): NumericSum {
  switch (type.kind) {
    case 'INTEGER':
      return integers
    case 'BIGINT':
      return bigints
    case 'DOUBLE':
      return doubles
    case 'DECIMAL':
      return decimals(type)
    default:
      throw new TypeError(`${type.kind} has no sum`)
  }
}
