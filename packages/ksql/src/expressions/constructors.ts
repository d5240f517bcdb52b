/** `ARRAY[…]`, `MAP(k := v, …)`, `STRUCT(f := v, …)`. */
import type * as ast from '../ast/nodes.ts'
import { printExpression } from '../ast/print.ts'
import { SqlAnalysisError } from '../errors/sql-analysis-error.ts'
import { type SqlType, STRING, typeText } from '../types/sql-type.ts'
import type { Row, SqlValue } from '../types/sql-value.ts'
import type { CompiledExpression, Evaluate, EvaluationContext } from './compiled.ts'
import type { ExpressionCompiler } from './scope.ts'
import { type Mismatch, unifyAll } from './unify.ts'

const SEE_4239 =
  '(see https://github.com/confluentinc/ksql/issues/4239). As a workaround, you may cast a NULL value to the desired type.'

/** An element that fails is NULL and is reported; the others stay. */
function orNull(evaluate: Evaluate, row: Row, context: EvaluationContext): SqlValue {
  try {
    return evaluate(row, context)
  } catch (error) {
    context.onError(error as Error)
    return null
  }
}

const noOperator: Mismatch = (wanted, found, node) =>
  `operator does not exist: ${typeText(wanted)} = ${typeText(found)} (${printExpression(node)})\nHint: You might need to add explicit type casts.`

export function createArray(node: ast.CreateArray, compiler: ExpressionCompiler): CompiledExpression {
  const { type, members } = unifyAll(node.elements, compiler, noOperator)
  if (type === null)
    throw new SqlAnalysisError(
      node.elements.length === 0
        ? `Array constructor cannot be empty. Please supply at least one element ${SEE_4239}`
        : `Cannot construct an array with all NULL elements ${SEE_4239}`,
      node.at,
    )
  return {
    type: { kind: 'ARRAY', element: type },
    evaluate: (row, context) => members.map(member => orNull(member, row, context)),
  }
}

export function createMap(node: ast.CreateMap, compiler: ExpressionCompiler): CompiledExpression {
  if (node.entries.length === 0)
    throw new SqlAnalysisError(
      `Map constructor cannot be empty. Please supply at least one key value pair ${SEE_4239}`,
      node.at,
    )
  const keys = unifyAll(
    node.entries.map(entry => entry.key),
    compiler,
    noOperator,
  )
  const values = unifyAll(
    node.entries.map(entry => entry.value),
    compiler,
    noOperator,
  )
  if (keys.type === null) throw new SqlAnalysisError(`Cannot construct a map with all NULL keys ${SEE_4239}`, node.at)
  if (values.type === null)
    throw new SqlAnalysisError(`Cannot construct a map with all NULL values ${SEE_4239}`, node.at)
  return {
    type: { kind: 'MAP', key: keys.type, value: values.type },
    evaluate: (row, context) =>
      new Map(
        keys.members.map((key, index) => [
          orNull(key, row, context),
          orNull(values.members[index] as Evaluate, row, context),
        ]),
      ),
  }
}

export function createStruct(node: ast.CreateStruct, compiler: ExpressionCompiler): CompiledExpression {
  const fields: { name: string; type: SqlType }[] = []
  const members = node.fields.map(({ name, value }) => {
    if (fields.some(field => field.name === name))
      throw new SqlAnalysisError(`Duplicate field names found in STRUCT: '${name}'`, node.at)
    const member = compiler.compile(value)
    fields.push({ name, type: member.type ?? STRING })
    return member.evaluate
  })
  return {
    type: { kind: 'STRUCT', fields },
    evaluate: (row, context) => members.map(member => orNull(member, row, context)),
  }
}
