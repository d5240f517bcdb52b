/** Calls of table functions: a row gives a list of values. */
import type { FunctionCall } from '../ast/nodes.ts'
import { SqlAnalysisError } from '../errors/sql-analysis-error.ts'
import { resolveOverload } from '../functions/resolve.ts'
import type { SqlType } from '../types/sql-type.ts'
import type { Row, SqlValue } from '../types/sql-value.ts'
import { compileExpression } from './compile.ts'
import type { EvaluationContext } from './compiled.ts'
import type { Scope } from './scope.ts'

export interface CompiledTableCall {
  /** Of one element. */
  readonly type: SqlType
  readonly evaluate: (row: Row, context: EvaluationContext) => readonly SqlValue[]
}

/** Throws SqlAnalysisError. */
export function compileTableCall(node: FunctionCall, scope: Scope): CompiledTableCall {
  const fn = scope.functions.table(node.name)
  if (fn === undefined)
    throw new SqlAnalysisError(`Can't find any table functions with the name '${node.name}'`, node.at)
  const args = node.arguments.map(argument => compileExpression(argument, scope))
  const types = args.map(({ type }) => type)
  const { overload, conversions } = resolveOverload(
    fn.name,
    fn.overloads,
    types.map(type => ({ kind: 'VALUE', type })),
  )
  const implementation = overload.implement(types)
  return {
    type: overload.returns(types),
    evaluate: (row, context) => {
      try {
        return implementation(...args.map((arg, index) => conversions[index]!(arg.evaluate(row, context))))
      } catch (error) {
        context.onError(error as Error)
        return []
      }
    },
  }
}
