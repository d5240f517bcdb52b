import type { RowFormat } from './row-format.ts'
import type { StoreContext } from './store-context.ts'

/** The changelog of one store, as its wrapper writes it. */
export class Changelog {
  readonly #context: StoreContext
  readonly #storeName: string
  readonly #format: RowFormat

  constructor(context: StoreContext, storeName: string, format: RowFormat) {
    this.#context = context
    this.#storeName = storeName
    this.#format = format
  }

  /** A delete has no timestamp of its own and takes that of the record being processed. */
  log(key: Uint8Array, row: Uint8Array | null): void {
    const contextTimestampMs = this.#context.timestampMs
    if (row === null) this.#context.logChange(this.#storeName, key, null, contextTimestampMs)
    else {
      const timestampMs = this.#format.changelogTimestampMs(row, contextTimestampMs)
      this.#context.logChange(this.#storeName, key, this.#format.changelogValue(row), timestampMs)
    }
  }
}
