import { timestampOf, valuePartOf, withTimestamp } from './timestamped-value.ts'

/** How the value of a store's row relates to its changelog record. */
export interface RowFormat {
  /** The value of the changelog record. */
  changelogValue(row: Uint8Array): Uint8Array
  /** The timestamp of the changelog record; `contextTimestampMs` is that of the record being processed. */
  changelogTimestampMs(row: Uint8Array, contextTimestampMs: number): number
  /** The row that a changelog record stands for. */
  restored(value: Buffer, timestampMs: number): Buffer
}

export const PLAIN_ROWS: RowFormat = {
  changelogValue: row => row,
  changelogTimestampMs: (_, contextTimestampMs) => contextTimestampMs,
  restored: value => value,
}

/** The timestamp of the value becomes that of the changelog record, so plain and timestamped stores share a changelog. */
export const TIMESTAMPED_ROWS: RowFormat = {
  changelogValue: valuePartOf,
  changelogTimestampMs: timestampOf,
  restored: withTimestamp,
}
