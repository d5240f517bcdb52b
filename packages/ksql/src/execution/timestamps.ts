/** `TIMESTAMP='column'`: event time from a column instead of the record. */
import { DateTimeFormatter, LocalDateTime, ZoneOffset } from '@js-joda/core'
import type { TimestampExtractor } from '@millrace/streams'
import { Windowed } from '@millrace/streams'
import type { TimestampColumn } from '../catalog/data-source.ts'
import type { Column, LogicalSchema } from '../catalog/schema.ts'
import { EvaluationError } from '../expressions/compiled.ts'
import type { Row, SqlValue } from '../types/sql-value.ts'

/** Milliseconds since the epoch from a BIGINT, a TIMESTAMP or a STRING in a java.time pattern (UTC). */
export function timestampOf({ type, name }: Column, format: string | null): (value: SqlValue) => number {
  if (type.kind !== 'STRING' || format === null) return value => Number(value)
  const formatter = DateTimeFormatter.ofPattern(format)
  return value => {
    try {
      return LocalDateTime.parse(value as string, formatter)
        .toInstant(ZoneOffset.UTC)
        .toEpochMilli()
    } catch (error) {
      throw new EvaluationError(`the timestamp column ${name} does not follow ${format}: ${String(value)}`, {
        cause: error,
      })
    }
  }
}

/** Records whose column is null keep their own timestamp. */
export function timestampExtractor({ column, format }: TimestampColumn, schema: LogicalSchema): TimestampExtractor {
  const columns = [...schema.key, ...schema.value]
  const index = columns.findIndex(({ name }) => name === column)
  const toMs = timestampOf(columns[index] as Column, format)
  const keyColumns = schema.key.length
  return record => {
    const key = record.key instanceof Windowed ? (record.key.key as Row) : (record.key as Row | null)
    const value = index < keyColumns ? key?.[index] : (record.value as Row | null)?.[index - keyColumns]
    return value === null || value === undefined ? record.timestampMs : toMs(value)
  }
}
