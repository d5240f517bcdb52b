/** What every operator that makes a table is told. */
export interface TableOutput {
  /** The table's store; undefined when nobody needs one. */
  readonly storeName: string | undefined
  /** True when an operator downstream asked for the value before each change. */
  readonly sendsOldValues: boolean
}

/** As {@link TableOutput}, for tables that cannot be without a store. */
export interface StoredTableOutput extends TableOutput {
  readonly storeName: string
}
