/** Something that is written as a whole, again and again: requests that come while one write is under way share the next. */
export class CoalescedWrite {
  private running: Promise<void> = Promise.resolve()
  private waiting: Promise<void> | undefined

  constructor(private readonly write: () => Promise<void>) {}

  /** Settles as the write does that begins after this call. */
  request(): Promise<void> {
    if (this.waiting !== undefined) return this.waiting
    const begin = () => {
      this.waiting = undefined
      return this.write()
    }
    this.waiting = this.running.then(begin, begin)
    this.running = this.waiting
    return this.waiting
  }
}
