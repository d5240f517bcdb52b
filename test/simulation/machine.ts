import type { CrashKind, Platform, SeededRandom, SimulatedNode, Simulation } from '@millrace/platform'
import type { History } from './history.ts'

/** A program that has been started. */
export interface Running {
  /** Ends it in good order. */
  stop(): Promise<void>
}

/** What a program gets when it is started. */
export interface Start {
  readonly platform: Platform
  /** Unlike that of every other start in the run. */
  readonly name: string
  /** The program has died of itself. */
  readonly fail: (error: unknown) => void
}

export interface MachineOptions {
  readonly simulation: Simulation
  readonly history: History
  readonly name: string
  /** Starts the program. A rejection counts as {@link Start.fail}. */
  readonly program: (start: Start) => Promise<Running>
  /** False for a program whose work is done, which is then not started again. */
  readonly isNeeded: () => boolean
  /** Does to what the simulation does not know of what a crash would do to it. */
  readonly onCrash?: (kind: CrashKind) => void
}

const LONGEST_OUTAGE_MS = 3_000
/** A program that died of itself is started again after this time. */
const RETRY_MS = 1_000
/** A program that takes longer than this to stop is killed. */
const STOP_LIMIT_MS = 30_000

/** A node and the supervisor that keeps its program running. */
export class Machine {
  readonly node: SimulatedNode
  private readonly random: SeededRandom
  private running: Running | undefined
  private starts = 0
  private stopping = false

  constructor(private readonly options: MachineOptions) {
    const { simulation, name } = options
    this.node = simulation.node(name)
    this.random = simulation.random.split(`machine ${name}`)
    this.node.onCrash = kind => {
      options.onCrash?.(kind)
      this.running = undefined
      this.stopping = false
      simulation.at(this.random.between(10, LONGEST_OUTAGE_MS), () => this.restart())
    }
    this.start()
  }

  get isRunning(): boolean {
    return this.running !== undefined
  }

  crash(kind: CrashKind): void {
    this.node.crash(kind)
  }

  /** Stops the program in good order, for good. */
  async stop(): Promise<void> {
    await this.running?.stop()
  }

  /** Stops the program in good order, then starts it again. */
  async stopAndStart(): Promise<void> {
    const { running, node } = this
    if (running === undefined || this.stopping) return
    this.stopping = true
    const { starts } = this
    const isSame = () => node.isUp && this.starts === starts
    this.options.simulation.at(STOP_LIMIT_MS, () => {
      if (isSame() && this.stopping) node.crash('kill')
    })
    try {
      await running.stop()
    } catch (error) {
      this.options.history.problem(`${node.name} did not stop: ${error}`)
    }
    if (isSame()) node.crash('kill')
  }

  private restart(): void {
    if (this.node.isUp || !this.options.isNeeded()) return
    this.node.start()
    this.start()
  }

  private start(): void {
    const start = ++this.starts
    const { simulation, history, name, program } = this.options
    const isCurrent = () => this.node.isUp && this.starts === start
    const fail = (error: unknown) => {
      if (!isCurrent()) return
      history.died(name, error)
      simulation.at(RETRY_MS, () => {
        if (isCurrent()) this.node.crash('kill')
      })
    }
    program({ platform: this.node.platform, name: `${name}.${start}`, fail }).then(running => {
      if (isCurrent()) this.running = running
    }, fail)
  }
}
