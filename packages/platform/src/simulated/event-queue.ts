/** A program under simulation, from its start to its crash. */
export interface Process {
  /** The node it runs on. */
  readonly name: string
  /** False once it has crashed: its events are dropped. */
  readonly isAlive: boolean
  /** Its events wait until then: the process is stopped, swapped out, in a long collection. */
  readonly stalledUntilUs: number
}

export interface ScheduledEvent {
  readonly dueUs: number
  /** Whose event it is; null for one that outlives every process. */
  readonly process: Process | null
  /** What happens, for traces: `timer`, `disk.sync`, … */
  readonly kind: string
  readonly action: () => void
  cancel(): void
}

class QueuedEvent implements ScheduledEvent {
  cancelled = false
  /** When it was to happen before it was postponed. */
  private readonly wantedUs: number

  constructor(
    public dueUs: number,
    readonly order: number,
    readonly process: Process | null,
    readonly kind: string,
    readonly action: () => void,
  ) {
    this.wantedUs = dueUs
  }

  cancel(): void {
    this.cancelled = true
  }

  isBefore(other: QueuedEvent): boolean {
    if (this.dueUs !== other.dueUs) return this.dueUs < other.dueUs
    if (this.wantedUs !== other.wantedUs) return this.wantedUs < other.wantedUs
    return this.order < other.order
  }
}

/** A binary heap by due time, then by the time it was due before it was postponed, then by order of arrival. Cancelled events stay until their turn comes. */
export class EventQueue {
  private readonly heap: QueuedEvent[] = []
  private nextOrder = 0

  add(dueUs: number, process: Process | null, kind: string, action: () => void): ScheduledEvent {
    const event = new QueuedEvent(dueUs, this.nextOrder++, process, kind, action)
    this.insert(event)
    return event
  }

  /** Puts an event that was taken back for later; those postponed to one moment keep their order. */
  postpone(event: ScheduledEvent, dueUs: number): void {
    if (!(event instanceof QueuedEvent)) throw new Error('the event is not from this queue')
    event.dueUs = dueUs
    this.insert(event)
  }

  peek(): ScheduledEvent | undefined {
    this.dropCancelled()
    return this.heap[0]
  }

  take(): ScheduledEvent | undefined {
    this.dropCancelled()
    return this.removeFirst()
  }

  private dropCancelled(): void {
    while (this.heap[0]?.cancelled) this.removeFirst()
  }

  private insert(event: QueuedEvent): void {
    const { heap } = this
    let index = heap.length
    heap.push(event)
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!event.isBefore(heap[parent]!)) break
      heap[index] = heap[parent]!
      index = parent
    }
    heap[index] = event
  }

  private removeFirst(): QueuedEvent | undefined {
    const { heap } = this
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined || first === last) return first
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && heap[child + 1]!.isBefore(heap[child]!)) child++
      if (!heap[child]!.isBefore(last)) break
      heap[index] = heap[child]!
      index = child
    }
    heap[index] = last
    return first
  }
}
