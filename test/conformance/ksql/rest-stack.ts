/** Broker and SQL server of one case, in this process and without sockets. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Broker } from '@millrace/broker'
import { Admin, Consumer, type ConsumerRecord, Producer, type ProducerRecord } from '@millrace/client'
import { builtInFunctions, type DataSource, KsqlEngine, ksqlApp, RegistryFormats, rowSerde } from '@millrace/ksql'
import { memoryNetwork, type Platform } from '@millrace/platform'
import { InProcessRegistryClient, MemoryLog, SchemaRegistry } from '@millrace/schema-registry'

const SERVICE_ID = 'default_'
const CHECK_INTERVAL_MS = 5

/** What the corpus asks of the server, see "REST cases" of its README. */
const SERVER_PROPERTIES = {
  'auto.offset.reset': 'earliest',
  'ksql.headers.columns.enabled': 'true',
  'ksql.query.pull.table.scan.enabled': 'true',
  'ksql.query.pull.interpreter.enabled': 'true',
  'ksql.query.push.v2.enabled': 'true',
  'ksql.query.push.v2.registry.installed': 'true',
}

export interface Answer {
  readonly status: number
  readonly text: string
}

export class RestStack implements AsyncDisposable {
  private constructor(
    private readonly platform: Platform,
    private readonly directory: string,
    private readonly broker: Broker,
    readonly engine: KsqlEngine,
    private readonly app: ReturnType<typeof ksqlApp>,
    private readonly admin: Admin,
    private readonly producer: Producer,
    readonly registry: SchemaRegistry,
    /** What the server told its operator. */
    readonly complaints: readonly string[],
  ) {}

  static async start(base: Platform): Promise<RestStack> {
    const platform = { ...base, network: memoryNetwork(base.timers) }
    const directory = await mkdtemp(join(tmpdir(), 'millrace-ksql-rest-'))
    const broker = await Broker.start({
      platform,
      config: {
        'log.dirs': join(directory, 'broker'),
        listeners: 'PLAINTEXT://127.0.0.1:0',
        'group.initial.rebalance.delay.ms': '0',
        'offsets.topic.num.partitions': '1',
        // Nothing here outlives the process.
        'log.flush.interval.messages': '1000000',
      },
    })
    const { bootstrapServers } = broker
    const registry = await SchemaRegistry.start({ log: new MemoryLog(platform.clock) })
    const complaints: string[] = []
    const engine = await KsqlEngine.open({
      bootstrapServers,
      platform,
      serviceId: SERVICE_ID,
      stateDir: join(directory, 'sql'),
      commitIntervalMs: 50,
      functions: builtInFunctions(platform),
      properties: SERVER_PROPERTIES,
      formats: new RegistryFormats(new InProcessRegistryClient(registry)),
      onProcessingError: ({ queryId, step, error }) => complaints.push(`${queryId}, ${step}: ${error.message}`),
    })
    const app = ksqlApp({
      engine,
      version: '0',
      clusterId: 'conformance',
      serviceId: SERVICE_ID,
      onBug: error => complaints.push(`bug: ${error instanceof Error ? error.stack : error}`),
    })
    const clients = { bootstrapServers, platform }
    return new RestStack(
      platform,
      directory,
      broker,
      engine,
      app,
      new Admin(clients),
      new Producer(clients),
      registry,
      complaints,
    )
  }

  request(path: string, body: unknown, accept = 'application/json', signal?: AbortSignal): Promise<Response> {
    return Promise.resolve(
      this.app.request(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept },
        body: JSON.stringify(body),
        ...(signal === undefined ? {} : { signal }),
      }),
    )
  }

  get schemas(): InProcessRegistryClient {
    return new InProcessRegistryClient(this.registry)
  }
  /** Registers what the engine derives from the columns of a source, unless its subjects have a schema. */
  async registerSchemasOf({ topic, keyFormat, valueFormat, schema }: DataSource): Promise<void> {
    for (const [format, columns, isKey] of [
      [keyFormat, schema.key, true],
      [valueFormat, schema.value, false],
    ] as const) {
      if (format.name !== 'AVRO' || columns.length === 0) continue
      const hasSchema = await this.schemas.latest(`${topic}-${isKey ? 'key' : 'value'}`).then(
        () => true,
        () => false,
      )
      if (hasSchema) continue
      const formats = new RegistryFormats(this.schemas)
      rowSerde(format, columns, { topic, isKey }, (...target) => formats.serde(...target))
      await formats.prepare()
    }
  }

  async createTopic(name: string, partitions: number): Promise<void> {
    await this.admin.createTopics([{ name, partitions }])
  }
  async produce(record: ProducerRecord): Promise<void> {
    await this.producer.send(record)
  }

  /** Resolves once every persistent query has read all there is and committed what came of it. */
  async settled(signal: AbortSignal): Promise<void> {
    // Queries stand in the order in which they feed each other, and so do the topics of one query.
    for (const { plan, applicationId } of this.engine.queries) {
      const topics = (await this.admin.listTopics({ includeInternal: true })).map(({ name }) => name)
      const internal = topics.filter(name => name.startsWith(applicationId) && name.endsWith('-repartition'))
      const sources = plan.sources.map(name => this.engine.catalog.existing(name).topic)
      for (const topic of [...new Set(sources), ...internal])
        while (!(await this.hasRead(applicationId, topic))) await this.platform.timers.sleep(CHECK_INTERVAL_MS, signal)
    }
  }
  private async hasRead(groupId: string, topic: string): Promise<boolean> {
    const description = (await this.admin.describeTopics([topic])).get(topic)
    const partitions = (description?.partitions ?? []).map(({ partition }) => ({ topic, partition }))
    const ends = await this.admin.listOffsets(partitions.map(partition => ({ ...partition, at: 'latest' as const })))
    const committed = await this.admin.listConsumerGroupOffsets(groupId)
    return partitions.every(({ partition }) => {
      const end = ends.get(topic, partition)?.offset ?? 0
      return end === 0 || (committed.get(topic, partition)?.offset ?? 0) >= end
    })
  }

  /** Whether SHOW QUERIES knows a push query that runs. */
  async hasRunningPushQuery(): Promise<boolean> {
    const answer = await this.request('/ksql', { ksql: 'SHOW QUERIES;' })
    const entities = (await answer.json()) as { queries: { queryType: string; state: string }[] }[]
    return entities.some(({ queries }) =>
      queries.some(({ queryType, state }) => queryType === 'PUSH' && state === 'RUNNING'),
    )
  }

  /** The first records of a topic in the order of their partitions, or fewer when there are no more. */
  async read(topic: string, count: number): Promise<ConsumerRecord[]> {
    await using consumer = new Consumer({
      bootstrapServers: this.broker.bootstrapServers,
      platform: this.platform,
      autoOffsetReset: 'earliest',
    })
    const partitions = (await consumer.partitionsFor(topic)).map(({ partition }) => ({ topic, partition }))
    await consumer.assign(partitions)
    const ends = await consumer.endOffsets(partitions)
    const records: ConsumerRecord[] = []
    for (const at of partitions)
      while ((await consumer.position(at)) < (ends.get(at.topic, at.partition) ?? 0))
        for (const batch of await consumer.poll({ maxWaitMs: 100 })) records.push(...batch.records)
    return records.slice(0, count)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.engine[Symbol.asyncDispose]()
    await this.producer.close()
    await this.admin.close()
    await this.broker.close()
    await this.registry[Symbol.asyncDispose]()
    await rm(this.directory, { recursive: true, force: true })
  }
}
