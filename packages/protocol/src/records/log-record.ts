/** A record as the log holds it. */
export interface LogRecord {
  readonly offset: number
  /** CreateTime or LogAppendTime, as its batch says; −1 if the producer gave none. */
  readonly timestampMs: number
  readonly key: Buffer | null
  /** Null is a tombstone. */
  readonly value: Buffer | null
  /** In the producer's order; a key may occur more than once. */
  readonly headers: readonly RecordHeader[]
}

export interface RecordHeader {
  readonly key: string
  readonly value: Buffer | null
}
