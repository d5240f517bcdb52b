import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Broker } from '@millrace/broker'
import { Admin, Producer, type ProducerRecord } from '@millrace/client'
import { memoryNetwork, type Platform, realPlatform } from '@millrace/platform'
import { KsqlEngine } from '../../src/engine/engine.ts'
import type { Properties } from '../../src/engine/properties.ts'
import { builtInFunctions } from '../../src/functions/built-in.ts'
import { ksqlApp } from '../../src/server/app.ts'

const SERVICE_ID = 'test_'

export interface Answer {
  readonly status: number
  /** Parsed JSON, or the text where it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked at, not computed with
  readonly body: any
}

/** A broker and a SQL server on it, without sockets. */
export class SqlServer implements AsyncDisposable {
  readonly bugs: unknown[] = []
  private engine!: KsqlEngine
  private app!: ReturnType<typeof ksqlApp>

  private constructor(
    readonly platform: Platform,
    private readonly directory: string,
    private readonly broker: Broker,
    private readonly properties: Properties,
  ) {}

  static async start(properties: Properties = {}): Promise<SqlServer> {
    const real = realPlatform()
    const platform = { ...real, network: memoryNetwork(real.timers) }
    const directory = await mkdtemp(join(tmpdir(), 'millrace-ksql-'))
    const broker = await Broker.start({
      platform,
      config: {
        'log.dirs': join(directory, 'broker'),
        listeners: 'PLAINTEXT://127.0.0.1:0',
        'group.initial.rebalance.delay.ms': '0',
        'offsets.topic.num.partitions': '1',
        'log.flush.interval.messages': '1000000',
      },
    })
    const server = new SqlServer(platform, directory, broker, properties)
    await server.open()
    return server
  }

  private async open(): Promise<void> {
    const { platform } = this
    this.engine = await KsqlEngine.open({
      bootstrapServers: this.broker.bootstrapServers,
      platform,
      serviceId: SERVICE_ID,
      stateDir: join(this.directory, 'sql'),
      commitIntervalMs: 50,
      functions: builtInFunctions(platform),
      properties: this.properties,
    })
    this.app = ksqlApp({
      engine: this.engine,
      version: '1',
      clusterId: 'cluster',
      serviceId: SERVICE_ID,
      onBug: error => this.bugs.push(error),
    })
  }

  /** The SQL server ends and comes back; the broker stays. */
  async restart(): Promise<void> {
    await this.engine[Symbol.asyncDispose]()
    await this.open()
  }

  async createTopic(name: string, partitions = 1): Promise<void> {
    await using admin = new Admin({ bootstrapServers: this.broker.bootstrapServers, platform: this.platform })
    await admin.createTopics([{ name, partitions }])
  }
  async produce(...records: readonly ProducerRecord[]): Promise<void> {
    await using producer = new Producer({ bootstrapServers: this.broker.bootstrapServers, platform: this.platform })
    await Promise.all(records.map(record => producer.send(record)))
  }

  request(path: string, init?: RequestInit): Promise<Response> {
    return Promise.resolve(this.app.request(path, init))
  }
  async post(path: string, body: unknown): Promise<Answer> {
    const response = await this.request(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
    const text = await response.text()
    return { status: response.status, body: parsed(text) }
  }
  statements(ksql: string, streamsProperties: Properties = {}): Promise<Answer> {
    return this.post('/ksql', { ksql, streamsProperties })
  }
  query(ksql: string, streamsProperties: Properties = {}): Promise<Answer> {
    return this.post('/query', { ksql, streamsProperties })
  }
  /** The columns of a pull query's rows, asked again until there are `count`. */
  async rows(ksql: string, count: number): Promise<unknown[]> {
    for (;;) {
      const { body } = await this.query(ksql)
      const rows = (body as { row?: { columns: unknown[] } }[]).flatMap(({ row }) => (row === undefined ? [] : [row]))
      if (rows.length >= count) return rows.map(({ columns }) => columns)
      await this.platform.timers.sleep(20)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.engine[Symbol.asyncDispose]()
    await this.broker.close()
    await rm(this.directory, { recursive: true, force: true })
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
