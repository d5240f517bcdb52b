/**
 * Whole programs on one event loop under one seed: virtual time, a network and disks that fail as real ones do. The same
 * seed and the same programs give the same run, byte for byte; {@link Simulation.trace} proves it.
 *
 * The programs under simulation are asynchronous code like any other. They make progress only while {@link run},
 * {@link runFor} or {@link complete} is awaited, and only through the platforms that their nodes gave them.
 */
import type { Codecs } from '../codecs.ts'
import type { ScheduledEvent } from './event-queue.ts'
import { SimulatedNetwork } from './network.ts'
import { SimulatedNode } from './node.ts'
import { Scheduler } from './scheduler.ts'
import { SeededRandom } from './seeded-random.ts'

export interface SimulationOptions {
  readonly seed: number | string
  readonly codecs: Codecs
  /** A run that takes more events than this in all has lost its way. */
  readonly stepLimit?: number
  /** Hears of each event before it runs, for looking at a run that failed. */
  readonly onEvent?: (event: ScheduledEvent) => void
}

const DEFAULT_STEP_LIMIT = 5_000_000
/** An hour of virtual time: far more than any timeout. */
const DEFAULT_TIME_LIMIT_MS = 3_600_000

export class Simulation {
  readonly seed: number | string
  /** For the test's own choices: `random.split('workload')`. */
  readonly random: SeededRandom
  readonly network: SimulatedNetwork
  private readonly scheduler: Scheduler
  private readonly codecs: Codecs
  private readonly stepLimit: number
  private readonly nodes = new Map<string, SimulatedNode>()

  constructor({ seed, codecs, stepLimit = DEFAULT_STEP_LIMIT, onEvent }: SimulationOptions) {
    this.seed = seed
    this.codecs = codecs
    this.stepLimit = stepLimit
    this.random = new SeededRandom(seed)
    this.scheduler = new Scheduler(onEvent)
    this.network = new SimulatedNetwork(this.scheduler, this.random.split('network'))
  }

  /** Virtual time since the start. */
  get nowMs(): number {
    return this.scheduler.nowUs / 1000
  }

  /** A hash of everything that has happened so far. */
  get trace(): string {
    return this.scheduler.trace.toString()
  }

  /** Events that have run. */
  get steps(): number {
    return this.scheduler.steps
  }

  /** The node of this name: made, and started, when it is asked for first. Its name is its host name. */
  node(name: string): SimulatedNode {
    const known = this.nodes.get(name)
    if (known !== undefined) return known
    const { scheduler, network, codecs } = this
    const node = new SimulatedNode({ name, scheduler, network, codecs, random: this.random.split(`node ${name}`) })
    this.nodes.set(name, node)
    node.start()
    return node
  }

  /** Calls `action` after `delayMs` whatever crashes meanwhile: for what a test does to its nodes. */
  at(delayMs: number, action: () => void): void {
    this.scheduler.schedule(null, 'test', Math.round(delayMs * 1000), action)
  }

  /**
   * Runs until `condition` holds, which is asked after each event.
   * Throws a {@link SimulationError} if that cannot happen, or not within `limitMs` of virtual time.
   */
  async run(condition: () => boolean, limitMs = DEFAULT_TIME_LIMIT_MS): Promise<void> {
    const limitUs = this.scheduler.nowUs + limitMs * 1000
    await this.scheduler.settle()
    while (!condition()) {
      const dueUs = this.scheduler.nextDueUs
      if (dueUs === undefined) throw new SimulationError('DEADLOCK', this, 'nothing is left that could happen')
      if (dueUs > limitUs) throw new SimulationError('TIME_LIMIT', this, `not done after ${limitMs} ms`)
      if (this.steps >= this.stepLimit) throw new SimulationError('STEP_LIMIT', this, 'too many events')
      await this.scheduler.step()
    }
  }

  /** Runs whatever happens in the next `durationMs`. */
  async runFor(durationMs: number): Promise<void> {
    let over = false
    this.at(durationMs, () => {
      over = true
    })
    await this.run(() => over, durationMs)
  }

  /** Runs until the promise is settled and returns, or throws, what it brought. */
  async complete<T>(promise: Promise<T>, limitMs = DEFAULT_TIME_LIMIT_MS): Promise<T> {
    let settled = false
    const settle = () => {
      settled = true
    }
    promise.then(settle, settle)
    await this.run(() => settled, limitMs)
    return promise
  }
}

export class SimulationError extends Error {
  constructor(
    readonly code: 'DEADLOCK' | 'TIME_LIMIT' | 'STEP_LIMIT',
    simulation: Simulation,
    reason: string,
  ) {
    super(`seed ${simulation.seed}, ${simulation.nowMs} ms, ${simulation.steps} events: ${reason}`)
    this.name = 'SimulationError'
  }
}
