/** A broker for a benchmark: a process of its own where numbers count, in our process where it only has to work. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Broker } from '@millrace/broker'
import { realPlatform } from '@millrace/platform'

export interface RunningBroker {
  readonly port: number
  /** From the start of the command to its `ready`; 0 when it shares our process. */
  readonly startedMs: number
  /** Undefined when it shares our process. */
  readonly processId: number | undefined
  /** Stops it and removes its data. */
  stop(): Promise<void>
}

/** @param settings `name=value` under Kafka's names */
export async function startBrokerProcess(settings: readonly string[] = []): Promise<RunningBroker> {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  const main = join(fileURLToPath(import.meta.resolve('@millrace/broker')), '..', 'main.js')
  const args = [main, '--data-dir', directory, '--port', '0', ...settings.flatMap(setting => ['--set', setting])]
  const startMs = performance.now()
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = new Promise<void>(resolve => child.once('exit', () => resolve()))
  const port = await readyPort(child)
  return {
    port,
    startedMs: performance.now() - startMs,
    processId: child.pid,
    stop: async () => {
      child.kill('SIGTERM')
      await exited
      rmSync(directory, { recursive: true })
    },
  }
}

export async function startBrokerHere(settings: readonly string[] = []): Promise<RunningBroker> {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  const config = Object.fromEntries(settings.map(setting => setting.split('=') as [string, string]))
  const listeners = 'PLAINTEXT://127.0.0.1:0'
  const broker = await Broker.start({
    platform: realPlatform(),
    config: { ...config, listeners, 'log.dirs': directory },
  })
  return {
    port: broker.port,
    startedMs: 0,
    processId: undefined,
    stop: async () => {
      await broker.close()
      rmSync(directory, { recursive: true })
    },
  }
}

function readyPort(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('exit', code => reject(new Error(`the broker ended with ${code}`)))
    child.stdout!.on('data', (text: Buffer) => {
      const match = /^ready .*:(\d+)$/m.exec(String(text))
      if (match !== null) resolve(Number(match[1]))
    })
  })
}
