import type { Clock } from '../clock.ts'
import { sleep } from '../sleep.ts'
import { LONGEST_DELAY_MS, type Timer, type Timers } from '../timers.ts'
import type { Process } from './event-queue.ts'
import type { Scheduler } from './scheduler.ts'
import type { SeededRandom } from './seeded-random.ts'

/** 2026-01-01T00:00:00Z: where every simulation begins. */
const SIMULATION_START_MS = 1_767_225_600_000

/** How long a turn of the event loop takes at most. */
const LONGEST_TURN_US = 20

/** A node's clock; `skewMs` says how far its wall clock is off. */
export class SimulatedClock implements Clock {
  constructor(
    private readonly scheduler: Scheduler,
    private readonly skewMs: () => number,
  ) {}

  nowMs(): number {
    return SIMULATION_START_MS + Math.floor(this.scheduler.nowUs / 1000) + this.skewMs()
  }

  monotonicMs(): number {
    return this.scheduler.nowUs / 1000
  }
}

/** Timers fire at whole milliseconds, as Node's do, never early and in order. */
export class SimulatedTimers implements Timers {
  private lastTurnUs = 0

  constructor(
    private readonly scheduler: Scheduler,
    private readonly process: Process,
    private readonly random: SeededRandom,
  ) {}

  after(delayMs: number, callback: () => void): Timer {
    // Negated so that NaN counts as 1 too.
    const delay = !(delayMs >= 1) ? 1 : Math.min(delayMs, LONGEST_DELAY_MS)
    const dueUs = Math.ceil(this.scheduler.nowUs / 1000 + delay) * 1000
    return this.scheduler.schedule(this.process, 'timer', dueUs - this.scheduler.nowUs, callback)
  }

  soon(callback: () => void): void {
    const { nowUs } = this.scheduler
    this.lastTurnUs = Math.max(this.lastTurnUs, nowUs + this.random.between(1, LONGEST_TURN_US))
    this.scheduler.schedule(this.process, 'turn', this.lastTurnUs - nowUs, callback)
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleep(this, delayMs, signal)
  }
}
