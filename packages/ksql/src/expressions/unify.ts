/** The common type of several expressions: branches of CASE, elements of ARRAY[…] and MAP(…). */
import type { Expression } from '../ast/nodes.ts'
import { SqlAnalysisError } from '../errors/sql-analysis-error.ts'
import { type SqlType, typeText } from '../types/sql-type.ts'
import { commonType, implicitConversion } from './coercion.ts'
import type { CompiledExpression, Evaluate } from './compiled.ts'
import { readLiteral } from './literals.ts'
import type { ExpressionCompiler } from './scope.ts'

export interface Unified {
  /** Null when all are NULL. */
  readonly type: SqlType | null
  /** The expressions, each converted to the type. */
  readonly members: readonly Evaluate[]
}

/**
 * The first type that is not a text decides; texts are read as it, everything else has to convert to it.
 * Throws SqlAnalysisError: `message` followed by the two types that do not meet.
 */
export function unifyAll(nodes: readonly Expression[], compiler: ExpressionCompiler, message: string): Unified {
  const compiled = nodes.map(node => compiler.compile(node))
  let type: SqlType | null = null
  for (const [index, member] of compiled.entries()) {
    if (member.type === null || isReadable(nodes[index] as Expression, member)) continue
    const next: SqlType | null = type === null ? member.type : commonType(type, member.type)
    if (next === null)
      throw new SqlAnalysisError(
        `${message}: ${typeText(type as SqlType)} and ${typeText(member.type)}`,
        nodes[index]?.at,
      )
    type = next
  }
  type ??= compiled.find(member => member.type !== null)?.type ?? null
  if (type === null) return { type, members: compiled.map(member => member.evaluate) }
  return {
    type,
    members: compiled.map((member, index) => convertTo(type as SqlType, member, nodes[index] as Expression, message)),
  }
}

function isReadable(node: Expression, member: CompiledExpression): boolean {
  return node.kind === 'StringLiteral' && member.type?.kind === 'STRING'
}

function convertTo(type: SqlType, member: CompiledExpression, node: Expression, message: string): Evaluate {
  if (member.type === null) return member.evaluate
  const convert = implicitConversion(member.type, type)
  if (convert !== null) return (row, context) => convert(member.evaluate(row, context))
  const literal = node.kind === 'StringLiteral' ? readLiteral(node, type) : null
  if (literal === null)
    throw new SqlAnalysisError(`${message}: ${typeText(type)} and ${typeText(member.type)}`, node.at)
  return literal.evaluate
}
