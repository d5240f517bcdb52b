import type { TimeUnit } from '../ast/nodes.ts'
import type { SqlType } from '../types/sql-type.ts'
import type { SqlValue } from '../types/sql-value.ts'
import { type Parameter, type ParameterType, parseParameters, parseParameterType } from './signature.ts'

/** A lambda as a function's implementation calls it. */
export type LambdaValue = (...args: SqlValue[]) => SqlValue
export type Argument = SqlValue | LambdaValue | TimeUnit
/** Throws to give NULL and an entry in the processing log. */
// biome-ignore lint/suspicious/noExplicitAny: the signature beside it says what arrives; a table of functions cannot.
export type Implementation = (...args: any[]) => SqlValue

export interface Overload {
  readonly parameters: readonly Parameter[]
  /** Decided from the argument types where the signature alone does not say. */
  readonly returns: ParameterType | ((args: readonly (SqlType | null)[]) => SqlType)
  /** Made once per call site, so that an implementation may look at the argument types and keep state. */
  readonly implement: (args: readonly (SqlType | null)[]) => Implementation
  /** False: any NULL argument makes the result NULL without a call. */
  readonly takesNulls: boolean
}
/** As DESCRIBE FUNCTION and SHOW FUNCTIONS name the groups. */
export type FunctionCategory =
  | 'ARRAY'
  | 'CONDITIONAL'
  | 'CONVERSIONS'
  | 'DATE / TIME'
  | 'JSON'
  | 'LAMBDA'
  | 'MAP'
  | 'MATHEMATICAL'
  | 'OTHER'
  | 'REGULAR EXPRESSION'
  | 'STRING'
  | 'URL'
export interface ScalarFunction {
  /** Spelled as in ksqlDB's messages, which show it so; looked up in any case. */
  readonly name: string
  readonly category: FunctionCategory
  readonly description: string
  readonly overloads: readonly Overload[]
}

interface OverloadOptions {
  readonly takesNulls?: boolean
  readonly returns?: (args: readonly (SqlType | null)[]) => SqlType
}

/** `overload('(INT val): INT', val => …)`; the result type may be left to `options.returns`. */
export function overload(signature: string, implementation: Implementation, options: OverloadOptions = {}): Overload {
  return typedOverload(signature, () => implementation, options)
}
/** As `overload`, with an implementation that depends on the argument types. */
export function typedOverload(
  signature: string,
  implement: Overload['implement'],
  options: OverloadOptions = {},
): Overload {
  const match = /^\((.*)\)(?:: (.+))?$/.exec(signature)
  const returns = options.returns ?? (match?.[2] === undefined ? undefined : parseParameterType(match[2]))
  if (match === null || returns === undefined) throw new TypeError(`malformed signature: ${signature}`)
  return { parameters: parseParameters(match[1]!), returns, implement, takesNulls: options.takesNulls ?? false }
}

export function scalar(
  name: string,
  category: FunctionCategory,
  description: string,
  overloads: readonly Overload[],
): ScalarFunction {
  return { name, category, description, overloads }
}
