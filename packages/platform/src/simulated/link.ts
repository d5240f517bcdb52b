import type { Carrier, DuplexEnd, Segment } from '../memory/duplex.ts'
import { NetworkError } from '../network.ts'
import type { NetworkConditions } from './conditions.ts'
import type { Process, ScheduledEvent } from './event-queue.ts'
import type { Scheduler } from './scheduler.ts'
import type { SeededRandom } from './seeded-random.ts'

/** What a link has to know of the network it is part of. */
export interface Surroundings {
  readonly conditions: NetworkConditions
  latencyUs(): number
  isBlocked(from: string, to: string): boolean
  /** True if the system of the host runs, whether or not the process does. */
  isUp(host: string): boolean
}

interface UnderWay {
  readonly segment: Segment
  readonly dueUs: number
  readonly arrive: (segment: Segment) => void
}

/** One direction of one connection. */
export class Link implements Carrier {
  private sender!: DuplexEnd
  private receiver!: DuplexEnd
  private readonly underWay: UnderWay[] = []
  private arrival: ScheduledEvent | undefined
  private lastDueUs = 0
  private vanished = false

  constructor(
    readonly from: Process,
    readonly to: Process,
    private readonly surroundings: Surroundings,
    private readonly scheduler: Scheduler,
    private readonly random: SeededRandom,
  ) {}

  attach(sender: DuplexEnd, receiver: DuplexEnd): void {
    this.sender = sender
    this.receiver = receiver
  }

  get isOver(): boolean {
    return this.sender.isClosed && this.receiver.isClosed && this.underWay.length === 0
  }

  carry(segment: Segment, arrive: (segment: Segment) => void): void {
    const { random, surroundings } = this
    const { vanishRate, resetRate, splitRate } = surroundings.conditions
    if (random.chance(vanishRate)) this.vanished = true
    if (this.vanished) return
    if (segment === 'reset') {
      if (!this.isBlocked)
        this.scheduler.schedule(this.to, 'network.reset', surroundings.latencyUs(), () => arrive('reset'))
    } else if (segment === 'end') {
      this.send(segment, arrive)
    } else if (random.chance(resetRate)) {
      this.send(segment.subarray(0, random.between(0, segment.length)), arrive)
      this.reset(this.from, this.sender)
      this.reset(this.to, this.receiver)
    } else if (random.chance(splitRate)) {
      const middle = random.between(0, segment.length)
      this.send(segment.subarray(0, middle), arrive)
      this.send(segment.subarray(middle), arrive)
    } else {
      this.send(segment, arrive)
    }
    if (!this.to.isAlive) this.answerForTheDead()
  }

  /** Sets in motion again what a partition or a machine without power held back. */
  retransmit(): void {
    if (this.underWay.length === 0) return
    if (this.to.isAlive) this.awaitArrival(this.surroundings.latencyUs())
    else this.answerForTheDead()
  }

  /** The process at the far end is gone, and its end of the connection with it. */
  receiverCrashed(): void {
    this.receiver.abandon()
    this.arrival = undefined
    this.answerForTheDead()
  }

  private get isBlocked(): boolean {
    return this.surroundings.isBlocked(this.from.name, this.to.name)
  }

  /** A system whose process is gone resets the connection; a machine without power says nothing. */
  private answerForTheDead(): void {
    if (this.isBlocked || !this.surroundings.isUp(this.to.name)) return
    this.underWay.length = 0
    this.reset(this.from, this.sender)
  }

  private reset(process: Process, end: DuplexEnd): void {
    this.scheduler.schedule(process, 'network.reset', this.surroundings.latencyUs(), () =>
      end.fail(new NetworkError('ECONNRESET', `connection with ${end.remoteAddress}:${end.remotePort} was reset`)),
    )
  }

  private send(segment: Segment, arrive: (segment: Segment) => void): void {
    if (segment.length === 0) return
    this.lastDueUs = Math.max(this.lastDueUs, this.scheduler.nowUs + this.surroundings.latencyUs())
    this.underWay.push({ segment, dueUs: this.lastDueUs, arrive })
    if (this.underWay.length === 1) this.awaitArrival(this.lastDueUs - this.scheduler.nowUs)
  }

  private awaitArrival(delayUs: number): void {
    if (this.arrival !== undefined || !this.to.isAlive) return
    this.arrival = this.scheduler.schedule(this.to, 'network.arrive', delayUs, () => {
      this.arrival = undefined
      if (!this.isBlocked) this.deliverFirst()
    })
  }

  private deliverFirst(): void {
    const first = this.underWay.shift()
    if (first === undefined) return
    const next = this.underWay[0]
    if (next !== undefined) this.awaitArrival(Math.max(0, next.dueUs - this.scheduler.nowUs))
    if (typeof first.segment !== 'string') this.scheduler.trace.bytes(first.segment)
    first.arrive(first.segment)
  }
}
