import type { Column } from '../catalog/schema.ts'
import type { Row } from '../types/sql-value.ts'

/** Takes the answer of a query, in order: the header, rows, the end. */
export interface RowSink {
  header(queryId: string, columns: readonly AnswerColumn[]): void
  /** `isTombstone`: the row with this key is gone; only the key's columns are set. */
  row(row: Row, isTombstone: boolean): void
  /** A message of ksqlDB's (`Limit Reached`, `Query Completed`), or null for none. */
  end(message: string | null): void
  /** Instead of the end: rows came, and then the query failed. */
  fail(error: Error): void
}
export interface AnswerColumn extends Column {
  /** Pull queries mark the key in their header. */
  readonly isKey: boolean
}
