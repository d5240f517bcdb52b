/**
 * The entries of a table in the order of their keys: sorted runs of at most 512 entry numbers. Finding, adding and
 * removing cost one binary search over the runs and one within a run.
 */
const RUN_ENTRIES = 512

/** What the index needs to know of the table. An entry keeps its key as long as it is in the index. */
export interface EntryOrder {
  compareEntries(left: number, right: number): number
  compareToKey(entry: number, key: Uint8Array): number
}

export class SortedEntries {
  readonly #table: EntryOrder
  /** Never an empty run. */
  readonly #runs: number[][] = []

  constructor(table: EntryOrder, entries: number[]) {
    this.#table = table
    entries.sort((left, right) => table.compareEntries(left, right))
    const half = RUN_ENTRIES / 2
    for (let i = 0; i < entries.length; i += half) this.#runs.push(entries.slice(i, i + half))
  }

  /** The entry with the least key at or after `key`, or −1. */
  ceiling(key: Uint8Array): number {
    return this.#first(entry => this.#table.compareToKey(entry, key) >= 0)
  }

  /** The entry with the least key after `key`, or −1. */
  higher(key: Uint8Array): number {
    return this.#first(entry => this.#table.compareToKey(entry, key) > 0)
  }

  /** The entry with the greatest key before `key`, or −1. */
  lower(key: Uint8Array): number {
    const run = firstIndex(this.#runs.length, i => this.#table.compareToKey(this.#runs[i]![0]!, key) >= 0) - 1
    if (run < 0) return -1
    const entries = this.#runs[run]!
    return entries[firstIndex(entries.length, i => this.#table.compareToKey(entries[i]!, key) >= 0) - 1]!
  }

  last(): number {
    return this.#runs.at(-1)?.at(-1) ?? -1
  }

  /** The entry is not in the index yet. */
  add(entry: number): void {
    if (this.#runs.length === 0) {
      this.#runs.push([entry])
      return
    }
    const run = Math.max(0, firstIndex(this.#runs.length, i => this.#compare(this.#runs[i]![0]!, entry) > 0) - 1)
    const entries = this.#runs[run]!
    const index = firstIndex(entries.length, i => this.#compare(entries[i]!, entry) > 0)
    entries.splice(index, 0, entry)
    if (entries.length > RUN_ENTRIES) this.#runs.splice(run + 1, 0, entries.splice(RUN_ENTRIES / 2))
  }

  /** The entry is in the index. */
  remove(entry: number): void {
    const run = firstIndex(this.#runs.length, i => this.#compare(this.#runs[i]![0]!, entry) > 0) - 1
    const entries = this.#runs[run]!
    entries.splice(
      firstIndex(entries.length, i => this.#compare(entries[i]!, entry) >= 0),
      1,
    )
    if (entries.length === 0) this.#runs.splice(run, 1)
  }

  #compare(left: number, right: number): number {
    return left === right ? 0 : this.#table.compareEntries(left, right)
  }

  #first(reached: (entry: number) => boolean): number {
    const run = firstIndex(this.#runs.length, i => reached(this.#runs[i]!.at(-1)!))
    const entries = this.#runs[run]
    return entries === undefined ? -1 : entries[firstIndex(entries.length, i => reached(entries[i]!))]!
  }
}

/** The first index in `[0, length)` at which `holds` turns true (it stays true from there on), or `length`. */
function firstIndex(length: number, holds: (index: number) => boolean): number {
  let low = 0
  let high = length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (holds(middle)) high = middle
    else low = middle + 1
  }
  return low
}
