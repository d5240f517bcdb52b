import type { Decimal } from './decimal.ts'

/**
 * A value of SQL at run time. Its type is known from the plan; the value alone does not tell INTEGER from DOUBLE.
 *
 * | type | value |
 * | --- | --- |
 * | INTEGER, DOUBLE | number |
 * | BIGINT | number within ±(2^53−1), otherwise bigint, always in this normal form (`bigint.ts`) |
 * | DECIMAL | {@link Decimal} |
 * | TIME, DATE, TIMESTAMP | number: milliseconds of the day, days since the epoch, milliseconds since the epoch |
 * | BYTES | Buffer |
 * | ARRAY | array |
 * | STRUCT | array by field index |
 * | MAP | Map; keys are compared as values, which strings and numbers are |
 *
 * Null is a value of every type. Names from outside never become keys of objects.
 */
export type SqlValue = null | boolean | number | bigint | string | Buffer | Decimal | SqlArray | SqlMap
export type SqlArray = readonly SqlValue[]
export type SqlMap = ReadonlyMap<SqlValue, SqlValue>
/** By column index. */
export type Row = readonly SqlValue[]
