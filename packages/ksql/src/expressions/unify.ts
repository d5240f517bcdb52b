/** The common type of several expressions: branches of CASE, elements of ARRAY[…] and MAP(…). */
import type { Expression, StringLiteral } from '../ast/nodes.ts'
import { SqlAnalysisError } from '../errors/sql-analysis-error.ts'
import { normalise } from '../types/bigint.ts'
import { Decimal } from '../types/decimal.ts'
import { BIGINT, type SqlType } from '../types/sql-type.ts'
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

/** What to say of an expression whose type does not meet that of the ones before it. */
export type Mismatch = (wanted: SqlType, found: SqlType, node: Expression) => string

/**
 * The first type that is not a text decides; texts are read as it, everything else has to convert to it. A number in a
 * text counts with its digits: beside an INTEGER `'4.0'` is 4, and `'4.5'` makes all of them decimals.
 * Throws SqlAnalysisError.
 */
export function unifyAll(nodes: readonly Expression[], compiler: ExpressionCompiler, mismatch: Mismatch): Unified {
  const compiled = nodes.map(node => compiler.compile(node))
  const texts = compiled.map(
    (member, index) => nodes[index]?.kind === 'StringLiteral' && member.type?.kind === 'STRING',
  )
  let type: SqlType | null = null
  for (const [index, member] of compiled.entries()) {
    if (member.type === null || texts[index]) continue
    const next: SqlType | null = type === null ? member.type : commonType(type, member.type)
    if (next === null)
      throw new SqlAnalysisError(mismatch(type as SqlType, member.type, nodes[index] as Expression), nodes[index]?.at)
    type = next
  }
  if (type === null) {
    const text = compiled.find(member => member.type !== null)?.type ?? null
    return { type: text, members: compiled.map(member => member.evaluate) }
  }
  for (const [index, node] of nodes.entries())
    if (texts[index] && node.kind === 'StringLiteral') type = widenedBy(type, node)
  const target: SqlType = type
  return {
    type: target,
    members: compiled.map((member, index) => convertTo(target, member, nodes[index] as Expression, mismatch)),
  }
}

/** A text beside numbers takes part in deciding how wide they have to be. */
function widenedBy(type: SqlType, node: StringLiteral): SqlType {
  if (type.kind !== 'INTEGER' && type.kind !== 'BIGINT' && type.kind !== 'DECIMAL') return type
  const value = numberIn(node, type)
  const whole = value.truncated(0)
  const plain = whole.compare(value) === 0 && type.kind !== 'DECIMAL' ? whole : value
  const decimal: SqlType = {
    kind: 'DECIMAL',
    precision: Math.max(plain.precision, plain.scale),
    scale: Math.max(plain.scale, 0),
  }
  if (plain.scale > 0 || type.kind === 'DECIMAL') return commonType(type, decimal) ?? type
  const fitsInteger = plain.unscaled === BigInt.asIntN(32, plain.unscaled)
  return type.kind === 'INTEGER' && !fitsInteger ? BIGINT : type
}
function numberIn(node: StringLiteral, type: SqlType): Decimal {
  try {
    return Decimal.parse(node.value.trim())
  } catch {
    throw new SqlAnalysisError(`invalid input syntax for type ${type.kind}: "${node.value}".`, node.at)
  }
}

function convertTo(type: SqlType, member: CompiledExpression, node: Expression, mismatch: Mismatch): Evaluate {
  if (member.type === null) return member.evaluate
  if (node.kind === 'StringLiteral' && (type.kind === 'INTEGER' || type.kind === 'BIGINT')) {
    const value = normalise(numberIn(node, type).toBigInt())
    return () => value
  }
  const convert = implicitConversion(member.type, type)
  if (convert !== null) return (row, context) => convert(member.evaluate(row, context))
  const literal = node.kind === 'StringLiteral' ? readLiteral(node, type) : null
  if (literal === null) throw new SqlAnalysisError(mismatch(type, member.type, node), node.at)
  return literal.evaluate
}
