/** Numbers that may only grow, such as the end of a log or a committed offset. Answers to questions overtake each other. */
export class NeverBack {
  readonly problems: string[] = []
  private readonly greatest = new Map<string, number>()

  /** To be asked before the question is; its answer belongs to {@link observe}. */
  snapshot(): ReadonlyMap<string, number> {
    return new Map(this.greatest)
  }

  observe(subject: string, value: number, before: ReadonlyMap<string, number>): void {
    const known = before.get(subject)
    if (known !== undefined && value < known) this.problems.push(`${subject} went back from ${known} to ${value}`)
    this.greatest.set(subject, Math.max(value, this.greatest.get(subject) ?? value))
  }
}
