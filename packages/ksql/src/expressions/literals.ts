/** A text literal where a value of another type stands: `d = '2020-01-01'`, `id IN ('1', '2')`. */
import type { StringLiteral } from '../ast/nodes.ts'
import { SqlAnalysisError } from '../errors/sql-analysis-error.ts'
import type { SqlType } from '../types/sql-type.ts'
import type { SqlValue } from '../types/sql-value.ts'
import { castOf } from './cast.ts'
import type { CompiledExpression } from './compiled.ts'

/** Types a bare text is read as. Numbers are not among them: comparing one with a text is an error. */
const READ_FROM_TEXT = new Set<SqlType['kind']>(['TIME', 'DATE', 'TIMESTAMP', 'BYTES'])

/** Null when a text stays a text beside this type. Throws SqlAnalysisError when it cannot be read. */
export function literalAs(node: StringLiteral, type: SqlType): CompiledExpression | null {
  return READ_FROM_TEXT.has(type.kind) ? readLiteral(node, type) : null
}

/** As `literalAs` for the members of a list, whose common type also covers numbers and booleans. */
export function readLiteral(node: StringLiteral, type: SqlType): CompiledExpression | null {
  const convert = castOf({ kind: 'STRING' }, type)
  if (convert === null) return null
  let value: SqlValue
  try {
    value = convert(node.value)
  } catch {
    throw new SqlAnalysisError(`invalid input syntax for type ${type.kind}: "${node.value}".`, node.at)
  }
  return { type, evaluate: () => value }
}
