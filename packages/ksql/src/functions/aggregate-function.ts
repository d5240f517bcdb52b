import type { SqlType } from '../types/sql-type.ts'
import type { SqlValue } from '../types/sql-value.ts'
import { type Parameter, parseParameters } from './signature.ts'

/**
 * One aggregation over rows. The intermediate value is a SQL value, because it is what the state store and its changelog
 * hold in the value format of the query. All functions are pure: they give a new intermediate and change none.
 */
export interface Aggregator {
  readonly intermediate: SqlType
  readonly result: SqlType
  initial(): SqlValue
  /** `args` are the values of the aggregated columns for one row. Throws to stop the query. */
  add(intermediate: SqlValue, args: readonly SqlValue[]): SqlValue
  /** Takes a row back; absent when the function cannot, which keeps it from tables. */
  undo?(intermediate: SqlValue, args: readonly SqlValue[]): SqlValue
  /** Of two sessions that turn out to be one. */
  merge(left: SqlValue, right: SqlValue): SqlValue
  finish(intermediate: SqlValue): SqlValue
}
export interface AggregateOverload {
  readonly parameters: readonly Parameter[]
  /** How many parameters at the end have to be literals. */
  readonly literals: number
  /** `args` are the types of the columns, `literals` the values given. */
  readonly create: (args: readonly SqlType[], literals: readonly SqlValue[]) => Aggregator
}
export interface AggregateFunction {
  /** Spelled as in ksqlDB's messages. */
  readonly name: string
  readonly description: string
  readonly overloads: readonly AggregateOverload[]
}

/** `signature` names the columns, then the `literals` literal parameters: `INT val, INT k`. */
export function aggregateOverload(
  signature: string,
  create: AggregateOverload['create'],
  literals = 0,
): AggregateOverload {
  return { parameters: parseParameters(signature), literals, create }
}
