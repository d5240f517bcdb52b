/** What stands where a producer id could: the record, or the state, has no producer. */
export const NO_PRODUCER_ID = -1

/** Where a record is in its partition. */
export interface RecordPlace {
  readonly recordOffset: number
  /** Of the transaction it is part of, {@link NO_PRODUCER_ID} outside of any. */
  readonly producerId: number
}
