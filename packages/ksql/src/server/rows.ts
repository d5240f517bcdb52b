/** Rows as the query endpoints write them. */
import { columnText } from '../catalog/schema.ts'
import type { AnswerColumn, RowSink } from '../engine/row-sink.ts'
import { writerOf } from '../formats/json.ts'
import { typeText } from '../types/sql-type.ts'
import type { Row } from '../types/sql-value.ts'
import { ERROR_CODES } from './errors.ts'

type Emit = (text: string) => void

function errorBody({ message }: Error): string {
  return JSON.stringify({ '@type': 'generic_error', error_code: ERROR_CODES.serverError, message })
}

function columnWriter(columns: readonly AnswerColumn[]): (row: Row) => string {
  const writers = columns.map(({ type }) => writerOf(type))
  return row => `[${writers.map((write, index) => write(row[index] ?? null)).join(',')}]`
}

/** `/query`: one JSON array, an object for the header, each row and the end; a line each. */
export class ArrayRows implements RowSink {
  private write: (row: Row) => string = () => '[]'
  constructor(private readonly emit: Emit) {}
  header(queryId: string, columns: readonly AnswerColumn[]): void {
    this.write = columnWriter(columns)
    const schema = columns.map(column => columnText(column) + (column.isKey ? ' KEY' : '')).join(', ')
    this.emit(`[{"header":{"queryId":${JSON.stringify(queryId)},"schema":${JSON.stringify(schema)}}}`)
  }
  row(row: Row, isTombstone: boolean): void {
    this.emit(`,\n{"row":{"columns":${this.write(row)}${isTombstone ? ',"tombstone":true' : ''}}}`)
  }
  end(message: string | null): void {
    this.emit(message === null ? ']\n' : `,\n{"finalMessage":${JSON.stringify(message)}}]\n`)
  }
  fail(error: Error): void {
    this.emit(`,\n{"errorMessage":${errorBody(error)}}]\n`)
  }
}

/** `/query-stream`: a JSON object with names and types, then an array for each row, a line each. */
export class DelimitedRows implements RowSink {
  private write: (row: Row) => string = () => '[]'
  constructor(private readonly emit: Emit) {}
  header(queryId: string, columns: readonly AnswerColumn[]): void {
    this.write = columnWriter(columns)
    this.emit(
      `${JSON.stringify({ queryId, columnNames: columns.map(({ name }) => name), columnTypes: columns.map(({ type }) => typeText(type)) })}\n`,
    )
  }
  row(row: Row, _isTombstone: boolean): void {
    this.emit(`${this.write(row)}\n`)
  }
  end(_message: string | null): void {}
  fail(error: Error): void {
    this.emit(`${errorBody(error)}\n`)
  }
}
