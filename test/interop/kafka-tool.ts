import { type ChildProcess, spawn } from 'node:child_process'

const runKafka = process.env.MILLRACE_RUN_KAFKA
if (runKafka === undefined) throw new Error('MILLRACE_RUN_KAFKA names no script: use npm run interop:kafka')

/** One of Kafka's programs at work, and what it has printed so far. The caller stops it, or waits for its end. */
export class KafkaTool {
  printed = ''
  /** Its exit code; null when a signal ended it. */
  readonly ended: Promise<number | null>
  private readonly running: ChildProcess

  constructor(
    readonly name: string,
    readonly options: readonly string[],
  ) {
    // The script and the program that it runs are one group, to be stopped together.
    this.running = spawn(runKafka!, ['tool', name, ...options], {
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.running.stdout!.on('data', chunk => {
      this.printed += chunk
    })
    this.ended = new Promise(resolve => this.running.on('close', resolve))
  }

  /** As Ctrl-C does: it ends in its own time. */
  async stop(): Promise<void> {
    process.kill(-this.running.pid!, 'SIGTERM')
    await this.ended
  }
}

/** Runs a program to its end and gives what it prints. The broker may live in this process. */
export async function kafkaTool(name: string, ...options: string[]): Promise<string> {
  const tool = new KafkaTool(name, options)
  const exitCode = await tool.ended
  if (exitCode !== 0) throw new Error(`${name} ${options.join(' ')}: ${exitCode}\n${tool.printed}`)
  return tool.printed
}
