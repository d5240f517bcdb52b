import type { FormatInfo } from '../catalog/data-source.ts'
import type { Column } from '../catalog/schema.ts'
import { SqlAnalysisError } from '../errors/sql-analysis-error.ts'
import type { Row } from '../types/sql-value.ts'
import { delimitedSerde } from './delimited.ts'
import { jsonSerde } from './json.ts'
import { kafkaSerde } from './kafka.ts'

/** One side of a record as columns. Null is a record without that side: a null key, a tombstone. */
export interface RowSerde {
  serialize(row: Row | null): Uint8Array | null
  /** Throws UnreadableRowError. */
  deserialize(bytes: Buffer | null): Row | null
}

/** The topic a serde is for decides about subjects of the registry. */
export interface SerdeTarget {
  readonly topic: string
  readonly isKey: boolean
  /** Rows are only read: nothing is registered for them. */
  readonly isReadOnly?: boolean
}
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
