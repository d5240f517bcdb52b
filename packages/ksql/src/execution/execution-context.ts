import type { SchemaSerdes } from '../formats/row-serde.ts'
import type { FunctionRegistry } from '../functions/function-registry.ts'
import type { SqlType } from '../types/sql-type.ts'

/** An entry of the processing log: a record or a part of it that a query could not use. */
export interface ProcessingError {
  readonly queryId: string
  /** Step of the plan. */
  readonly step: string
  readonly error: Error
}

export interface ExecutionContext {
  readonly functions: FunctionRegistry
  readonly customTypes: ReadonlyMap<string, SqlType>
  readonly schemas?: SchemaSerdes
  readonly onProcessingError: (error: ProcessingError) => void
}
