import type { FormatInfo } from '../catalog/data-source.ts'
import type { Column } from '../catalog/schema.ts'
import { SqlAnalysisError } from '../errors/sql-analysis-error.ts'
import { delimitedSerde } from './delimited.ts'
import { jsonSerde } from './json.ts'
import { kafkaSerde } from './kafka.ts'
import type { RowSerde, SerdeTarget } from './row-format.ts'

/** Formats whose schemas live in the registry. */
export type SchemaSerdes = (format: FormatInfo, columns: readonly Column[], target: SerdeTarget) => RowSerde

const NONE: RowSerde = { serialize: () => null, deserialize: () => null }

/** Throws SqlAnalysisError for a format that is not available. */
export function rowSerde(
  format: FormatInfo,
  columns: readonly Column[],
  target: SerdeTarget,
  schemas?: SchemaSerdes,
): RowSerde {
  // Single keys stand bare, single values are records, unless the statement says otherwise.
  const bare = columns.length === 1 && (target.isKey || format.wrapping === 'UNWRAP')
  switch (format.name) {
    case 'NONE':
      return NONE
    case 'KAFKA':
      return kafkaSerde(columns)
    case 'JSON':
      return jsonSerde(columns, bare)
    case 'DELIMITED':
      return delimitedSerde(columns, format.delimiter ?? ',')
    default:
      if (schemas === undefined)
        throw new SqlAnalysisError(`The ${format.name} format needs a schema registry: set ksql.schema.registry.url`)
      return schemas(format, columns, target)
  }
}
