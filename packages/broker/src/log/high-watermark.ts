interface Waiter {
  readonly offset: number
  resolve(): void
  reject(error: Error): void
}

/**
 * The offset up to which readers may read, or up to which records are durable, and who waits for it to move. It never goes
 * back. Waiters are bounded by what connections may have in flight: one for each produce request and each coordinator write.
 */
export class HighWatermark {
  private readonly listeners = new Set<() => void>()
  /** By offset, lowest first. */
  private readonly waiters: Waiter[] = []
  private failure: Error | undefined

  constructor(private value: number) {}

  get offset(): number {
    return this.value
  }

  advance(offset: number): void {
    if (offset <= this.value) return
    this.value = offset
    let reached = 0
    while (reached < this.waiters.length && this.waiters[reached]!.offset <= offset) reached++
    for (const waiter of this.waiters.splice(0, reached)) waiter.resolve()
    this.notify()
  }

  /** Resolves once it has reached `offset`; rejects when it never will. */
  reached(offset: number): Promise<void> {
    if (offset <= this.value) return Promise.resolve()
    const { failure } = this
    if (failure !== undefined) return Promise.reject(failure)
    return new Promise((resolve, reject) => {
      const behind = this.waiters.findLastIndex(waiter => waiter.offset <= offset)
      this.waiters.splice(behind + 1, 0, { offset, resolve, reject })
    })
  }

  /** It will not move again. */
  fail(error: Error): void {
    if (this.failure !== undefined) return
    this.failure = error
    for (const waiter of this.waiters.splice(0)) waiter.reject(error)
    this.notify()
  }

  listen(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  private notify(): void {
    for (const listener of [...this.listeners]) listener()
  }
}
