import type { SourceKind } from '../ast/nodes.ts'
import type { LogicalSchema } from './schema.ts'

export type FormatName = 'NONE' | 'KAFKA' | 'JSON' | 'DELIMITED' | 'AVRO' | 'JSON_SR' | 'PROTOBUF' | 'PROTOBUF_NOSR'

/** How one side of a record becomes bytes. */
export interface FormatInfo {
  readonly name: FormatName
  /** DELIMITED only: one character. */
  readonly delimiter?: string
  /** Of the record or message in formats that name it. */
  readonly fullSchemaName?: string
  /** PROTOBUF: how a NULL of a primitive shows. */
  readonly nullableRepresentation?: 'OPTIONAL' | 'WRAPPER'
  /** Write with this schema of the registry. */
  readonly schemaId?: number
  /** A single column stands bare (`unwrap`) or as the one field of a record (`wrap`); absent: the format's own way. */
  readonly wrapping?: 'WRAP' | 'UNWRAP'
}

export interface WindowInfo {
  readonly type: 'TUMBLING' | 'HOPPING' | 'SESSION'
  /** Null for sessions, whose keys carry both bounds. */
  readonly sizeMs: number | null
}
export interface TimestampColumn {
  readonly column: string
  /** A java.time pattern for STRING columns. */
  readonly format: string | null
}

/** A stream or table: a schema over a topic. */
export interface DataSource {
  readonly kind: SourceKind
  readonly name: string
  readonly topic: string
  readonly schema: LogicalSchema
  readonly keyFormat: FormatInfo
  readonly valueFormat: FormatInfo
  /** Null: keys are not windowed. */
  readonly window: WindowInfo | null
  readonly timestamp: TimestampColumn | null
  /** `CREATE SOURCE …`: nothing may write to it, replace it or delete its topic. */
  readonly readOnly: boolean
  /** The query that feeds it, if it was made with AS SELECT. */
  readonly queryId: string | null
  /** The statement that made it, as SHOW and DESCRIBE repeat it. */
  readonly sql: string
}
