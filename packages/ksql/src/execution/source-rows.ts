/** What a source step adds to a row: headers, pseudo columns, copies of the key, window bounds. */
import { type FixedKeyProcessorSupplier, Windowed } from '@millrace/streams'
import type { HeaderColumn } from '../catalog/schema.ts'
import type { SourceStep } from '../plan/steps.ts'
import type { Row, SqlValue } from '../types/sql-value.ts'

type Key = Row | Windowed<Row> | null
type Headers = readonly { readonly key: string; readonly value: Uint8Array | null }[]

export function sourceRows(step: SourceStep): FixedKeyProcessorSupplier<Key, Row | null, Row | null> {
  const keyColumns = step.sourceSchema.key.length
  const { headers } = step.sourceSchema
  return context => ({
    process(record) {
      const { key, value } = record
      // A stream keeps records without a value, a table reads them as deletions.
      if (value === null) return context.forward(record)
      const metadata = context.recordMetadata()
      const row: SqlValue[] = [...value]
      for (const column of headers) row.push(headerValue(column, record.headers))
      row.push(record.timestampMs, metadata?.partition ?? null, metadata?.offset ?? null)
      const columns = key instanceof Windowed ? key.key : key
      for (let index = 0; index < keyColumns; index++) row.push(columns?.[index] ?? null)
      if (step.window !== null) row.push(...(key instanceof Windowed ? [key.startMs, key.endMs] : [null, null]))
      context.forward(record.withValue(row))
    },
  })
}

function headerValue({ header }: HeaderColumn, headers: Headers): SqlValue {
  if (header === null) return headers.map(({ key, value }) => [key, value === null ? null : Buffer.from(value)])
  const last = headers.findLast(({ key }) => key === header)
  return last === undefined || last.value === null ? null : Buffer.from(last.value)
}
