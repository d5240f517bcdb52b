/**
 * The state of one task in generations: what was written since the last commit (*open*), what Kafka has committed
 * (*committed*) and what the engine holds (*persisted*). A commit promotes in memory; a batch with everything that was
 * committed is written to the engine every few seconds, filled in slices, kept whole or not at all. So a crash leaves
 * the state of some commit, never a mixture: a restart replays the end of the changelog on top and wipes nothing.
 *
 * Reads go open → committed → being persisted → read cache → engine. Without an engine the committed generation is the
 * whole state: that is an in-memory store, and the test driver.
 */
import type { Timers } from '@millrace/platform'
import type { KeyRange } from './bytes/byte-order.ts'
import { ByteTable, type TableValue } from './bytes/byte-table.ts'
import type { StateBatch, StateEngine } from './engine/state-engine.ts'
import { type Checkpoint, decodeManifest, EMPTY_CHECKPOINT, encodeManifest, type Manifest } from './manifest.ts'
import { MergedScan } from './merged-scan.ts'
import { ReadCache } from './read-cache.ts'
import { PrefixedRows, type Row, type Rows, type ScanDirection } from './rows.ts'

/** Store number 0. */
const MANIFEST_KEY = Buffer.from([0, 0])
/** Rows put into a batch before the event loop gets its turn: about a millisecond. */
const PERSIST_SLICE_ROWS = 1_024
/** Rows promoted before the event loop gets its turn: about a millisecond. */
const PROMOTE_SLICE_ROWS = 2_048
/** Rows of the engine that a scan reads ahead. */
const SCAN_PAGE_ROWS = 256

export interface GenerationsOptions {
  readonly timers: Timers
  /** See {@link ByteTable}. */
  readonly seed: number
  readonly readCacheBytes: number
  /** Where the engine lives, for messages. */
  readonly directory: string
}

interface Persistence {
  readonly engine: StateEngine
  readonly timers: Timers
  readonly cache: ReadCache
}

/** Committed rows on their way into the committed generation, slice by slice. */
interface Promotion {
  readonly rows: ByteTable
  readonly left: Iterator<readonly [Buffer, TableValue]>
  readonly clears: readonly KeyRange[]
}

export class Generations implements Rows {
  readonly #seed: number
  readonly #persistence: Persistence | undefined
  readonly #timers: Timers | undefined
  readonly #storeNames: string[]
  #open: ByteTable
  #openClears: KeyRange[] = []
  #promotion: Promotion | undefined
  #committed: ByteTable
  #committedClears: KeyRange[] = []
  #checkpoint: Checkpoint
  /** Commits that the engine has not seen. */
  #unpersistedCommits = 0
  /** Frozen while its rows are on the way to the engine. */
  #persisting: ByteTable | undefined
  #persist: Promise<void> | undefined
  #persistedAtMs: number | undefined
  /** Counts the batches that became part of the engine: pages read before are stale. */
  #engineVersion = 0
  #isClosed = false

  private constructor(
    seed: number,
    timers: Timers | undefined,
    persistence: Persistence | undefined,
    manifest: Manifest | undefined,
  ) {
    this.#seed = seed
    this.#timers = timers
    this.#persistence = persistence
    this.#storeNames = [...(manifest?.storeNames ?? [])]
    this.#checkpoint = manifest ?? EMPTY_CHECKPOINT
    this.#persistedAtMs = manifest?.persistedAtMs
    this.#open = new ByteTable(seed)
    this.#committed = new ByteTable(seed)
  }

  /** State in memory only. Without timers a commit is done when it returns, however large it is. */
  static inMemory(seed: number, timers?: Timers): Generations {
    return new Generations(seed, timers, undefined, undefined)
  }

  /** State over what an engine has kept; closes the engine. Throws a StateEngineError for an unknown format. */
  static over(engine: StateEngine, { timers, seed, readCacheBytes, directory }: GenerationsOptions): Generations {
    const bytes = engine.get(MANIFEST_KEY)
    const manifest = bytes === undefined ? undefined : decodeManifest(bytes, directory)
    const cache = new ReadCache(readCacheBytes, seed)
    return new Generations(seed, timers, { engine, timers, cache }, manifest)
  }

  get isPersistent(): boolean {
    return this.#persistence !== undefined
  }

  /** What the newest commit said; right after opening, what the last batch said. */
  get checkpoint(): Checkpoint {
    return this.#checkpoint
  }

