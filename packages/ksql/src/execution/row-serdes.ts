/** Formats as serdes of the streams runtime, and the form rows have in stores and repartition topics. */
import type { Serde } from '@millrace/client'
import type { Column } from '../catalog/schema.ts'
import { jsonSerde } from '../formats/json.ts'
import type { RowSerde } from '../formats/row-format.ts'
import { UnreadableRowError } from '../formats/unreadable-row-error.ts'
import type { Row } from '../types/sql-value.ts'

/** Null rows never reach a serde; a row without bytes (a NULL key, format NONE) is written as null. */
export function asSerde(rows: RowSerde): Serde<Row> {
  return {
    serialize: (_topic, row) => rows.serialize(row),
    deserialize(_topic, bytes) {
      const row = rows.deserialize(bytes)
      if (row === null) throw new UnreadableRowError('row', 'it holds no columns')
      return row
    },
  }
}

/** Rows inside a query keep their types through JSON by column name; bytes are the same in every topic. */
export function internalSerde(columns: readonly Column[]): Serde<Row> {
  return { ...asSerde(jsonSerde(columns, false)), isPortable: true }
}
