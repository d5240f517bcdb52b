import type { Codecs } from '../codecs.ts'
import type { Platform } from '../platform.ts'
import { CALM_DISK, type DiskConditions } from './conditions.ts'
import { type CrashKind, Disk } from './disk.ts'
import type { Process } from './event-queue.ts'
import { SimulatedFiles } from './files.ts'
import type { SimulatedNetwork } from './network.ts'
import type { Scheduler } from './scheduler.ts'
import type { SeededRandom } from './seeded-random.ts'
import { SimulatedClock, SimulatedTimers } from './time.ts'

export interface NodeOptions {
  readonly name: string
  readonly scheduler: Scheduler
  readonly network: SimulatedNetwork
  readonly random: SeededRandom
  readonly codecs: Codecs
}

interface LivingProcess extends Process {
  isAlive: boolean
  stalledUntilUs: number
}

/** A machine with a disk of its own, on which one program runs at a time. */
export class SimulatedNode {
  diskConditions: DiskConditions = CALM_DISK
  /** How far the wall clock is ahead, milliseconds. It jumps when this is set. */
  clockSkewMs = 0
  /** Hears of each crash, once it is over: from here the node may be planned to start again. */
  onCrash: (kind: CrashKind) => void = () => {}
  /** Whether crashes leave a {@link crashScene}, which costs a copy of the disk each time. */
  keepsCrashScene = false
  /** The disk when the last crash came, with what was not durable: see {@link crashAgainFrom}. */
  crashScene: Disk | undefined
  private disk = Disk.empty()
  private process: LivingProcess | undefined
  private current: Platform | undefined
  private starts = 0
  private repeatedCrashes = 0
  private plannedCrash: { kind: CrashKind; changesLeft: number } | undefined

  constructor(private readonly options: NodeOptions) {}

  get name(): string {
    return this.options.name
  }

  get isUp(): boolean {
    return this.current !== undefined
  }

  /** Bytes in all files, for choosing a {@link DiskConditions.capacityBytes}. */
  get usedDiskBytes(): number {
    return this.disk.usedBytes()
  }

  /** What the running program has. The node must be up. */
  get platform(): Platform {
    if (this.current === undefined) throw new Error(`${this.name} is down`)
    return this.current
  }

  /** Starts a new program on what is on the disk. The node must be down. */
  start(): Platform {
    if (this.current !== undefined) throw new Error(`${this.name} is up already`)
    const { name, scheduler, network, codecs } = this.options
    const random = this.options.random.split(`start ${this.starts++}`)
    const process: LivingProcess = { name, isAlive: true, stalledUntilUs: 0 }
    const clock = new SimulatedClock(scheduler, () => this.clockSkewMs)
    this.process = process
    this.current = {
      clock,
      timers: new SimulatedTimers(scheduler, process, random.split('timers')),
      random: random.split('program'),
      files: new SimulatedFiles({
        scheduler,
        process,
        clock,
        random: random.split('files'),
        disk: this.disk,
        conditions: () => this.diskConditions,
        beforeChange: partly => this.beforeDiskChange(process, partly),
      }),
      network: network.of(process),
      codecs,
    }
    network.hostStarted(name)
    return this.current
  }

  /**
   * Ends the running program where it is. Its timers never fire, its promises never settle, what it still does (a crash
   * may come from inside one of its calls) has no effect outside itself.
   */
  crash(kind: CrashKind): void {
    const { process } = this
    if (process === undefined) return
    const { name, scheduler, network, random } = this.options
    this.process = undefined
    this.current = undefined
    this.plannedCrash = undefined
    process.isAlive = false
    if (this.keepsCrashScene) this.crashScene = this.disk.afterCrash('kill', random)
    this.disk = this.disk.afterCrash(kind, random.split(`crash ${this.starts}`))
    network.processCrashed(process, kind)
    scheduler.trace.text(`${kind} ${name}`)
    this.onCrash(kind)
  }

  /** Lays down a disk that a crash in `scene` may have left, another one each time. The node must be down. */
  crashAgainFrom(scene: Disk, kind: CrashKind): void {
    if (this.current !== undefined) throw new Error(`${this.name} is up`)
    this.disk = scene.afterCrash(kind, this.options.random.split(`crash again ${this.repeatedCrashes++}`))
  }

  /** Crashes inside the change of the disk that follows `changes` others, which may be torn. */
  crashDuringWrite(kind: CrashKind, changes: number): void {
    this.plannedCrash = { kind, changesLeft: changes }
  }

  /** Takes {@link crashDuringWrite} back, if it has not come to pass yet. */
  cancelCrash(): void {
    this.plannedCrash = undefined
  }

  /** Stops the program for a while: nothing reaches it, then everything does. */
  stall(durationMs: number): void {
    if (this.process === undefined) return
    this.process.stalledUntilUs = this.options.scheduler.nowUs + durationMs * 1000
  }

  private beforeDiskChange(process: Process, partly: (() => void) | undefined): void {
    const planned = this.plannedCrash
    if (planned === undefined || !process.isAlive || planned.changesLeft-- > 0) return
    partly?.()
    this.crash(planned.kind)
  }
}
