/**
 * One queue of events in virtual time. Nothing in a simulation happens except as an event, and the next event starts only
 * when every promise that the last one settled has run its course, so asynchronous code interleaves in one way only.
 */
import { EventQueue, type Process, type ScheduledEvent } from './event-queue.ts'
import { Trace } from './trace.ts'

/** The host's own event loop gets a turn after this many events, so that a test runner stays responsive. */
const EVENTS_PER_HOST_TURN = 2_000

export class Scheduler {
  /** Virtual time since the start, whole microseconds. */
  nowUs = 0
  /** Events that have run. */
  steps = 0
  readonly trace = new Trace()
  private readonly queue = new EventQueue()

  /** @param onEvent hears of each event before it runs */
  constructor(private readonly onEvent?: (event: ScheduledEvent) => void) {}

  /**
   * Runs `action` after `delayUs`; events of one moment run in the order in which they were scheduled.
   * @param process whose event it is; null for one that outlives every process
   */
  schedule(process: Process | null, kind: string, delayUs: number, action: () => void): ScheduledEvent {
    return this.queue.add(this.nowUs + delayUs, process, kind, action)
  }

  /** When the next event is due; undefined if there is none. */
  get nextDueUs(): number | undefined {
    return this.queue.peek()?.dueUs
  }

  /** Runs the next event and lets the promises settle. False if there is none. */
  async step(): Promise<boolean> {
    const event = this.takeNext()
    if (event === undefined) return false
    this.nowUs = event.dueUs
    this.steps++
    this.trace.number(event.dueUs)
    this.trace.text(event.kind)
    if (event.process !== null) this.trace.text(event.process.name)
    this.onEvent?.(event)
    try {
      event.action()
    } catch (error) {
      throw new ProcessFailedError(event.process?.name ?? 'the simulation', event.kind, { cause: error })
    }
    await this.settle()
    return true
  }

  /** Waits until no promise has anything left to do. */
  async settle(): Promise<void> {
    // Node runs the ticks queued by promise callbacks after all promise callbacks, those queued meanwhile included.
    await new Promise<void>(resolve => process.nextTick(resolve))
    if (this.steps % EVENTS_PER_HOST_TURN === 0) await new Promise<void>(resolve => setImmediate(resolve))
  }

  private takeNext(): ScheduledEvent | undefined {
    for (;;) {
      const event = this.queue.take()
      if (event === undefined) return undefined
      if (event.process !== null) {
        if (!event.process.isAlive) continue
        if (event.process.stalledUntilUs > event.dueUs) {
          this.queue.postpone(event, event.process.stalledUntilUs)
          continue
        }
      }
      return event
    }
  }
}

/** A program under simulation threw where Node would have ended its process. */
export class ProcessFailedError extends Error {
  readonly code = 'PROCESS_FAILED'
  constructor(processName: string, eventKind: string, options: ErrorOptions) {
    super(`uncaught exception in ${processName} during ${eventKind}: ${String(options.cause)}`, options)
    this.name = 'ProcessFailedError'
  }
}
