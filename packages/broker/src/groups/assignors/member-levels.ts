/**
 * The subscribers of one topic, sorted by how many partitions they have, with a range at each end: giving fills the low
 * range level by level, taking empties the high range level by level. So a topic is balanced without sorting again
 * after each partition.
 *
 *     partitions            ##
 *       of a        [low ]####
 *      member       [####]##[high]
 *                   ------------->  members
 *
 * Source: Apache Kafka, `UniformHeterogeneousAssignmentBuilder.MemberAssignmentBalancer`.
 */
export class MemberLevels {
  private readonly sorted: number[]
  /** Members before this index are in the low range. */
  private lowEnd = 0
  private lowLevel: number
  private nextToGive = 0
  /** Members from `highStart` to before `highEnd` are in the high range; those behind it have nothing to take. */
  private highStart: number
  private highEnd: number
  private highLevel: number
  private nextToTake: number
  /** Between the two ends, before anything is given or taken. */
  readonly imbalance: number

  /** `members`: indices into `sizes`, not empty. `sizes` counts the partitions of each and is only read, but may change. */
  constructor(
    members: readonly number[],
    private readonly sizes: readonly number[],
  ) {
    this.sorted = [...members].sort((a, b) => sizes[a]! - sizes[b]! || a - b)
    const lowest = this.sizeAt(0)
    const highest = this.sizeAt(this.sorted.length - 1)
    this.lowLevel = lowest - 1
    this.highStart = this.sorted.length
    this.highEnd = this.sorted.length
    this.highLevel = highest + 1
    this.nextToTake = this.sorted.length - 1
    this.imbalance = highest - lowest
  }

  /** Who gets the next partition. */
  give(): number {
    if (this.nextToGive >= this.lowEnd) {
      this.lowLevel++
      while (this.lowEnd < this.sorted.length && this.sizeAt(this.lowEnd) === this.lowLevel) this.lowEnd++
      this.nextToGive = 0
    }
    return this.sorted[this.nextToGive++]!
  }

  /** Who loses the next partition; undefined when nobody has one to lose. `hasAny`: whether a member has. */
  take(hasAny: (member: number) => boolean): number | undefined {
    for (;;) {
      const member = this.nextHighest()
      if (member === undefined || hasAny(member)) return member
      this.excludeLastTaken(member)
    }
  }

  /** True when moving one more partition would gain nothing. */
  get isBalanced(): boolean {
    return this.highLevel - this.lowLevel <= 1
  }

  private nextHighest(): number | undefined {
    if (this.nextToTake < this.highStart) {
      // When all of the range were excluded, its level says nothing about those below it.
      if (this.highEnd <= this.highStart && this.highStart > 0) this.highLevel = this.sizeAt(this.highStart - 1)
      else this.highLevel--
      while (this.highStart > 0 && this.sizeAt(this.highStart - 1) === this.highLevel) this.highStart--
      this.nextToTake = this.highEnd - 1
    }
    return this.nextToTake < 0 ? undefined : this.sorted[this.nextToTake--]
  }

  /** Swaps the member to the end of the high range and ends the range before it. */
  private excludeLastTaken(member: number): void {
    const last = this.highEnd - 1
    this.sorted[this.nextToTake + 1] = this.sorted[last]!
    this.sorted[last] = member
    this.highEnd = last
  }

  private sizeAt(index: number): number {
    return this.sizes[this.sorted[index]!]!
  }
}
