import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memoryNetwork, type Network, type Platform, realPlatform } from '@millrace/platform'
import { APIS, type BatchOptions, batchesOf, type InputOf, RecordBatchBuilder } from '@millrace/protocol'
import { Broker } from '../src/broker.ts'
import type { BrokerConfigInput } from '../src/config/broker-config.ts'
import { ProtocolClient } from './protocol-client.ts'

const real = realPlatform()

/** A broker on real files in a directory of its own, over the memory network unless told otherwise. */
export class RunningBroker {
  readonly directory = mkdtempSync(join(tmpdir(), 'millrace-broker-'))
  readonly platform: Platform
  broker!: Broker
  client!: ProtocolClient
  readonly bugs: unknown[] = []
  private readonly clients: ProtocolClient[] = []

  private constructor(
    network: Network,
    private readonly config: BrokerConfigInput,
  ) {
    this.platform = { ...real, network }
  }

  static async start(config: BrokerConfigInput = {}, network?: Network): Promise<RunningBroker> {
    const running = new RunningBroker(network ?? memoryNetwork(real.timers), config)
    await running.start()
    return running
  }
  static overTcp(config: BrokerConfigInput = {}): Promise<RunningBroker> {
    return RunningBroker.start(config, real.network)
  }

  async start(config: BrokerConfigInput = {}): Promise<void> {
    this.broker = await Broker.start({
      platform: this.platform,
      config: {
        'log.dirs': this.directory,
        listeners: 'PLAINTEXT://127.0.0.1:0',
        'offsets.topic.num.partitions': 3,
        'transaction.state.log.num.partitions': 3,
        'group.initial.rebalance.delay.ms': 0,
        ...this.config,
        ...config,
      },
      onBug: error => this.bugs.push(error),
    })
    this.client = await this.connect()
  }
  /** Stops cleanly and starts again on the same files. */
  async restart(config: BrokerConfigInput = {}): Promise<void> {
    await this.broker.close()
    await this.start(config)
  }
  /** Stops as `kill -9` would and starts again on the same files. */
  async crash(): Promise<void> {
    this.broker.halt()
    await this.start()
  }

  async connect(): Promise<ProtocolClient> {
    const client = await ProtocolClient.connect(this.platform.network, this.broker.port)
    this.clients.push(client)
    return client
  }

  async createTopic(name: string, partitions = 1, configs: Record<string, string> = {}): Promise<string> {
    const rows = Object.entries(configs).map(([setting, value]) => ({ name: setting, value }))
    const { topics } = await this.client.send(APIS.CreateTopics, {
      topics: [{ name, numPartitions: partitions, replicationFactor: 1, assignments: [], configs: rows }],
    })
    if (topics[0]!.errorCode !== 0) throw new Error(`${name}: ${topics[0]!.errorMessage}`)
    return topics[0]!.topicId
  }

  /** One batch with these values. */
  batch(values: readonly string[], options: BatchOptions = {}): Buffer {
    return batchOf(this.platform, values, options)
  }

  /** Produces one batch and returns what the partition was answered. */
  async produce(topic: string, records: Buffer | null, options: ProduceOptions = {}) {
    const { partition = 0, acks = -1, version = 12, client = this.client } = options
    const request = produceRequest(topic, [{ index: partition, records }], acks)
    const answer = await client.send(APIS.Produce, request, version)
    return answer.responses[0]!.partitionResponses[0]!
  }

  /** The values of all records from `offset` on, as a fetch gives them. */
  async values(topic: string, partition = 0, fetchOffset = 0): Promise<string[]> {
    const answer = await this.client.send(APIS.Fetch, fetchRequest(topic, { partition, fetchOffset }), 12)
    const { errorCode, records } = answer.responses[0]!.partitions[0]!
    if (errorCode !== 0) throw new Error(`fetch of ${topic}: ${errorCode}`)
    return valuesIn(records!, this.platform.codecs)
  }

  async stop(): Promise<void> {
    for (const client of this.clients) client.close()
    await this.broker.close()
    rmSync(this.directory, { recursive: true, force: true })
  }
}

export function batchOf(
  { clock, codecs }: Pick<Platform, 'clock' | 'codecs'>,
  values: readonly string[],
  options: BatchOptions = {},
): Buffer {
  const builder = new RecordBatchBuilder(options, codecs)
  values.forEach((value, index) => {
    builder.append({ key: Buffer.from(String(index)), value: Buffer.from(value), timestampMs: clock.nowMs() })
  })
  return builder.build()
}

interface ProduceOptions {
  readonly partition?: number
  readonly acks?: number
  readonly version?: number
  readonly client?: ProtocolClient
}

export function produceRequest(
  name: string,
  partitionData: readonly { index: number; records: Buffer | null }[],
  acks = -1,
): InputOf<typeof APIS.Produce.request> {
  return { transactionalId: null, acks, timeoutMs: 10_000, topicData: [{ name, partitionData }] }
}

export function fetchRequest(
  topic: string,
  partition: { readonly partition?: number; readonly fetchOffset?: number; readonly partitionMaxBytes?: number } = {},
  request: { readonly maxWaitMs?: number; readonly minBytes?: number; readonly maxBytes?: number } = {},
): InputOf<typeof APIS.Fetch.request> {
  const asked = { partition: 0, fetchOffset: 0, partitionMaxBytes: 1 << 20, ...partition }
  return { maxWaitMs: 0, minBytes: 1, ...request, topics: [{ topic, partitions: [asked] }] }
}

export function valuesIn(records: Buffer, codecs: Platform['codecs']): string[] {
  return [...batchesOf(records)].flatMap(batch => Array.from(batch.records(codecs), record => String(record.value)))
}
