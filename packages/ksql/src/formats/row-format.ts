import type { Row } from '../types/sql-value.ts'

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
