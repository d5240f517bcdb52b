/** The event loop gets its turn at least this often: heartbeats and health answers must not wait for records. */
const LONGEST_SLICE_MS = 10
const FIRST_RECORDS = 64
const MOST_RECORDS = 16_384

/**
 * How many records to process before the event loop gets its turn. It counts records, not time, so that a simulation,
 * whose clock stands still meanwhile, takes the same turns every time; the count follows what records cost.
 */
export class SliceSize {
  #records = FIRST_RECORDS

  get records(): number {
    return this.#records
  }

  /** A slice of this many records took so long. */
  took(records: number, elapsedMs: number): void {
    if (elapsedMs > LONGEST_SLICE_MS) this.#records = Math.max(1, this.#records >> 1)
    else if (records >= this.#records && elapsedMs < LONGEST_SLICE_MS / 2) {
      this.#records = Math.min(MOST_RECORDS, this.#records << 1)
    }
  }
}