  /** Wall clock of the last batch; undefined when nothing was ever persisted. */
  get persistedAtMs(): number | undefined {
    return this.#persistedAtMs
  }

  get hasOpenWrites(): boolean {
    return this.#open.size > 0
  }

  /** Memory held by writes that wait for a commit. */
  get openBytes(): number {
    return this.#open.sizeInBytes
  }

  /** Memory held by writes that wait for the engine. */
  get committedBytes(): number {
    return this.#committedTables().reduce((bytes, { sizeInBytes }) => bytes + sizeInBytes, 0)
  }

  /** The rows of one store. The same name means the same rows in every run. */
  rowsOf(storeName: string): StoreRows {
    let index = this.#storeNames.indexOf(storeName)
    if (index < 0) index = this.#storeNames.push(storeName) - 1
    const prefix = Buffer.alloc(2)
    prefix.writeUInt16BE(index + 1)
    return new StoreRows(this, prefix)
  }

  get(key: Uint8Array): Buffer | undefined {
    const value = this.#open.get(key)
    return value === undefined ? this.getCommitted(key) : (value ?? undefined)
  }

  put(key: Uint8Array, value: Uint8Array | null): void {
    this.#open.put(key, value)
  }

  *scan(range: KeyRange, direction: ScanDirection): IterableIterator<Row> {
    const scan = new MergedScan(range, direction)
    for (;;) {
      const missing = scan.missingPage(this.#engineVersion)
      if (missing !== undefined) {
        const page = this.#persistence?.engine.scan(missing, direction, SCAN_PAGE_ROWS) ?? []
        scan.supplyPage(page, this.#engineVersion)
      }
      const row = scan.step([this.#open, ...this.#committedTables()])
      if (row === undefined) return
      if (row !== null) yield row
    }
  }

  /**
   * Forgets the rows of the range some time after the next commit. Until then, and after a crash, they may still be
   * there: for rows that nobody asks for any more.
   */
  clear(range: KeyRange): void {
    this.#openClears.push(range)
  }

  /** As `get`, without what waits for a commit. */
  getCommitted(key: Uint8Array): Buffer | undefined {
    let value = this.#promotion?.rows.get(key)
    if (value === undefined) value = this.#committed.get(key)
    if (value === undefined) value = this.#persisting?.get(key)
    if (value === undefined && this.#persistence !== undefined) value = readThrough(this.#persistence, key)
    return value ?? undefined
  }

  /** As `scan`, without what waits for a commit, reading the engine in the pool. Each page shows one moment. */
  async *scanCommitted(range: KeyRange, direction: ScanDirection): AsyncIterableIterator<Row> {
    const scan = new MergedScan(range, direction)
    for (;;) {
      for (let missing = scan.missingPage(this.#engineVersion); missing !== undefined; ) {
        const version = this.#engineVersion
        const page = (await this.#persistence?.engine.scanAsync(missing, direction, SCAN_PAGE_ROWS)) ?? []
        scan.supplyPage(page, version)
        missing = scan.missingPage(this.#engineVersion)
      }
      const row = scan.step(this.#committedTables())
      if (row === undefined) return
      if (row !== null) yield row
    }
  }

  /** Promotes the open generation: Kafka has committed what the checkpoint says. */
  commit(checkpoint: Checkpoint): void {
    this.#checkpoint = checkpoint
    this.#unpersistedCommits++
    this.#promoteRest()
    const [rows, clears] = [this.#open, this.#openClears]
    this.#openClears = []
    if (this.#committed.size === 0 && this.#persistence !== undefined) {
      this.#open = this.#committed
      this.#committed = rows
      this.#clearCommitted(clears)
    } else {
      this.#promotion = { rows, left: rows.entries(), clears }
      if (this.#timers !== undefined && rows.size > PROMOTE_SLICE_ROWS) {
        this.#open = new ByteTable(this.#seed)
        this.#promoteLater(this.#promotion, this.#timers)
      } else {
        this.#promoteRest()
        rows.clear()
      }
    }
  }

  /** Drops the open generation: Kafka has aborted it. */
  rollback(): void {
    this.#open.clear()
    this.#openClears = []
  }

  /**
   * Writes what is committed to the engine, durably, and joins a write that is already under way. After a failure the
   * engine stands where it stood and so does what can be read here. Does nothing once it is closed.
   */
  persist(wallClockMs: number): Promise<void> {
    if (this.#persistence === undefined || this.#isClosed) return Promise.resolve()
    this.#persist ??= this.#writeCommitted(this.#persistence, wallClockMs).finally(() => {
      this.#persist = undefined
    })
    return this.#persist
  }

  /** Waits for a write that is under way and closes the engine. What is not persisted stays in the changelogs only. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#persist?.catch(() => {}) // Its caller hears of it.
    await this.#persistence?.engine.close()
  }

  #promoteLater(promotion: Promotion, timers: Timers): void {
    timers.soon(() => {
      // Whoever could not wait has done the rest.
      if (this.#promotion === promotion && !this.#promote(PROMOTE_SLICE_ROWS)) this.#promoteLater(promotion, timers)
    })
  }

  #promoteRest(): void {
    this.#promote(Number.POSITIVE_INFINITY)
  }

  /** True when nothing is left to promote. */
  #promote(maxRows: number): boolean {
    if (this.#promotion === undefined) return true
    const { left, clears } = this.#promotion
    for (let promoted = 0; promoted < maxRows; promoted++) {
      const { value: row, done } = left.next()
      if (done === true) {
        this.#promotion = undefined
        this.#clearCommitted(clears)
        return true
      }
      const [key, value] = row
      if (value === null && this.#persistence === undefined) this.#committed.remove(key)
      else this.#committed.put(key, value)
    }
    return false
  }

  #clearCommitted(clears: readonly KeyRange[]): void {
    for (const range of clears) this.#committed.removeRange(range)
    if (this.#persistence !== undefined) this.#committedClears.push(...clears)
  }

  async #writeCommitted({ engine, timers, cache }: Persistence, wallClockMs: number): Promise<void> {
    if (this.#unpersistedCommits === 0) return
    this.#promoteRest()
    const rows = this.#committed
    const clears = this.#committedClears
    const commits = this.#unpersistedCommits
    const manifest = { ...this.#checkpoint, storeNames: this.#storeNames, persistedAtMs: wallClockMs }
    this.#persisting = rows
    this.#committed = new ByteTable(this.#seed)
    this.#committedClears = []
    try {
      const batch = engine.batch()
      await fillInSlices(batch, rows, timers)
      batch.put(MANIFEST_KEY, encodeManifest(manifest))
      await batch.write()
    } catch (error) {
      this.#takeBack(rows, clears)
      throw error
    }
    this.#persisting = undefined
    this.#persistedAtMs = wallClockMs
    this.#unpersistedCommits -= commits
    this.#engineVersion++
    cache.adopt(rows)
    for (const range of clears) await engine.clear(range)
  }

  /** Puts rows that were not written below what was committed meanwhile. */
  #takeBack(rows: ByteTable, clears: KeyRange[]): void {
    for (const [key, value] of this.#committed.entries()) rows.put(key, value)
    this.#committed = rows
    this.#committedClears.unshift(...clears)
    this.#persisting = undefined
  }

  /** Newest first. */
  #committedTables(): ByteTable[] {
    const tables = this.#promotion === undefined ? [this.#committed] : [this.#promotion.rows, this.#committed]
    if (this.#persisting !== undefined) tables.push(this.#persisting)
    return tables
  }
}

/** The rows of one store among those of its task. */
export class StoreRows extends PrefixedRows {
  readonly #generations: Generations

  constructor(generations: Generations, prefix: Buffer) {
    super(generations, prefix)
    this.#generations = generations
  }

  /** See {@link Generations.clear}. */
  clear(range: KeyRange): void {
    this.#generations.clear(this.range(range))
  }

  getCommitted(key: Uint8Array): Buffer | undefined {
    return this.#generations.getCommitted(this.prefixed(key))
  }

  async *scanCommitted(range: KeyRange, direction: ScanDirection): AsyncIterableIterator<Row> {
    for await (const row of this.#generations.scanCommitted(this.range(range), direction)) yield this.unprefixed(row)
  }
}

function readThrough({ engine, cache }: Persistence, key: Uint8Array): Buffer | null {
  const cached = cache.get(key)
  if (cached !== undefined) return cached
  const value = engine.get(key) ?? null
  cache.add(key, value)
  return value
}

async function fillInSlices(batch: StateBatch, rows: ByteTable, timers: Timers): Promise<void> {
  let sliceRows = 0
  for (const [key, value] of rows.entries()) {
    if (value === null) batch.delete(key)
    else batch.put(key, value)
    if (++sliceRows < PERSIST_SLICE_ROWS) continue
    sliceRows = 0
    await new Promise<void>(resolve => timers.soon(resolve))
  }
}
