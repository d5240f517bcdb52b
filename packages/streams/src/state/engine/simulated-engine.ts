/**
 * The state engine of the simulation: sorted rows in memory that behave at a crash as LevelDB's files do. A batch whose
 * write has resolved is kept. One that was on the way is kept whole or lost whole, by the seed. Clearing is not synced:
 * some of what was cleared since the last batch may be back.
 */
import type { CrashKind, Platform, Random, Timers } from '@millrace/platform'
import type { KeyRange } from '../bytes/byte-order.ts'
import { ByteTable } from '../bytes/byte-table.ts'
import { MergedScan } from '../merged-scan.ts'
import type { Row, ScanDirection } from '../rows.ts'
import type { StateBatch, StateEngine, StateEngines, StateSnapshot } from './state-engine.ts'
import { StateEngineError } from './state-engine-error.ts'

/** A write takes between 1 ms and this. */
const LONGEST_WRITE_MS = 20

interface Database {
  readonly rows: ByteTable
  /** Rows that were cleared since the last batch. */
  cleared: Row[]
  /** The batch on its way. */
  writing: Write[]
  openedBy: SimulatedEngine | undefined
  failNextWrite: boolean
}
type Write = readonly [key: Buffer, value: Buffer | null]

/** What is on the disk of one simulated machine, whatever becomes of its processes. */
export class SimulatedEngineDisk {
  readonly #databases = new Map<string, Database>()

  /** The engines as a process of the machine opens them, with the time and the chance of that process. */
  engines({ random, timers }: Pick<Platform, 'random' | 'timers'>): StateEngines {
    return {
      open: async directory => {
        const database = this.#database(directory)
        if (database.openedBy !== undefined) {
          throw new StateEngineError('STATE_LOCKED', directory, 'another process has it open')
        }
        const engine = new SimulatedEngine(directory, database, random, timers)
        database.openedBy = engine
        return engine
      },
      remove: async directory => {
        this.#databases.delete(directory)
      },
    }
  }

  /** The next batch written there fails and changes nothing. */
  failNextWrite(directory: string): void {
    this.#database(directory).failNextWrite = true
  }

  /** Every process of the machine dies at this instant. What it was waiting for never resolves. */
  crash(kind: CrashKind, random: Random): void {
    for (const database of this.#databases.values()) {
      if (random.integer(2) === 0) apply(database.rows, database.writing)
      else if (kind === 'power') {
        for (const [key, value] of database.cleared) if (random.integer(2) === 0) database.rows.put(key, value)
      }
      database.writing = []
      database.cleared = []
      database.openedBy = undefined
    }
  }

  #database(directory: string): Database {
    let database = this.#databases.get(directory)
    if (database === undefined) {
      database = { rows: new ByteTable(0), cleared: [], writing: [], openedBy: undefined, failNextWrite: false }
      this.#databases.set(directory, database)
    }
    return database
  }
}

class SimulatedEngine implements StateEngine {
  readonly #directory: string
  readonly #database: Database
  readonly #random: Random
  readonly #timers: Timers

  constructor(directory: string, database: Database, random: Random, timers: Timers) {
    this.#directory = directory
    this.#database = database
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
    this.#database.cleared.push(...scanTable(this.#rows, range, 'forward', Infinity))
    this.#rows.removeRange(range)
    await this.#takeTime()
  }

  async close(): Promise<void> {
    if (this.#database.openedBy === this) this.#database.openedBy = undefined
  }

  async #write(writes: readonly Write[]): Promise<void> {
    const database = this.#database
    this.#throwIfGone()
    if (database.failNextWrite) {
      database.failNextWrite = false
      throw new StateEngineError('STATE_IO', this.#directory, 'the write failed')
    }
    database.writing = [...writes]
    await this.#takeTime()
    if (database.openedBy !== this) return new Promise(() => {}) // The process is dead.
    apply(database.rows, database.writing)
    database.writing = []
    database.cleared = []
  }

  get #rows(): ByteTable {
    this.#throwIfGone()
    return this.#database.rows
  }

  #throwIfGone(): void {
    if (this.#database.openedBy !== this) throw new StateEngineError('STATE_IO', this.#directory, 'it is not open')
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
