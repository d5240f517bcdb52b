import { MillraceError } from '@millrace/protocol'
import type { Location } from '../ast/nodes.ts'

/** A statement that parses and makes no sense: an unknown name, a type that does not fit, a rule of the language. */
export class SqlAnalysisError extends MillraceError {
  readonly code = 'SQL_ANALYSIS'
  constructor(
    message: string,
    /** Where in the script, if the error has a place. */
    readonly at?: Location,
  ) {
    super(message)
  }
}
