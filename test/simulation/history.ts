/** What everybody did and saw, and everything that must not have happened. */

/** Names a record for ever: which producer sent it, to which partition, as its how manieth there. */
export interface RecordId {
  readonly producer: string
  readonly partition: number
  readonly sequence: number
}

export function nameOf({ producer, partition, sequence }: RecordId): string {
  return `${producer}/${partition}/${sequence}`
}

export class History {
  /** Broken promises, each with its time. A run passes when there are none. */
  readonly problems: string[] = []
  /** Names of all records handed to a producer. */
  readonly sent = new Set<string>()
  /** Acknowledged records, with the offset that the producer was told, −1 if it was not. */
  readonly acknowledged = new Map<string, { readonly partition: number; readonly offset: number }>()
  /** What was seen at `partition/offset`, by whoever saw it first. */
  private readonly seen = new Map<string, string>()
  /** Per partition the offset up to which the consumers of the group have processed everything. */
  private readonly processed = new Map<number, number>()
  private readonly commits = new Map<number, number>()
  private readonly ends = new Map<number, number>()
  /** The broker's disk refuses writes or syncs just now, so that the broker may refuse too. */
  diskFails = false

  constructor(private readonly nowMs: () => number) {}

  problem(text: string): void {
    this.problems.push(`${this.nowMs().toFixed(3)} ms: ${text}`)
  }

  /** A program gave up of itself, which it may do when the broker cannot write. */
  died(program: string, error: unknown): void {
    if (!this.diskFails) this.problem(`${program} died: ${error instanceof Error ? error.stack : String(error)}`)
  }

  /** A record that a reader was given: at one offset everybody must see the same one, for ever. */
  saw(reader: string, partition: number, offset: number, name: string): void {
    const place = `${partition}/${offset}`
    const before = this.seen.get(place)
    if (before === undefined) this.seen.set(place, name)
    else if (before !== name) this.problem(`${reader} sees ${name} at ${place}, where ${before} was seen before`)
    if (!this.sent.has(name)) this.problem(`${reader} sees ${name} at ${place}, which nobody sent`)
  }

  /** A group member begins at `offset`: what lies before must have been processed by somebody. */
  began(consumer: string, partition: number, offset: number): void {
    const processed = this.processedUpTo(partition)
    if (offset > processed)
      this.problem(`${consumer} begins partition ${partition} at ${offset}, skipping from ${processed}`)
  }

  processedTo(partition: number, nextOffset: number): void {
    this.processed.set(partition, Math.max(nextOffset, this.processedUpTo(partition)))
  }

  processedUpTo(partition: number): number {
    return this.processed.get(partition) ?? 0
  }

  /** The greatest offsets of the group that were found or acknowledged so far. */
  get committed(): ReadonlyMap<number, number> {
    return new Map(this.commits)
  }

  /**
   * The group's offset was found, or acknowledged, to be `offset`: it never goes back nor past what was processed.
   * @param before {@link committed} from when the request was sent: answers overtake each other
   */
  committedTo(who: string, partition: number, offset: number, before: ReadonlyMap<number, number>): void {
    const known = before.get(partition) ?? 0
    if (offset < known)
      this.problem(`${who}: committed offset of partition ${partition} went from ${known} to ${offset}`)
    const processed = this.processedUpTo(partition)
    if (offset > processed)
      this.problem(`${who}: committed offset ${offset} of partition ${partition} is past ${processed}`)
    this.commits.set(partition, Math.max(offset, this.commits.get(partition) ?? 0))
  }

  /** The ends of the logs as anybody has seen them so far. */
  get logEnds(): ReadonlyMap<number, number> {
    return new Map(this.ends)
  }

  /**
   * The visible end of a log never goes back.
   * @param before {@link logEnds} from when the question was asked: answers overtake each other
   */
  logEndsAt(who: string, partition: number, end: number, before: ReadonlyMap<number, number>): void {
    const known = before.get(partition) ?? 0
    if (end < known) this.problem(`${who}: the end of partition ${partition} went from ${known} to ${end}`)
    this.ends.set(partition, Math.max(end, this.ends.get(partition) ?? 0))
  }

  /** Whatever a reader saw once must still be there. */
  checkSeenAreIn(log: ReadonlyMap<string, unknown>): void {
    for (const [place, name] of this.seen) if (!log.has(name)) this.problem(`${name}, seen at ${place}, is lost`)
  }
}
