import type { TableOutput } from '../processors/table-output.ts'
import type { StoreBuilder } from '../state/store-builder.ts'
import type { BuilderDefaults } from './builder-defaults.ts'

/** What is known of a table's store while operators downstream are still being added. */
export class TableStore {
  /** True once somebody needs the old value of each change. */
  sendsOldValues = false

  /**
   * @param name undefined for a table that never has a store of its own
   * @param isKept whether the table has its store already; asking for old values may change that
   * @param makeBuilder the store, when it is kept
   */
  constructor(
    readonly name: string | undefined,
    private isKept: boolean,
    private readonly makeBuilder: (defaults: BuilderDefaults) => StoreBuilder,
  ) {}

  /** See `TableOrigin.enableOldValues`, for a table that gets its old values from its own store. */
  enableOldValues(force: boolean): boolean {
    if (!this.isKept && !force) return false
    this.isKept = true
    this.sendsOldValues = true
    return true
  }

  get output(): TableOutput {
    return { storeName: this.isKept ? this.name : undefined, sendsOldValues: this.sendsOldValues }
  }

  builder(defaults: BuilderDefaults): StoreBuilder | undefined {
    return this.isKept ? this.makeBuilder(defaults) : undefined
  }
}
