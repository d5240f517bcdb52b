import type { Cancellable, PunctuationType, Punctuator } from '../processor/context.ts'

/** One schedule of one processor. */
export interface Punctuation extends Cancellable {
  readonly processorName: string
  readonly punctuator: Punctuator
}

const NOTHING_DUE: readonly Punctuation[] = []

interface Scheduled extends Punctuation {
  readonly intervalMs: number
  nextMs: number
  cancelled: boolean
}

/**
 * The punctuations of a task on one notion of time. Each keeps to its own grid: multiples of the interval for stream
 * time, the moment of scheduling plus multiples for the wall clock. What was missed collapses into one call.
 */
export class PunctuationSchedule {
  #scheduled: Scheduled[] = []

  constructor(private readonly type: PunctuationType) {}

  /** @param nowMs of this notion of time; −1 while it is unknown */
  add(processorName: string, intervalMs: number, punctuator: Punctuator, nowMs: number): Cancellable {
    const scheduled: Scheduled = {
      processorName,
      punctuator,
      intervalMs,
      nextMs: this.type === 'stream-time' ? 0 : nowMs + intervalMs,
      cancelled: false,
      cancel: () => {
        scheduled.cancelled = true
        this.#scheduled = this.#scheduled.filter(other => other !== scheduled)
      },
    }
    this.#scheduled.push(scheduled)
    return scheduled
  }

  /** The punctuations that are due at `nowMs`, each once, earliest first; each is moved to its next turn before it is given out. */
  due(nowMs: number): Iterable<Punctuation> {
    return this.#scheduled.some(({ nextMs }) => nextMs <= nowMs) ? this.#taken(nowMs) : NOTHING_DUE
  }

  *#taken(nowMs: number): Iterable<Punctuation> {
    const due = this.#scheduled.filter(({ nextMs }) => nextMs <= nowMs).sort((one, other) => one.nextMs - other.nextMs)
    for (const scheduled of due) {
      if (scheduled.cancelled) continue
      const missed = Math.floor((nowMs - scheduled.nextMs) / scheduled.intervalMs)
      scheduled.nextMs += (missed + 1) * scheduled.intervalMs
      yield scheduled
    }
  }
}
