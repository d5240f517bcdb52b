/** One ordered view over layers of rows: tables of writes, newest first, over the rows of an engine. */
import { compareBytes, type KeyRange, keyAfter, rangeContains } from './bytes/byte-order.ts'
import type { ByteTable, TableValue } from './bytes/byte-table.ts'
import type { Row, ScanDirection } from './rows.ts'

/** A walk over a range. It remembers the last key only, so the layers may change between two steps. */
export class MergedScan {
  readonly #range: KeyRange
  readonly #direction: ScanDirection
  /** The last key that was passed; tombstones count. */
  #last: Buffer | undefined
  /** Rows of the engine that are still ahead, as of `#pageVersion`. */
  #page: readonly Row[] = []
  #pageIndex = 0
  #pageVersion: number | undefined
  #engineExhausted = false

  constructor(range: KeyRange, direction: ScanDirection) {
    this.#range = range
    this.#direction = direction
  }

  /** The range to read the next page of, or undefined when the page in hand will do. */
  missingPage(engineVersion: number): KeyRange | undefined {
    if (this.#pageVersion === engineVersion && (this.#engineExhausted || this.#pageIndex < this.#page.length)) {
      return undefined
    }
    if (this.#last === undefined) return this.#range
    if (this.#direction === 'backward') return { from: this.#range.from, to: this.#last }
    return { from: keyAfter(this.#last), to: this.#range.to }
  }

  /** The engine's next rows; none means that it has no more. */
  supplyPage(page: readonly Row[], engineVersion: number): void {
    this.#page = page
    this.#pageIndex = 0
    this.#pageVersion = engineVersion
    this.#engineExhausted = page.length === 0
  }

  /**
   * The next key with its newest value: a row, null after a tombstone was passed (ask again, a page may be missing),
   * undefined at the end.
   */
  step(tables: readonly ByteTable[]): Row | null | undefined {
    const engineRow = this.#page[this.#pageIndex]
    let key = engineRow?.[0]
    for (const table of tables) {
      const candidate = this.#nextKey(table)
      if (candidate !== undefined && (key === undefined || this.#precedes(candidate, key))) key = candidate
    }
    if (key === undefined) return undefined
    this.#last = key
    let value: TableValue | undefined
    for (const table of tables) if ((value = table.get(key)) !== undefined) break
    if (engineRow !== undefined && compareBytes(engineRow[0], key) === 0) {
      this.#pageIndex++
      if (value === undefined) value = engineRow[1]
    }
    return value === null || value === undefined ? null : [key, value]
  }

  #precedes(key: Buffer, other: Buffer): boolean {
    const order = compareBytes(key, other)
    return this.#direction === 'forward' ? order < 0 : order > 0
  }

  #nextKey(table: ByteTable): Buffer | undefined {
    const key =
      this.#direction === 'backward'
        ? table.lowerKey(this.#last ?? this.#range.to)
        : this.#last === undefined
          ? table.ceilingKey(this.#range.from)
          : table.higherKey(this.#last)
    return key !== undefined && rangeContains(this.#range, key) ? key : undefined
  }
}
