import { storedRows, type TableLookup } from '../processors/table-lookup.ts'
import { tableSource } from '../processors/table-source.ts'
import { READ_AND_FORWARDED, READ_AND_REPLACED } from '../topology/field-use.ts'
import type { Processing } from './logical-graph.ts'
import { type Materialization, tableStore } from './materialization.ts'

/** A table made of records, whose store comes and goes with what operators downstream need. */
export class TableStore<K, V> {
  #isKept: boolean
  #sendsOldValues = false

  /** @param rows a table that the user named keeps its store in any case */
  constructor(private readonly rows: Materialization<K, V>) {
    this.#isKept = rows.queryableName !== undefined
  }

  /** See `TableOrigin.enableOldValues`. */
  enableOldValues(force: boolean): boolean {
    if (!this.#isKept && !force) return false
    this.#isKept = true
    this.#sendsOldValues = true
    return true
  }

  /** See `TableOrigin.lookup`. */
  lookup(): TableLookup<K, V> {
    this.#isKept = true
    return storedRows(this.rows.storeName)
  }

  get processing(): Processing {
    return {
      resolve: defaults => ({
        supplier: tableSource({
          storeName: this.#isKept ? this.rows.storeName : undefined,
          sendsOldValues: this.#sendsOldValues,
        }),
        key: READ_AND_FORWARDED,
        value: READ_AND_REPLACED,
        store: this.#isKept ? tableStore(this.rows, defaults) : undefined,
      }),
    }
  }
}
