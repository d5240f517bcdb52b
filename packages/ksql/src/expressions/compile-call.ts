/**
 * Function calls. Each argument is evaluated on its own: one that fails becomes NULL, is reported, and the call goes on.
 * Lambdas are compiled once the other arguments have decided what the generic types of the signature are.
 */
import type * as ast from '../ast/nodes.ts'
import { printExpression } from '../ast/print.ts'
import { SqlAnalysisError } from '../errors/sql-analysis-error.ts'
import { type ArgumentType, type Bindings, resolveOverload, substitute, unify } from '../functions/resolve.ts'
import type { Argument, LambdaValue, Overload } from '../functions/scalar-function.ts'
import type { ParameterType } from '../functions/signature.ts'
import { type SqlType, STRING } from '../types/sql-type.ts'
import type { SqlValue } from '../types/sql-value.ts'
import type { Convert } from './coercion.ts'
import type { CompiledExpression, Evaluate, EvaluationContext } from './compiled.ts'
import type { ExpressionCompiler, LambdaParameter } from './scope.ts'

type EvaluateArgument = (row: readonly SqlValue[], context: EvaluationContext) => Argument

export function compileCall(node: ast.FunctionCall, compiler: ExpressionCompiler): CompiledExpression {
  const fn = compiler.scope.functions.scalar(node.name)
  if (fn === undefined) throw new SqlAnalysisError(`Can't find any functions with the name '${node.name}'`, node.at)
  const compiled = node.arguments.map(argument =>
    argument.kind === 'Lambda' || argument.kind === 'IntervalUnit' ? null : compiler.compile(argument),
  )
  const { overload, bindings, conversions } = atNode(node, () =>
    resolveOverload(
      fn.name,
      fn.overloads,
      node.arguments.map((argument, index) => argumentType(argument, compiled[index] ?? null)),
    ),
  )
  const evaluators = node.arguments.map((argument, index): EvaluateArgument => {
    const value = compiled[index] ?? null
    if (value !== null) return guarded(value.evaluate, conversions[index] as Convert)
    if (argument.kind === 'IntervalUnit') return () => argument.unit
    return lambda(argument as ast.Lambda, parameterOf(overload, index), bindings, compiler)
  })
  const types = compiled.map(value => value?.type ?? null)
  const type =
    typeof overload.returns === 'function'
      ? overload.returns(types)
      : (substitute(overload.returns, bindings) ?? STRING)
  const implementation = overload.implement(types)
  const { takesNulls } = overload
  return {
    type,
    evaluate: (row, context) => {
      const values = evaluators.map(evaluate => evaluate(row, context))
      if (!takesNulls && values.includes(null)) return null
      return implementation(...values)
    },
  }
}

function parameterOf(overload: Overload, index: number): ParameterType {
  return (overload.parameters[Math.min(index, overload.parameters.length - 1)] as { type: ParameterType }).type
}

function argumentType(node: ast.Expression, compiled: CompiledExpression | null): ArgumentType {
  if (node.kind === 'Lambda') return { kind: 'LAMBDA', parameterCount: node.parameters.length }
  if (node.kind === 'IntervalUnit') return { kind: 'INTERVALUNIT' }
  return { kind: 'VALUE', type: compiled?.type ?? null }
}

function atNode<T>(node: ast.FunctionCall, resolve: () => T): T {
  try {
    return resolve()
  } catch (error) {
    if (error instanceof SqlAnalysisError && error.at === undefined) throw new SqlAnalysisError(error.message, node.at)
    throw error
  }
}

function guarded(evaluate: Evaluate, convert: Convert): EvaluateArgument {
  return (row, context) => {
    try {
      return convert(evaluate(row, context))
    } catch (error) {
      context.onError(error as Error)
      return null
    }
  }
}

function lambda(
  node: ast.Lambda,
  parameter: ParameterType,
  bindings: Bindings,
  compiler: ExpressionCompiler,
): EvaluateArgument {
  if (parameter.kind !== 'LAMBDA') throw new SqlAnalysisError(`${printExpression(node)} is no value`, node.at)
  const cells: LambdaParameter[] = parameter.inputs.map(input => ({ type: substitute(input, bindings), value: null }))
  const named = new Map(node.parameters.map((name, index) => [name, cells[index] as LambdaParameter]))
  const body = compiler.withLambda(named).compile(node.body)
  if (body.type !== null) unify(parameter.output, body.type as SqlType, bindings)
  return (row, context): LambdaValue =>
    (...args) => {
      // A lambda does not run inside itself, so its parameters need no stack.
      for (const [index, cell] of cells.entries()) cell.value = args[index] ?? null
      return body.evaluate(row, context)
    }
}
