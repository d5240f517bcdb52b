import type { EpochStart } from './checkpoint-file.ts'

/** Which leader epoch wrote which offsets of a log. Epochs and start offsets increase. Pure. */
export class LeaderEpochs {
  private readonly starts: EpochStart[] = []

  constructor(starts: readonly EpochStart[] = []) {
    for (const { leaderEpoch, startOffset } of starts) this.assign(leaderEpoch, startOffset)
  }

  /** −1 before the first. */
  get latest(): number {
    return this.starts.at(-1)?.leaderEpoch ?? -1
  }

  get entries(): readonly EpochStart[] {
    return this.starts
  }

  /** `leaderEpoch` writes from `startOffset` on. An epoch that is not above the latest changes nothing. False then. */
  assign(leaderEpoch: number, startOffset: number): boolean {
    if (leaderEpoch <= this.latest) return false
    // Epochs that wrote nothing are of no use to anyone.
    while (this.starts.length > 0 && this.starts.at(-1)!.startOffset >= startOffset) this.starts.pop()
    this.starts.push({ leaderEpoch, startOffset })
    return true
  }

  /** Forgets what lies at and behind `endOffset`. */
  truncate(endOffset: number): void {
    while (this.starts.length > 0 && this.starts.at(-1)!.startOffset >= endOffset) this.starts.pop()
  }

  /** The epoch that wrote `offset`; −1 if it is not known. */
  epochOf(offset: number): number {
    return this.starts.findLast(({ startOffset }) => startOffset <= offset)?.leaderEpoch ?? -1
  }

  /** The greatest epoch up to `leaderEpoch` and the offset behind its last record; null if it is not known. */
  endOffsetOf(
    leaderEpoch: number,
    logEndOffset: number,
  ): { readonly leaderEpoch: number; readonly endOffset: number } | null {
    if (leaderEpoch < 0 || leaderEpoch > this.latest) return null
    const next = this.starts.findIndex(start => start.leaderEpoch > leaderEpoch)
    if (next === 0) return { leaderEpoch, endOffset: this.starts[0]!.startOffset }
    const found = this.starts.at(next < 0 ? -1 : next - 1)!
    return { leaderEpoch: found.leaderEpoch, endOffset: next < 0 ? logEndOffset : this.starts[next]!.startOffset }
  }
}
