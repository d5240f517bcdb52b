/** Sends that wait for room in `buffer.memory`, first come, first served. Pure. */
import type { PreparedRecord } from './accumulator.ts'
import type { SendListener } from './producer-record.ts'

export interface BlockedSend {
  readonly record: PreparedRecord
  readonly listener: SendListener | undefined
  readonly staysTogether: boolean
  readonly sinceMs: number
}

/** Taken entries in front of the queue are dropped in one go beyond this many. */
const COMPACT_FROM = 1024

export class BlockedSends {
  /** Of the records that wait. */
  bytes = 0
  private entries: BlockedSend[] = []
  private head = 0
  /** Entries that ever came and left. */
  private entered = 0
  private left = 0
  private readonly waiters: { readonly until: number; readonly callback: () => void }[] = []

  get isEmpty(): boolean {
    return this.head === this.entries.length
  }
  get first(): BlockedSend | undefined {
    return this.entries[this.head]
  }

  push(entry: BlockedSend): void {
    this.entries.push(entry)
    this.bytes += entry.record.sizeInBytes
    this.entered++
  }

  shift(): BlockedSend | undefined {
    const entry = this.entries[this.head]
    if (entry === undefined) return undefined
    this.head++
    this.left++
    this.bytes -= entry.record.sizeInBytes
    if (this.head >= COMPACT_FROM && this.head * 2 >= this.entries.length) {
      this.entries = this.entries.slice(this.head)
      this.head = 0
    }
    while (this.waiters[0] !== undefined && this.waiters[0].until <= this.left) this.waiters.shift()!.callback()
    return entry
  }

  /** Resolves once all that wait now have left. */
  whenPassed(): Promise<void> {
    if (this.isEmpty) return Promise.resolve()
    return new Promise(callback => this.waiters.push({ until: this.entered, callback }))
  }
}
