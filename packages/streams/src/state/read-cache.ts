import { ByteTable, type TableValue } from './bytes/byte-table.ts'

/**
 * What was lately read from or written to the engine, tombstones and misses included, within a budget of bytes. Two
 * halves: reads and writes go to the young one; when it is full it becomes the old one and the old one is dropped. A
 * hit in the old half moves to the young one, so what is used stays and nothing keeps a list of uses.
 */
export class ReadCache {
  readonly #budgetBytes: number
  readonly #seed: number
  #young: ByteTable
  #old: ByteTable

  constructor(budgetBytes: number, seed: number) {
    this.#budgetBytes = budgetBytes
    this.#seed = seed
    this.#young = new ByteTable(seed)
    this.#old = new ByteTable(seed)
  }

  get sizeInBytes(): number {
    return this.#young.sizeInBytes + this.#old.sizeInBytes
  }

  /** Null when the engine is known to have no row, undefined when nothing is known. */
  get(key: Uint8Array): TableValue | undefined {
    const young = this.#young.get(key)
    if (young !== undefined) return young
    const old = this.#old.get(key)
    if (old !== undefined) this.add(key, old)
    return old
  }

  /** What the engine answered. */
  add(key: Uint8Array, value: Uint8Array | null): void {
    this.#young.put(key, value)
    this.#makeRoom()
  }

  /** Takes over a table of rows that the engine has just written; it is the cache's from here on. */
  adopt(written: ByteTable): void {
    this.#old = this.#young
    this.#young = written
    this.#makeRoom()
  }

  #makeRoom(): void {
    if (this.#young.sizeInBytes > this.#budgetBytes / 2) {
      this.#old = this.#young.sizeInBytes > this.#budgetBytes ? new ByteTable(this.#seed) : this.#young
      this.#young = new ByteTable(this.#seed)
    } else if (this.sizeInBytes > this.#budgetBytes) this.#old = new ByteTable(this.#seed)
  }
}
