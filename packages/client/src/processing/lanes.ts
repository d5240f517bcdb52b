/** Something that runs once, later. Never rejects. */
export type Job = () => Promise<void>

interface Lane {
  readonly waiting: Job[]
}

/** Runs jobs of one lane one after the other and those of different lanes at once, up to a number in all. */
export class Lanes<Key> {
  private readonly lanes = new Map<Key, Lane>()
  /** Lanes with a job to start, none of which is at work. */
  private readonly ready: Key[] = []
  private running = 0
  private waitingCount = 0

  constructor(private readonly concurrency: number) {}

  /** Jobs that have not begun. */
  get waiting(): number {
    return this.waitingCount
  }

  add(key: Key, job: Job): void {
    this.waitingCount++
    const lane = this.lanes.get(key)
    if (lane !== undefined) {
      lane.waiting.push(job)
      return
    }
    this.lanes.set(key, { waiting: [job] })
    this.ready.push(key)
    this.startSome()
  }

  private startSome(): void {
    while (this.running < this.concurrency) {
      const key = this.ready.shift()
      if (key === undefined) return
      const lane = this.lanes.get(key)!
      const job = lane.waiting.shift()!
      this.running++
      this.waitingCount--
      void job().then(() => {
        this.running--
        if (lane.waiting.length > 0) this.ready.push(key)
        else this.lanes.delete(key)
        this.startSome()
      })
    }
  }
}
