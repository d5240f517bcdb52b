import type { KeyRange } from '../bytes/byte-order.ts'
import type { Row, Rows, ScanDirection } from '../rows.ts'
import type { Changelog } from './changelog.ts'

/** Logs every write of a key-value store once it is made. */
export class ChangeloggedRows implements Rows {
  readonly #rows: Rows
  readonly #changelog: Changelog

  constructor(rows: Rows, changelog: Changelog) {
    this.#rows = rows
    this.#changelog = changelog
  }

  get(key: Uint8Array): Buffer | undefined {
    return this.#rows.get(key)
  }

  put(key: Uint8Array, value: Uint8Array | null): void {
    this.#rows.put(key, value)
    this.#changelog.log(key, value)
  }

  scan(range: KeyRange, direction: ScanDirection): IterableIterator<Row> {
    return this.#rows.scan(range, direction)
  }
}
