/**
 * The state engine of the simulation: sorted rows in memory that behave at a crash as LevelDB's files do. A batch whose
 * write has resolved is kept. One that was on the way is kept whole or lost whole, by the seed. Clearing is not synced:
 * some of what was cleared since the last batch may be back.
 */
import type { Random, Timers } from '@millrace/platform'
import type { KeyRange } from '../bytes/byte-order.ts'
import { ByteTable } from '../bytes/byte-table.ts'
import { MergedScan } from '../merged-scan.ts'
import type { Row, ScanDirection } from '../rows.ts'
import type { StateBatch, StateEngine, StateEngines, StateSnapshot } from './state-engine.ts'
import { StateEngineError } from './state-engine-error.ts'

/** A write takes between 1 ms and this. */
const LONGEST_WRITE_MS = 20

interface Disk {
  readonly rows: ByteTable
  /** Rows that were cleared since the last batch. */
  cleared: Row[]
  /** The batch on its way. */
  writing: Write[]
  openedBy: SimulatedEngine | undefined
  failNextWrite: boolean
}
type Write = readonly [key: Buffer, value: Buffer | null]

/** The state directories of one simulated machine. */
export class SimulatedEngines implements StateEngines {
  readonly #random: Random
  readonly #timers: Timers
  readonly #disks = new Map<string, Disk>()

  constructor({ random, timers }: { readonly random: Random; readonly timers: Timers }) {
    this.#random = random
    this.#timers = timers
  }

  async open(directory: string): Promise<StateEngine> {
    const disk = this.#disk(directory)
    if (disk.openedBy !== undefined) {
      throw new StateEngineError('STATE_LOCKED', directory, 'another process has it open')
    }
    const engine = new SimulatedEngine(directory, disk, this.#random, this.#timers)
    disk.openedBy = engine
    return engine
  }

  /** As removing the directory. */
  remove(directory: string): void {
    this.#disks.delete(directory)
  }

  /** The next batch written there fails and changes nothing. */
  failNextWrite(directory: string): void {
    this.#disk(directory).failNextWrite = true
  }

  /** Every process of the machine dies at this instant. What it was waiting for never resolves. */
  crash(): void {
    for (const disk of this.#disks.values()) {
      if (this.#random.integer(2) === 0) apply(disk.rows, disk.writing)
      else for (const [key, value] of disk.cleared) if (this.#random.integer(2) === 0) disk.rows.put(key, value)
      disk.writing = []
      disk.cleared = []
      disk.openedBy = undefined
    }
  }

  #disk(directory: string): Disk {
    let disk = this.#disks.get(directory)
    if (disk === undefined) {
      disk = { rows: new ByteTable(0), cleared: [], writing: [], openedBy: undefined, failNextWrite: false }
      this.#disks.set(directory, disk)
    }
    return disk
  }
}

class SimulatedEngine implements StateEngine {
  readonly #directory: string
  readonly #disk: Disk
  readonly #random: Random
  readonly #timers: Timers

  constructor(directory: string, disk: Disk, random: Random, timers: Timers) {
    this.#directory = directory
    this.#disk = disk
    this.#random = random
    this.#timers = timers
  }

  get(key: Uint8Array): Buffer | undefined {
    return this.#rows.get(key) ?? undefined
  }

  batch(): StateBatch {
    const writes: Write[] = []
    return {
      put: (key, value) => void writes.push([Buffer.from(key), Buffer.from(value)]),
      delete: key => void writes.push([Buffer.from(key), null]),
      write: () => this.#write(writes),
    }
  }

  scan(range: KeyRange, direction: ScanDirection, limit: number): Row[] {
    return scanTable(this.#rows, range, direction, limit)
  }

  async scanAsync(range: KeyRange, direction: ScanDirection, limit: number): Promise<Row[]> {
    await this.#takeTime()
    return this.scan(range, direction, limit)
  }

  snapshot(): StateSnapshot {
    const rows = new ByteTable(0)
    apply(rows, [...this.#rows.entries()])
    return {
      get: key => rows.get(key) ?? undefined,
      scan: async (range, direction, limit) => scanTable(rows, range, direction, limit),
      close: async () => {},
    }
  }

  async clear(range: KeyRange): Promise<void> {
    this.#disk.cleared.push(...scanTable(this.#rows, range, 'forward', Infinity))
    this.#rows.removeRange(range)
    await this.#takeTime()
  }

  async close(): Promise<void> {
    if (this.#disk.openedBy === this) this.#disk.openedBy = undefined
  }

  async #write(writes: readonly Write[]): Promise<void> {
    const disk = this.#disk
    this.#throwIfGone()
    if (disk.failNextWrite) {
      disk.failNextWrite = false
      throw new StateEngineError('STATE_IO', this.#directory, 'the write failed')
    }
    disk.writing = [...writes]
    await this.#takeTime()
    if (disk.openedBy !== this) return new Promise(() => {}) // The process is dead.
    apply(disk.rows, disk.writing)
    disk.writing = []
    disk.cleared = []
  }

  get #rows(): ByteTable {
    this.#throwIfGone()
    return this.#disk.rows
  }

  #throwIfGone(): void {
    if (this.#disk.openedBy !== this) throw new StateEngineError('STATE_IO', this.#directory, 'it is not open')
  }

  #takeTime(): Promise<void> {
    return new Promise(resolve => this.#timers.after(1 + this.#random.integer(LONGEST_WRITE_MS), resolve))
  }
}

function apply(rows: ByteTable, writes: readonly (readonly [Buffer, Buffer | null])[]): void {
  for (const [key, value] of writes) {
    if (value === null) rows.remove(key)
    else rows.put(key, value)
  }
}

function scanTable(rows: ByteTable, range: KeyRange, direction: ScanDirection, limit: number): Row[] {
  const scan = new MergedScan(range, direction)
  const found: Row[] = []
  for (let row = scan.step([rows]); row !== undefined && found.length < limit; row = scan.step([rows])) {
    if (row !== null) found.push(row)
  }
  return found
}
