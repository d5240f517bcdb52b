interface Entry {
  readonly offset: number
  readonly nextOffset: number
  readonly sinceMs: number
  isDone: boolean
}

/** Which records of one partition are done, in whatever order they get done. Offsets are added in the order of the log. */
export class OffsetTracker {
  /** From the first that is not done on. */
  private readonly pending = new Map<number, Entry>()
  private contiguousEnd: number | undefined
  private latestEnd: number | undefined
  private committedEnd: number | undefined

  /** `nextOffset`: where reading goes on behind the record. */
  add(offset: number, nextOffset: number, nowMs: number): void {
    this.pending.set(offset, { offset, nextOffset, sinceMs: nowMs, isDone: false })
  }

  /** A record that is not waited for (any more) is ignored. */
  done(offset: number): void {
    const entry = this.pending.get(offset)
    if (entry === undefined) return
    entry.isDone = true
    this.latestEnd = Math.max(this.latestEnd ?? 0, entry.nextOffset)
    for (const first of this.pending.values()) {
      if (!first.isDone) return
      this.contiguousEnd = first.nextOffset
      this.pending.delete(first.offset)
    }
  }

  /** What to commit under the strategy; undefined if nothing is new. */
  toCommit(strategy: 'throttled' | 'latest'): number | undefined {
    const end = strategy === 'throttled' ? this.contiguousEnd : this.latestEnd
    return end === undefined || end === this.committedEnd ? undefined : end
  }
  committed(offset: number): void {
    this.committedEnd = offset
  }

  /** The record that everything behind it waits for. */
  get oldestPending(): { readonly offset: number; readonly sinceMs: number } | undefined {
    return this.pending.values().next().value
  }
}
