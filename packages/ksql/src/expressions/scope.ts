import type * as ast from '../ast/nodes.ts'
import type { FunctionRegistry } from '../functions/function-registry.ts'
import type { SqlType } from '../types/sql-type.ts'
import type { SqlValue } from '../types/sql-value.ts'
import type { CompiledExpression } from './compiled.ts'

/** Where names get their meaning. */
export interface Scope {
  /** Throws SqlAnalysisError for a name that is unknown or means several columns. */
  column(reference: ast.ColumnReference): { readonly index: number; readonly type: SqlType }
  /** A named type, custom types included; throws SqlAnalysisError. */
  type(node: ast.TypeNode): SqlType
  readonly functions: FunctionRegistry
}

/** A lambda's parameter while its body is compiled: the function fills `value` before each call. */
export interface LambdaParameter {
  readonly type: SqlType | null
  value: SqlValue
}
export type LambdaParameters = ReadonlyMap<string, LambdaParameter>

/** The compiler as the parts of it see it that live in files of their own. */
export interface ExpressionCompiler {
  readonly scope: Scope
  compile(node: ast.Expression): CompiledExpression
  /** A compiler that knows these parameters too; they hide those of outer lambdas. */
  withLambda(parameters: LambdaParameters): ExpressionCompiler
}
