/** Calls of aggregate functions: which aggregator, over which values of a row. */
import type { Expression, FunctionCall } from '../ast/nodes.ts'
import { printExpression } from '../ast/print.ts'
import { SqlAnalysisError } from '../errors/sql-analysis-error.ts'
import type { Aggregator } from '../functions/aggregate-function.ts'
import { resolveOverload } from '../functions/resolve.ts'
import type { SqlType } from '../types/sql-type.ts'
import type { Row, SqlValue } from '../types/sql-value.ts'
import { compileExpression } from './compile.ts'
import type { EvaluationContext } from './compiled.ts'
import type { Scope } from './scope.ts'

export interface CompiledAggregateCall {
  readonly aggregator: Aggregator
  /** The values of one row that go into the aggregate. */
  readonly arguments: (row: Row, context: EvaluationContext) => readonly SqlValue[]
}

/** Throws SqlAnalysisError. */
export function compileAggregateCall(node: FunctionCall, scope: Scope): CompiledAggregateCall {
  const fn = scope.functions.aggregate(node.name)
  if (fn === undefined) throw new SqlAnalysisError(`Can't find any functions with the name '${node.name}'`, node.at)
  // `COUNT(*)` and `COUNT()` count rows, which is what counting a literal does.
  const written = node.star || (node.arguments.length === 0 && fn.name === 'COUNT') ? [ONE] : node.arguments
  const args = written.map(argument => compileExpression(argument, scope))
  const types = args.map(({ type }) => type)
  const { overload, conversions } = resolveOverload(
    fn.name,
    fn.overloads,
    types.map(type => ({ kind: 'VALUE', type })),
    { implicitConversions: false },
  )
  const columns = args.length - overload.literals
  const literals = args.slice(columns).map((arg, index) => {
    const expression = written[columns + index] as Expression
    if (!isLiteral(expression))
      throw new SqlAnalysisError(
        `Parameter ${columns + index + 1} passed to function ${node.name} must be a literal constant, but was expression: '${printExpression(expression)}'`,
        expression.at,
      )
    return conversions[columns + index]!(arg.evaluate([], { onError: () => undefined }))
  })
  const inputs = args.slice(0, columns)
  const inputTypes = types.slice(0, columns).map(type => type ?? ({ kind: 'STRING' } as SqlType))
  return {
    aggregator: overload.create(inputTypes, literals),
    arguments: (row, context) =>
      inputs.map((input, index) => {
        try {
          return conversions[index]!(input.evaluate(row, context))
        } catch (error) {
          context.onError(error as Error)
          return null
        }
      }),
  }
}

const ONE: Expression = { kind: 'IntegerLiteral', at: { line: 0, column: 0, offset: 0 }, value: 1n }

function isLiteral(node: Expression): boolean {
  return node.kind.endsWith('Literal') || (node.kind === 'Sign' && isLiteral(node.operand))
}
