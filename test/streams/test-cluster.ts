import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Broker } from '@millrace/broker'
import { Admin, Consumer, type ConsumerRecord, Producer, type ProducerRecord } from '@millrace/client'
import { realPlatform } from '@millrace/platform'

/** A cluster to run applications on, and clients for what a test puts in and takes out. */
export class TestCluster {
  readonly platform = realPlatform()
  private readonly admin: Admin
  private readonly producer: Producer

  private constructor(
    readonly bootstrapServers: string,
    private readonly directory: string,
    private readonly broker: Broker | undefined,
  ) {
    const { platform } = this
    this.admin = new Admin({ bootstrapServers, platform })
    this.producer = new Producer({ bootstrapServers, platform })
  }

  /** One broker of this process. */
  static async start(): Promise<TestCluster> {
    const directory = await mkdtemp(join(tmpdir(), 'millrace-streams-'))
    const broker = await Broker.start({
      platform: realPlatform(),
      config: {
        'log.dirs': join(directory, 'kafka'),
        listeners: 'PLAINTEXT://127.0.0.1:0',
        'group.initial.rebalance.delay.ms': 0,
        'group.min.session.timeout.ms': 100,
        'offsets.topic.num.partitions': 1,
        'log.flush.interval.messages': 10_000,
      },
    })
    return new TestCluster(broker.bootstrapServers, directory, broker)
  }

  /** Brokers that are there already, with none of the topics that tests make. */
  static async at(bootstrapServers: string): Promise<TestCluster> {
    return new TestCluster(bootstrapServers, await mkdtemp(join(tmpdir(), 'millrace-streams-')), undefined)
  }

  /** A directory for the state of applications. */
  get stateDir(): string {
    return join(this.directory, 'state')
  }

  async createTopics(partitionCounts: Readonly<Record<string, number>>): Promise<void> {
    await this.admin.createTopics(Object.entries(partitionCounts).map(([name, partitions]) => ({ name, partitions })))
    // Brokers hear of a new topic a moment later.
    for (const name of Object.keys(partitionCounts)) await this.producer.partitionsFor(name)
  }

  async produce(topic: string, records: readonly Omit<ProducerRecord, 'topic'>[]): Promise<void> {
    await this.producer.sendBatch(topic, records)
  }

  /** Every record of a topic so far, partition by partition. */
  async read(topic: string): Promise<ConsumerRecord[]> {
    await using consumer = new Consumer({
      bootstrapServers: this.bootstrapServers,
      platform: this.platform,
      autoOffsetReset: 'earliest',
    })
    const partitions = (await consumer.partitionsFor(topic)).map(({ partition }) => ({ topic, partition }))
    await consumer.assign(partitions)
    const ends = await consumer.endOffsets(partitions)
    const records: ConsumerRecord[] = []
    for (const at of partitions) {
      const end = ends.get(at.topic, at.partition)!
      while ((await consumer.position(at)) < end) {
        for (const batch of await consumer.poll({ maxWaitMs: 100 })) records.push(...batch.records)
      }
    }
    return records.sort((a, b) => a.partition - b.partition || a.offset - b.offset)
  }

  /** The configs that the topic was given, by name. */
  async configsOf(topic: string): Promise<Map<string, string | null>> {
    const [description] = await this.admin.describeConfigs([{ type: 'topic', name: topic }])
    return new Map([...description!.configs].map(([name, { value }]) => [name, value]))
  }

  async partitionCountOf(topic: string): Promise<number> {
    return (await this.admin.describeTopics([topic])).get(topic)!.partitions.length
  }

  async close(): Promise<void> {
    await this.producer.close()
    await this.admin.close()
    await this.broker?.close()
    await rm(this.directory, { recursive: true })
  }
}

/** Resolves once `condition` returns anything but false, without throwing; asks again and again, for at most 20 s. */
export async function eventually(condition: () => unknown): Promise<void> {
  const deadlineMs = performance.now() + 20_000
  for (;;) {
    try {
      if ((await condition()) !== false) return
    } catch (error) {
      if (performance.now() > deadlineMs) throw error
    }
    if (performance.now() > deadlineMs) throw new Error('not within 20 s')
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}
