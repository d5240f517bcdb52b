/** `millrace` as its users run it: processes of the built command line. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const MAIN = `${ROOT}packages/millrace/dist/main.js`
/** Longer than anything here takes on a busy machine; what is not there by then will not come. */
const PATIENCE_MS = 20_000
const RETRY_MS = 50

export interface Finished {
  /** Null when a signal ended it. */
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Brings `dist` up to date with the sources; does nothing where it is. */
export async function buildMillrace(): Promise<void> {
  const compiler = `${ROOT}node_modules/typescript/bin/tsc`
  const build = spawn(process.execPath, [compiler, '-b', 'packages/millrace'], { cwd: ROOT, stdio: 'ignore' })
  await once(build, 'exit')
}

/** Runs one command to its end. */
export async function millrace(args: readonly string[], input = ''): Promise<Finished> {
  const running = new RunningMillrace(args)
  running.child.stdin!.end(input)
  return running.finished()
}

/** A command that is running; whoever starts it waits for its end. */
export class RunningMillrace {
  stdout = ''
  stderr = ''
  readonly child: ChildProcess
  private readonly ended: Promise<Finished>

  constructor(args: readonly string[]) {
    this.child = spawn(process.execPath, [MAIN, ...args], { cwd: ROOT, stdio: ['pipe', 'pipe', 'pipe'] })
    this.child.stdout!.setEncoding('utf8').on('data', text => {
      this.stdout += text
    })
    this.child.stderr!.setEncoding('utf8').on('data', text => {
      this.stderr += text
    })
    this.ended = once(this.child, 'close').then(() => ({
      exitCode: this.child.exitCode,
      stdout: this.stdout,
      stderr: this.stderr,
    }))
  }

  finished(): Promise<Finished> {
    return this.ended
  }

  async stop(signal: 'SIGTERM' | 'SIGINT' | 'SIGKILL'): Promise<Finished> {
    this.child.kill(signal)
    return this.ended
  }
}

/** `millrace start` with its data in `directory`, on free ports. */
export class Server {
  private constructor(
    readonly process: RunningMillrace,
    readonly broker: string,
    readonly registry: string,
    readonly sql: string,
  ) {}

  static async start(directory: string): Promise<Server> {
    const ports = ['--port', '--registry-port', '--sql-port'].flatMap(name => [name, '0'])
    const process = new RunningMillrace(['start', '--data-dir', directory, ...ports])
    const address = (name: string): string | undefined =>
      new RegExp(`^ +${name} +(\\S+)\n`, 'm').exec(process.stdout)?.[1]
    const ended = process.finished()
    const sql = await Promise.race([
      eventually(() => address('SQL') ?? null),
      ended.then(({ stderr }) => {
        throw new Error(`millrace start ended: ${stderr}`)
      }),
    ])
    return new Server(process, address('broker')!, address('schema registry')!, sql)
  }

  /** The rows of the answer to a query that ends. */
  async query(sql: string): Promise<unknown[]> {
    const response = await this.post(`${this.sql}/query-stream`, { sql })
    const text = await response.text()
    if (!response.ok) throw new Error(text)
    const [, ...rows] = text.trimEnd().split('\n')
    return rows.map(row => JSON.parse(row))
  }

  post(url: string, body: unknown): Promise<Response> {
    return fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
  }
}

/** Tries again until the answer is not null, and fails with the last error when that takes too long. */
export async function eventually<T>(attempt: () => T | null | Promise<T | null>): Promise<T> {
  const deadlineMs = Date.now() + PATIENCE_MS
  for (;;) {
    let failure: unknown = new Error('the condition did not come true')
    try {
      const result = await attempt()
      if (result !== null) return result
    } catch (error) {
      failure = error
    }
    if (Date.now() > deadlineMs) throw failure
    await sleep(RETRY_MS)
  }
}
