import type { EncodedRecord } from '../subjects/records.ts'

export interface LogEntry {
  readonly offset: number
  readonly key: string | null
  /** Null is a tombstone. */
  readonly value: string | null
  readonly timestampMs: number
}

/** The log that is the registry's database: `_schemas`, or something with the same promises. */
export interface SchemasLog extends AsyncDisposable {
  /**
   * Starts reading: `apply` gets every record, in order, for as long as the log is open, whoever wrote it. Resolves when
   * everything has been applied that was in the log at the time of the call. Once only.
   */
  open(apply: (entry: LogEntry) => void): Promise<void>
  /**
   * Resolves when the records are durable and have been applied. Rejects with {@link RegistryError}: 42209 for a record
   * that the log refuses as too large, 50001 and 50002 when it is not known whether they were written.
   */
  append(records: readonly EncodedRecord[]): Promise<void>
  close(): Promise<void>
}
