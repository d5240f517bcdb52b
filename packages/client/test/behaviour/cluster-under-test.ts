import type { Platform } from '@millrace/platform'
import { afterEach } from 'vitest'
import { Admin, type AdminOptions } from '../../src/admin/admin.ts'
import type { NewTopic } from '../../src/admin/topics.ts'
import { Consumer, type ConsumerOptions } from '../../src/consumer/consumer.ts'
import type { FetchedBatch } from '../../src/consumer/consumer-record.ts'
import { Producer, type ProducerOptions } from '../../src/producer/producer.ts'

/** Whatever the behaviour suites run against. */
export interface ClusterUnderTest {
  readonly bootstrapServers: string
  /** Undefined: the real one. */
  readonly platform?: Platform
}

/** Settings of a broker under which groups whose coordinator divides the partitions (KIP-848) do so without delay. */
export const QUICK_GROUPS = {
  'group.consumer.min.heartbeat.interval.ms': 50,
  'group.consumer.heartbeat.interval.ms': 50,
  'group.consumer.min.assignment.interval.ms': 0,
  'group.consumer.assignment.interval.ms': 0,
} as const

type Own<O> = Omit<O, 'bootstrapServers' | 'platform'>

/** Makes clients of a cluster and closes them after each test, and topics and groups with names of their own. */
export class TestClients {
  private readonly closeables: { close(): Promise<void> }[] = []
  private names = 0
  /** So that a second run finds nothing of the first. */
  private readonly run = Date.now().toString(36)

  constructor(
    private readonly suite: string,
    private readonly cluster: () => ClusterUnderTest,
  ) {
    afterEach(async () => {
      for (const closeable of this.closeables.splice(0).reverse()) await closeable.close()
    })
  }

  name(what: string): string {
    return `${this.suite}-${what}-${this.run}-${this.names++}`
  }
  producer(options: Own<ProducerOptions> = {}): Producer {
    return this.closedLater(new Producer({ ...this.cluster(), ...options }))
  }
  consumer(options: Own<ConsumerOptions> = {}): Consumer {
    return this.closedLater(new Consumer({ ...this.cluster(), autoOffsetReset: 'earliest', ...options }))
  }
  admin(options: Own<AdminOptions> = {}): Admin {
    return this.closedLater(new Admin({ ...this.cluster(), ...options }))
  }
  async topic(partitions = 1, configs: NonNullable<NewTopic['configs']> = {}): Promise<string> {
    const name = this.name('topic')
    await this.admin().createTopics([{ name, partitions, configs }])
    return name
  }

  /** Brokers learn of a new topic a moment after the controller has created it; this waits for that. */
  async known(topic: string): Promise<void> {
    await this.consumer({ allowAutoCreateTopics: false }).partitionsFor(topic)
  }

  /** A consumer at the beginning of all partitions of a topic, outside of any group. */
  async reader(topic: string, options: Own<ConsumerOptions> = {}): Promise<Consumer> {
    const consumer = this.consumer(options)
    const partitions = await consumer.partitionsFor(topic)
    consumer.assign(partitions.map(({ partition }) => ({ topic, partition })))
    return consumer
  }

  private closedLater<C extends { close(): Promise<void> }>(client: C): C {
    this.closeables.push(client)
    return client
  }
}

/** Polls until `count` records are there. */
export async function readRecords(consumer: Consumer, count: number): Promise<FetchedBatch['records'][number][]> {
  const records: FetchedBatch['records'][number][] = []
  while (records.length < count) for (const batch of await consumer.poll()) records.push(...batch.records)
  return records
}
export async function readValues(consumer: Consumer, count: number): Promise<string[]> {
  return (await readRecords(consumer, count)).map(({ value }) => String(value))
}
