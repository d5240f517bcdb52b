/** The order of values that MIN, GREATEST, ARRAY_SORT and TOPK share: Java's compareTo of the type. */
import type { Decimal } from '../types/decimal.ts'
import type { SqlType } from '../types/sql-type.ts'
import type { SqlValue } from '../types/sql-value.ts'

/** Negative, 0 or positive. Neither value is null. */
export type NaturalOrder = (a: SqlValue, b: SqlValue) => number

/** Null for types without an order: ARRAY, MAP and STRUCT. */
export function naturalOrder(type: SqlType): NaturalOrder | null {
  switch (type.kind) {
    case 'DOUBLE':
      return (a, b) => compareDoubles(a as number, b as number)
    case 'DECIMAL':
      return (a, b) => (a as Decimal).compare(b as Decimal)
    case 'BYTES':
      return (a, b) => compareSignedBytes(a as Buffer, b as Buffer)
    case 'ARRAY':
    case 'MAP':
    case 'STRUCT':
      return null
    default:
      // Texts by UTF-16 code unit, false before true, number against bigint by value.
      return (a, b) => ((a as number) < (b as number) ? -1 : (a as number) > (b as number) ? 1 : 0)
  }
}

/** NaN is greater than everything and equal to itself; −0 is less than 0. */
function compareDoubles(a: number, b: number): number {
  if (a < b) return -1
  if (a > b) return 1
  if (Object.is(a, b)) return 0
  if (Number.isNaN(a)) return 1
  return Number.isNaN(b) || Object.is(a, -0) ? -1 : 1
}

/** java.nio.ByteBuffer compares bytes as signed: 0x80 comes before 0x7f. */
function compareSignedBytes(a: Buffer, b: Buffer): number {
  const shared = Math.min(a.length, b.length)
  for (let index = 0; index < shared; index++) if (a[index] !== b[index]) return a.readInt8(index) - b.readInt8(index)
  return a.length - b.length
}
