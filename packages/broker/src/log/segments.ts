import type { Segment } from './segment/segment.ts'
import type { AbortedSpan } from './segment/transaction-index.ts'

/** Where a batch begins. */
export interface Place {
  readonly segment: Segment
  readonly position: number
}

/** The segments of one log by base offset. There is at least one; only the last one, the active one, is appended to. */
export class LogSegments implements Iterable<Segment> {
  private readonly list: Segment[]

  constructor(segments: readonly Segment[]) {
    this.list = [...segments]
  }

  [Symbol.iterator](): Iterator<Segment> {
    return this.list[Symbol.iterator]()
  }

  get first(): Segment {
    return this.list[0]!
  }
  get active(): Segment {
    return this.list.at(-1)!
  }
  get count(): number {
    return this.list.length
  }
  get sizeInBytes(): number {
    return this.list.reduce((bytes, segment) => bytes + segment.sizeInBytes, 0)
  }
  /** Where the next batch will begin. */
  get end(): Place {
    return { segment: this.active, position: this.active.sizeInBytes }
  }
  get baseOffsets(): ReadonlySet<number> {
    return new Set(this.list.map(segment => segment.baseOffset))
  }

  /** The segment that `offset` belongs to, and those behind it. All of them for an offset before the first. */
  from(offset: number): Segment[] {
    return this.list.slice(Math.max(0, this.lastAtOrBefore(offset)))
  }

  /** The segment behind `segment`; undefined for the active one. */
  behind(segment: Segment): Segment | undefined {
    const next = this.list[this.lastAtOrBefore(segment.baseOffset) + 1]
    return next === segment ? undefined : next
  }

  /** Bytes between two places, `to` being the later one. */
  bytesBetween(from: Place, to: Place): number {
    let bytes = to.position - from.position
    for (const segment of this.from(from.segment.baseOffset)) {
      if (segment.baseOffset >= to.segment.baseOffset) break
      bytes += segment.sizeInBytes
    }
    return bytes
  }

  /** Aborted transactions that touch `[fromOffset, untilOffset)`, by first offset. */
  abortedSpans(fromOffset: number, untilOffset: number): AbortedSpan[] {
    const found: AbortedSpan[] = []
    for (const segment of this.from(fromOffset))
      if (segment.transactionIndex.collect(fromOffset, untilOffset, found)) break
    return found.sort((a, b) => a.firstOffset - b.firstOffset)
  }

  append(segment: Segment): void {
    this.list.push(segment)
  }

  /** Takes the oldest one away. */
  shift(): void {
    this.list.shift()
  }

  /** Whether `neighbours` lie side by side in the log. */
  holds(neighbours: readonly Segment[]): boolean {
    const at = this.list.indexOf(neighbours[0]!)
    return at >= 0 && neighbours.every((segment, index) => this.list[at + index] === segment)
  }

  /** `replacement` takes the place of `neighbours`, which the log {@link holds}. */
  replace(neighbours: readonly Segment[], replacement: Segment): void {
    this.list.splice(this.list.indexOf(neighbours[0]!), neighbours.length, replacement)
  }

  private lastAtOrBefore(offset: number): number {
    let low = 0
    let high = this.list.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.list[middle]!.baseOffset <= offset) low = middle + 1
      else high = middle
    }
    return low - 1
  }
}
