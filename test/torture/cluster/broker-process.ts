/** A broker as a process of its own, which can be killed and started again on the same data and port. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const MAIN = join(fileURLToPath(import.meta.resolve('@millrace/broker')), '..', 'main.js')
/** Far more than any recovery here takes. */
const START_LIMIT_MS = 60_000
const STOP_LIMIT_MS = 30_000
const KEPT_OUTPUT_CHARACTERS = 4_000

export interface BrokerProcessOptions {
  /** By Kafka's names. */
  readonly settings?: Readonly<Record<string, string | number>>
  /** Below which its data go; the system's place for temporary files by default. */
  readonly parentDirectory?: string
  /** `['--max-old-space-size=256']`, … */
  readonly nodeOptions?: readonly string[]
  /** Where it listens; any free port by default. */
  readonly port?: number
  /** What clients are told instead, such as a proxy. */
  readonly advertisedPort?: number
}

export class BrokerProcess {
  readonly directory: string
  /** 0 until it has listened once; from then on it listens there. */
  port: number
  private child: ChildProcess | undefined
  private output = ''
  private errorOutput = ''
  private readonly killChild = () => this.child?.kill('SIGKILL')

  private constructor(private readonly options: BrokerProcessOptions) {
    this.port = options.port ?? 0
    this.directory = mkdtempSync(join(options.parentDirectory ?? tmpdir(), 'millrace-torture-'))
    process.once('exit', this.killChild)
  }

  static async start(options: BrokerProcessOptions = {}): Promise<BrokerProcess> {
    const broker = new BrokerProcess(options)
    broker.spawn()
    await broker.ready()
    return broker
  }

  get bootstrapServers(): string {
    return `127.0.0.1:${this.port}`
  }
  get processId(): number {
    return this.child!.pid!
  }
  /** What it has written to its standard error since it was started: nothing, if it found no bug in itself. */
  get errors(): string {
    return this.errorOutput
  }
  get isRunning(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null
  }

  /** Starts it without waiting for it to be ready. */
  spawn(): void {
    const { settings = {}, nodeOptions = [], advertisedPort } = this.options
    const advertised =
      advertisedPort === undefined ? {} : { 'advertised.listeners': `PLAINTEXT://127.0.0.1:${advertisedPort}` }
    const set = Object.entries({ ...settings, ...advertised }).flatMap(([name, value]) => ['--set', `${name}=${value}`])
    const args = [...nodeOptions, MAIN, '--data-dir', this.directory, '--port', String(this.port), ...set]
    this.output = ''
    this.errorOutput = ''
    this.child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.child.stdout!.on('data', (text: Buffer) => {
      this.output = (this.output + text).slice(-KEPT_OUTPUT_CHARACTERS)
    })
    this.child.stderr!.on('data', (text: Buffer) => {
      this.errorOutput = (this.errorOutput + text).slice(0, KEPT_OUTPUT_CHARACTERS)
    })
  }

  /** Resolves once it answers clients. Rejects if it ends before, or takes longer than a minute. */
  async ready(): Promise<void> {
    const child = this.child!
    await new Promise<void>((resolve, reject) => {
      const limit = setTimeout(() => reject(new Error(`the broker is not ready: ${this.errorOutput}`)), START_LIMIT_MS)
      const finish = (error?: Error) => {
        clearTimeout(limit)
        child.stdout!.off('data', look)
        child.off('exit', ended)
        if (error === undefined) resolve()
        else reject(error)
      }
      const look = () => {
        const match = /^ready .*:(\d+)$/m.exec(this.output)
        if (match === null) return
        if (this.port === 0) this.port = Number(match[1])
        finish()
      }
      const ended = () => finish(new Error(`the broker ended: ${this.errorOutput}`))
      child.stdout!.on('data', look)
      child.once('exit', ended)
      look()
      if (!this.isRunning) ended()
    })
  }

  /** Starts it again and returns how many milliseconds it took until it answered. */
  async restart(): Promise<number> {
    const startMs = performance.now()
    this.spawn()
    await this.ready()
    return performance.now() - startMs
  }

  async kill(): Promise<void> {
    await this.end('SIGKILL')
  }

  /** Stops it cleanly. Throws if it had ended by itself or does not end now. */
  async stop(): Promise<void> {
    if (!this.isRunning) throw new Error(`the broker has ended: ${this.errorOutput}`)
    const limit = setTimeout(() => this.child!.kill('SIGKILL'), STOP_LIMIT_MS)
    await this.end('SIGTERM')
    clearTimeout(limit)
    if (this.child!.exitCode !== 0)
      throw new Error(
        `the broker did not stop cleanly (${this.child!.exitCode ?? this.child!.signalCode}): ${this.errorOutput}`,
      )
  }

  /** Everything in it stands still until `resume`. */
  pause(): void {
    this.child!.kill('SIGSTOP')
  }
  resume(): void {
    this.child!.kill('SIGCONT')
  }

  /** Kills it if it runs, and removes its data. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
    process.off('exit', this.killChild)
    rmSync(this.directory, { recursive: true, force: true })
  }

  private async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    if (!this.isRunning) return
    const exited = once(this.child!, 'exit')
    this.child!.kill(signal)
    await exited
  }
}
