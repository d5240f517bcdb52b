/** The real state engine: one LevelDB for each task, prebuilt for every platform we name, with synchronous point reads. */
import { ClassicLevel } from 'classic-level'
import type { KeyRange } from '../bytes/byte-order.ts'
import type { Row, ScanDirection } from '../rows.ts'
import { LevelScanThread } from './level-scan-thread.ts'
import { OperationGate } from './operation-gate.ts'
import type { StateBatch, StateEngine, StateEngines, StateSnapshot } from './state-engine.ts'
import { StateEngineError, type StateEngineErrorCode } from './state-engine-error.ts'

export interface LevelEngineOptions {
  /** Operations in Node's thread pool at a time; the pool's size (4 unless `UV_THREADPOOL_SIZE` says otherwise) less 2. */
  readonly concurrentOperations: number
  /** Uncompressed blocks kept in memory, for each database. */
  readonly blockCacheBytes: number
  /** What LevelDB collects before it writes a table, for each database; up to twice as much is held. */
  readonly writeBufferBytes: number
}

export const LEVEL_DEFAULTS: LevelEngineOptions = {
  concurrentOperations: 2,
  blockCacheBytes: 8 * 1024 * 1024,
  writeBufferBytes: 4 * 1024 * 1024,
}

type Database = ClassicLevel<Uint8Array, Uint8Array>
/** Buffers are handed out as they come from native code; views are taken as they are. */
const ENCODINGS = { keyEncoding: 'buffer', valueEncoding: 'buffer' } as const

export class LevelEngines implements StateEngines {
  readonly #options: LevelEngineOptions
  readonly #gate: OperationGate
  readonly #scanThread = new LevelScanThread()
  /** LevelDB itself keeps out other processes only: databases are shared with the scan thread. */
  readonly #openDirectories = new Set<string>()

  constructor(options: Partial<LevelEngineOptions> = {}) {
    this.#options = { ...LEVEL_DEFAULTS, ...options }
    this.#gate = new OperationGate(this.#options.concurrentOperations)
  }

  async open(directory: string): Promise<StateEngine> {
    if (this.#openDirectories.has(directory)) {
      throw new StateEngineError('STATE_LOCKED', directory, 'it is open already')
    }
    this.#openDirectories.add(directory)
    const release = () => void this.#openDirectories.delete(directory)
    const database: Database = new ClassicLevel(directory, {
      ...ENCODINGS,
      cacheSize: this.#options.blockCacheBytes,
      writeBufferSize: this.#options.writeBufferBytes,
      multithreading: true,
    })
    try {
      await this.#gate.run(() => database.open())
    } catch (error) {
      release()
      throw engineError(directory, error)
    }
    return new LevelEngine(directory, database, this.#gate, this.#scanThread, release)
  }

  async remove(directory: string): Promise<void> {
    await this.#gate.run(() => ClassicLevel.destroy(directory))
  }
}

class LevelEngine implements StateEngine {
  readonly #directory: string
  readonly #database: Database
  readonly #gate: OperationGate
  readonly #scanThread: LevelScanThread
  readonly #release: () => void

  constructor(
    directory: string,
    database: Database,
    gate: OperationGate,
    scanThread: LevelScanThread,
    release: () => void,
  ) {
    this.#directory = directory
    this.#database = database
    this.#gate = gate
    this.#scanThread = scanThread
    this.#release = release
  }

  get(key: Uint8Array): Buffer | undefined {
    return this.#database.getSync(key) as Buffer | undefined
  }

  batch(): StateBatch {
    const batch = this.#database.batch()
    return {
      put: (key, value) => void batch.put(key, value),
      delete: key => void batch.del(key),
      write: () => this.#run(() => batch.write({ sync: true })),
    }
  }

  scan(range: KeyRange, direction: ScanDirection, limit: number): Row[] {
    return this.#scanThread.scan(this.#directory, range, direction, limit)
  }

  scanAsync(range: KeyRange, direction: ScanDirection, limit: number): Promise<Row[]> {
    return this.#run(() => allRows(this.#database.iterator({ ...bounds(range, direction), limit })))
  }

  snapshot(): StateSnapshot {
    const snapshot = this.#database.snapshot()
    return {
      get: key => this.#database.getSync(key, { snapshot }) as Buffer | undefined,
      scan: (range, direction, limit) =>
        this.#run(() => allRows(this.#database.iterator({ ...bounds(range, direction), limit, snapshot }))),
      close: () => snapshot.close(),
    }
  }

  clear(range: KeyRange): Promise<void> {
    return this.#run(() => this.#database.clear(bounds(range, 'forward')))
  }

  async close(): Promise<void> {
    this.#scanThread.close(this.#directory)
    await this.#run(() => this.#database.close())
    this.#release()
  }

  #run<T>(operation: () => Promise<T>): Promise<T> {
    return this.#gate.run(operation).catch(error => Promise.reject(engineError(this.#directory, error)))
  }
}

function bounds(range: KeyRange, direction: ScanDirection) {
  const { from, to } = range
  return { gte: from, ...(to === undefined ? {} : { lt: to }), reverse: direction === 'backward' }
}

/** With the encoding `buffer` every view that comes out is a Buffer. */
async function allRows(iterator: { all(): Promise<[Uint8Array, Uint8Array][]> }): Promise<Row[]> {
  return (await iterator.all()) as [Buffer, Buffer][]
}

const CODES: Readonly<Record<string, StateEngineErrorCode>> = {
  LEVEL_LOCKED: 'STATE_LOCKED',
  LEVEL_CORRUPTION: 'STATE_CORRUPT',
}

function engineError(directory: string, error: unknown): StateEngineError {
  const { code, message, cause } = error as {
    code?: string
    message: string
    cause?: { code?: string; message: string }
  }
  const levelCode = cause?.code ?? code ?? ''
  const reason = levelCode === 'LEVEL_LOCKED' ? 'another process has it open' : (cause?.message ?? message)
  return new StateEngineError(CODES[levelCode] ?? 'STATE_IO', directory, reason, { cause: error })
}
