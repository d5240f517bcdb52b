import { type KeyRange, prefixEnd } from './bytes/byte-order.ts'

export type Row = readonly [key: Buffer, value: Buffer]
export type ScanDirection = 'forward' | 'backward'

/** Ordered rows of bytes: what every store is made of, and what wraps a store without knowing its types. */
export interface Rows {
  /** A copy that belongs to the caller; undefined when there is no such row. */
  get(key: Uint8Array): Buffer | undefined
  /** Copies both. A null value deletes. */
  put(key: Uint8Array, value: Uint8Array | null): void
  /** Shows the rows as they are when each step is taken; they may be written meanwhile. */
  scan(range: KeyRange, direction: ScanDirection): IterableIterator<Row>
}

/** The rows of one store among those of a task. */
export class PrefixedRows implements Rows {
  readonly #rows: Rows
  readonly #prefix: Buffer

  constructor(rows: Rows, prefix: Buffer) {
    this.#rows = rows
    this.#prefix = prefix
  }

  get(key: Uint8Array): Buffer | undefined {
    return this.#rows.get(this.prefixed(key))
  }

  put(key: Uint8Array, value: Uint8Array | null): void {
    this.#rows.put(this.prefixed(key), value)
  }

  *scan(range: KeyRange, direction: ScanDirection): IterableIterator<Row> {
    for (const row of this.#rows.scan(this.range(range), direction)) yield this.unprefixed(row)
  }

  /** The range as the rows below know it. */
  protected range(range: KeyRange): KeyRange {
    return {
      from: this.prefixed(range.from),
      to: range.to === undefined ? prefixEnd(this.#prefix) : this.prefixed(range.to),
    }
  }

  protected unprefixed([key, value]: Row): Row {
    return [key.subarray(this.#prefix.length), value]
  }

  protected prefixed(key: Uint8Array): Buffer {
    const prefixed = Buffer.allocUnsafe(this.#prefix.length + key.length)
    prefixed.set(this.#prefix)
    prefixed.set(key, this.#prefix.length)
    return prefixed
  }
}
