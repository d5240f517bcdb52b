/**
 * Synchronous ordered reads of LevelDB, which has none: a thread that opens the same databases walks the iterator while
 * the caller waits for its answer in shared memory. About 0.2 ms for a few rows, so it is for `range`, `all` and the
 * like inside a processor; whatever has to be scanned for each record is laid out for point reads instead. The thread
 * starts with the first scan.
 */
import { createRequire } from 'node:module'
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import type { KeyRange } from '../bytes/byte-order.ts'
import type { Row, ScanDirection } from '../rows.ts'
import { StateEngineError } from './state-engine-error.ts'

/** Room for the rows of one answer; more is made when a single row needs it. */
const FIRST_ANSWER_BYTES = 256 * 1024
/** A thread that says nothing for so long is taken for dead. */
const ANSWER_TIMEOUT_MS = 30_000

/** In the first cell of the control words. The second is the length of the answer, or the room it needs. */
const Status = { Waiting: 0, Done: 1, NeedsRoom: 2, Failed: 3 } as const
const CONTROL_WORDS = 2

interface Request {
  readonly location: string
  /** Undefined closes the database. */
  readonly scan?: { readonly range: KeyRange; readonly direction: ScanDirection; readonly limit: number }
  readonly control: Int32Array
  readonly answer: Uint8Array
}

export class LevelScanThread {
  #port: MessagePort | undefined
  #answer = new Uint8Array(new SharedArrayBuffer(FIRST_ANSWER_BYTES))
  readonly #locations = new Set<string>()

  /** Up to `limit` rows and at least one if there is any. */
  scan(location: string, range: KeyRange, direction: ScanDirection, limit: number): Row[] {
    this.#locations.add(location)
    return decodeRows(this.#ask(location, { range, direction, limit }))
  }

  /** Lets go of a database, which cannot be closed before. */
  close(location: string): void {
    if (this.#locations.delete(location)) this.#ask(location, undefined)
  }

  #ask(location: string, scan: Request['scan']): Buffer {
    const port = (this.#port ??= startThread())
    for (;;) {
      const control = new Int32Array(new SharedArrayBuffer(CONTROL_WORDS * Int32Array.BYTES_PER_ELEMENT))
      const answer = this.#answer
      port.postMessage({ location, scan, control, answer } satisfies Request)
      Atomics.wait(control, 0, Status.Waiting, ANSWER_TIMEOUT_MS)
      const length = Atomics.load(control, 1)
      switch (Atomics.load(control, 0)) {
        case Status.Done:
          return Buffer.from(answer.slice(0, length).buffer)
        case Status.NeedsRoom:
          this.#answer = new Uint8Array(new SharedArrayBuffer(length))
          break
        case Status.Failed:
          throw new StateEngineError('STATE_IO', location, Buffer.from(answer.slice(0, length)).toString())
        default:
          throw new StateEngineError('STATE_IO', location, `no answer to a scan within ${ANSWER_TIMEOUT_MS} ms`)
      }
    }
  }
}

/** Rows as the thread writes them: key length, value length (4 bytes each, little-endian), key, value. */
function decodeRows(bytes: Buffer): Row[] {
  const rows: Row[] = []
  for (let position = 0; position < bytes.length; ) {
    const keyStart = position + 8
    const valueStart = keyStart + bytes.readUInt32LE(position)
    const end = valueStart + bytes.readUInt32LE(position + 4)
    rows.push([bytes.subarray(keyStart, valueStart), bytes.subarray(valueStart, end)])
    position = end
  }
  return rows
}

function startThread(): MessagePort {
  const { port1, port2 } = new MessageChannel()
  const worker = new Worker(`(${threadMain})()`, {
    eval: true,
    workerData: { port: port2, level: createRequire(import.meta.url).resolve('classic-level'), Status },
    transferList: [port2],
  })
  worker.unref()
  port1.unref()
  return port1
}

/** The thread. It is sent as text, so it uses nothing of this module but what it is given. */
function threadMain(): void {
  const { workerData } = require('node:worker_threads') as typeof import('node:worker_threads')
  const { port, level, Status: status } = workerData as { port: MessagePort; level: string; Status: typeof Status }
  const { ClassicLevel } = require(level) as typeof import('classic-level')
  const databases = new Map<string, InstanceType<typeof ClassicLevel<Buffer, Buffer>>>()

  const databaseAt = async (location: string) => {
    const known = databases.get(location)
    if (known !== undefined) return known
    const database = new ClassicLevel<Buffer, Buffer>(location, {
      keyEncoding: 'buffer',
      valueEncoding: 'buffer',
      multithreading: true,
    })
    await database.open()
    databases.set(location, database)
    return database
  }

  /** The length of the answer, or minus the room that its first row needs. */
  const scan = async (location: string, { range, direction, limit }: Required<Request>['scan'], answer: Uint8Array) => {
    const { from, to } = range
    const bounds = to === undefined ? { gte: Buffer.from(from) } : { gte: Buffer.from(from), lt: Buffer.from(to) }
    const iterator = (await databaseAt(location)).iterator({ ...bounds, reverse: direction === 'backward', limit })
    const target = Buffer.from(answer.buffer)
    let length = 0
    try {
      for await (const [key, value] of iterator) {
        const end = length + 8 + key.length + value.length
        if (end > target.length) return length === 0 ? -end : length
        target.writeUInt32LE(key.length, length)
        target.writeUInt32LE(value.length, length + 4)
        target.set(key, length + 8)
        target.set(value, length + 8 + key.length)
        length = end
      }
    } finally {
      await iterator.close()
    }
    return length
  }

  const respond = async ({ location, scan: request, answer }: Request): Promise<[status: number, length: number]> => {
    try {
      if (request === undefined) {
        await databases.get(location)?.close()
        databases.delete(location)
        return [status.Done, 0]
      }
      const length = await scan(location, request, answer)
      return length < 0 ? [status.NeedsRoom, -length] : [status.Done, length]
    } catch (error) {
      const text = Buffer.from(String((error as Error).cause ?? error)).subarray(0, answer.length)
      answer.set(text)
      return [status.Failed, text.length]
    }
  }

  port.on('message', async (request: Request) => {
    const [outcome, length] = await respond(request)
    Atomics.store(request.control, 1, length)
    Atomics.store(request.control, 0, outcome)
    Atomics.notify(request.control, 0)
  })
}
