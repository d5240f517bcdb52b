/** Schemas of sources and of rows under way. */
import { type SqlType, typeText } from '../types/sql-type.ts'

export interface Column {
  readonly name: string
  readonly type: SqlType
}
/** Filled from record headers: all of them (`HEADERS`) when `header` is null, else the last of that name. */
export interface HeaderColumn extends Column {
  readonly header: string | null
}
/** Key columns travel in the record's key only, value columns in its value, header columns in its headers. */
export interface LogicalSchema {
  readonly key: readonly Column[]
  readonly value: readonly Column[]
  readonly headers: readonly HeaderColumn[]
}

export function columnText(column: Column): string {
  return `\`${column.name}\` ${typeText(column.type)}`
}
/** As ksqlDB writes schemas: `` `K` STRING KEY, `V` INTEGER ``. */
export function schemaText(schema: LogicalSchema): string {
  return [
    ...schema.key.map(column => `${columnText(column)} KEY`),
    ...schema.value.map(columnText),
    ...schema.headers.map(
      column => `${columnText(column)} ${column.header === null ? 'HEADERS' : `HEADER('${column.header}')`}`,
    ),
  ].join(', ')
}

/** Columns every source has without declaring them, in the order in which rows carry them. */
export const ROWTIME = 'ROWTIME'
export const ROWPARTITION = 'ROWPARTITION'
export const ROWOFFSET = 'ROWOFFSET'
export const WINDOWSTART = 'WINDOWSTART'
export const WINDOWEND = 'WINDOWEND'
export const PSEUDO_COLUMNS: readonly Column[] = [
  { name: ROWTIME, type: { kind: 'BIGINT' } },
  { name: ROWPARTITION, type: { kind: 'INTEGER' } },
  { name: ROWOFFSET, type: { kind: 'BIGINT' } },
]
export const WINDOW_BOUNDS: readonly Column[] = [
  { name: WINDOWSTART, type: { kind: 'BIGINT' } },
  { name: WINDOWEND, type: { kind: 'BIGINT' } },
]
const SYSTEM_COLUMNS = new Set([...PSEUDO_COLUMNS, ...WINDOW_BOUNDS].map(column => column.name))
export function isSystemColumn(name: string): boolean {
  return SYSTEM_COLUMNS.has(name)
}

/** The name of a column that no other has: `ROWKEY`, `ROWKEY_1`, … */
export function uniqueName(prefix: string, taken: ReadonlySet<string>): string {
  if (!taken.has(prefix)) return prefix
  for (let n = 1; ; n++) if (!taken.has(`${prefix}_${n}`)) return `${prefix}_${n}`
}
