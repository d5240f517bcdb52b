import type { SqlType } from '../types/sql-type.ts'
import type { SqlValue } from '../types/sql-value.ts'
import type { Parameter } from './signature.ts'

/** One row in, any number of rows out: `EXPLODE(array)`. */
export interface TableFunctionOverload {
  readonly parameters: readonly Parameter[]
  readonly returns: (args: readonly (SqlType | null)[]) => SqlType
  readonly implement: (args: readonly (SqlType | null)[]) => (...args: SqlValue[]) => readonly SqlValue[]
}
export interface TableFunction {
  readonly name: string
  readonly description: string
  readonly overloads: readonly TableFunctionOverload[]
}
