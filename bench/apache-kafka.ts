/**
 * Apache Kafka 4.2 or later as a peer: one node that runs with default settings, and its tools. Needs Java 17 and Kafka's
 * jars: `KAFKA_HOME` names the unpacked release, or `MILLRACE_RUN_KAFKA` a script whose `classpath` command prints a class
 * path (by default the one beside this repository that `npm run interop:kafka` uses).
 */
import { execFile, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

const MAX_OUTPUT_BYTES = 16 * 1024 * 1024
const BROKER_HEAP = '-Xmx512m'
const TOOL_HEAP = '-Xmx256m'

export const TOOLS = {
  format: 'kafka.tools.StorageTool',
  topics: 'org.apache.kafka.tools.TopicCommand',
  producerPerformance: 'org.apache.kafka.tools.ProducerPerformance',
  consumerPerformance: 'org.apache.kafka.tools.ConsumerPerformance',
  endToEndLatency: 'org.apache.kafka.tools.EndToEndLatency',
} as const

export const HOW_TO_GET_KAFKA = `this benchmark runs Apache Kafka and its perf tools:
  install Java 17 or later, unpack a release of https://kafka.apache.org/downloads (4.2 or later),
  and name its folder: KAFKA_HOME=/path/to/kafka_2.13-4.3.1 npm run bench:broker`

export class ApacheKafka {
  private constructor(private readonly classPath: string) {}

  /** Undefined if Java or Kafka's jars are missing. */
  static find(): ApacheKafka | undefined {
    if (spawnSync('java', ['-version']).status !== 0) return undefined
    const home = process.env.KAFKA_HOME
    if (home !== undefined) return existsSync(join(home, 'libs')) ? new ApacheKafka(join(home, 'libs', '*')) : undefined
    const script = resolve(process.env.MILLRACE_RUN_KAFKA ?? '../shared/kafka/run-kafka')
    if (!existsSync(script)) return undefined
    const { status, stdout } = spawnSync(script, ['classpath'], { encoding: 'utf8' })
    return status === 0 ? new ApacheKafka(stdout.trim()) : undefined
  }

  /** What it printed. Rejects with its errors. */
  async runTool(tool: keyof typeof TOOLS, args: readonly string[]): Promise<string> {
    const all = [TOOL_HEAP, '-cp', this.classPath, TOOLS[tool], ...args]
    const { stdout } = await promisify(execFile)('java', all, { maxBuffer: MAX_OUTPUT_BYTES })
    return stdout
  }

  /** An empty node, formatted and not yet started. */
  async prepareNode(settings: readonly string[] = []): Promise<KafkaNode> {
    const directory = mkdtempSync(join(tmpdir(), 'millrace-bench-kafka-'))
    const [port, controllerPort] = [await freePort(), await freePort()]
    const config = join(directory, 'server.properties')
    mkdirSync(join(directory, 'data'))
    writeFileSync(
      config,
      [
        'process.roles=broker,controller',
        'node.id=1',
        `controller.quorum.voters=1@127.0.0.1:${controllerPort}`,
        `listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
        'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
        'controller.listener.names=CONTROLLER',
        `log.dirs=${join(directory, 'data')}`,
        'offsets.topic.replication.factor=1',
        'transaction.state.log.replication.factor=1',
        'transaction.state.log.min.isr=1',
        ...settings,
        '',
      ].join('\n'),
    )
    const clusterId = (await this.runTool('format', ['random-uuid'])).trim()
    await this.runTool('format', ['format', '-t', clusterId, '-c', config])
    return {
      bootstrapServers: `127.0.0.1:${port}`,
      start: () => {
        const child = spawn('java', [BROKER_HEAP, '-cp', this.classPath, 'kafka.Kafka', config], { stdio: 'ignore' })
        const exited = new Promise<void>(resolveExit => child.once('exit', () => resolveExit()))
        return {
          processId: child.pid!,
          stop: async () => {
            child.kill('SIGTERM')
            await exited
            rmSync(directory, { recursive: true })
          },
        }
      },
    }
  }
}

export interface KafkaNode {
  readonly bootstrapServers: string
  /** Starts the process; it listens some seconds later. */
  start(): KafkaProcess
}

export interface KafkaProcess {
  readonly processId: number
  /** Stops it and removes its data. */
  stop(): Promise<void>
}

function freePort(): Promise<number> {
  return new Promise((resolvePort, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolvePort(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
