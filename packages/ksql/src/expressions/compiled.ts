import type { SqlType } from '../types/sql-type.ts'
import type { Row, SqlValue } from '../types/sql-value.ts'

/** What an expression needs besides its row. */
export interface EvaluationContext {
  /** A part of an expression failed and became NULL; for the processing log. */
  onError(error: Error): void
}

/** Throws to make the whole expression fail: a column then is NULL, a filter drops the row. */
export type Evaluate = (row: Row, context: EvaluationContext) => SqlValue

/** An expression with its type decided, as a closure over column indexes: no name is looked up per row. */
export interface CompiledExpression {
  /** Null: the type of a bare NULL. */
  readonly type: SqlType | null
  readonly evaluate: Evaluate
}

/** Fails an expression at run time; the text goes to the processing log. */
export class EvaluationError extends Error {
  override readonly name = 'EvaluationError'
}
