import {
  type CrashKind,
  memoryNetwork,
  type Platform,
  realPlatform,
  type SimulatedNode,
  Simulation,
} from '@millrace/platform'
import { APIS } from '@millrace/protocol'
import { Broker } from '../src/broker.ts'
import type { BrokerConfigInput } from '../src/config/broker-config.ts'
import { ProtocolClient } from './protocol-client.ts'

/** A broker in virtual time on a disk that can crash. Whatever talks to it makes progress only within {@link run}. */
export class SimulatedBroker {
  readonly simulation: Simulation
  readonly node: SimulatedNode
  readonly bugs: unknown[] = []
  platform!: Platform
  broker!: Broker
  client!: ProtocolClient

  private constructor(
    seed: number | string,
    private readonly config: BrokerConfigInput,
  ) {
    this.simulation = new Simulation({ seed, codecs: realPlatform().codecs })
    this.node = this.simulation.node('broker')
  }

  static async start(seed: number | string, config: BrokerConfigInput = {}): Promise<SimulatedBroker> {
    const simulated = new SimulatedBroker(seed, config)
    await simulated.open(simulated.node.platform)
    return simulated
  }

  /** Starts again what has crashed. */
  restart(): Promise<void> {
    return this.open(this.node.start())
  }
  async crash(kind: CrashKind): Promise<void> {
    this.node.crash(kind)
    await this.restart()
  }

  run<T>(work: () => Promise<T>): Promise<T> {
    return this.simulation.complete(work())
  }

  async createTopic(name: string, partitions: number): Promise<void> {
    const topics = [{ name, numPartitions: partitions, replicationFactor: 1, assignments: [], configs: [] }]
    await this.client.send(APIS.CreateTopics, { topics })
  }

  connect(): Promise<ProtocolClient> {
    return ProtocolClient.connect(this.platform.network, this.broker.port)
  }

  private async open(platform: Platform): Promise<void> {
    // Clients live and die with the broker.
    this.platform = { ...platform, network: memoryNetwork(platform.timers) }
    await this.run(async () => {
      this.broker = await Broker.start({
        platform: this.platform,
        config: {
          'log.dirs': '/data',
          listeners: 'PLAINTEXT://127.0.0.1:9092',
          'connections.max.idle.ms': -1,
          'offsets.topic.num.partitions': 1,
          'transaction.state.log.num.partitions': 1,
          ...this.config,
        },
        onBug: error => this.bugs.push(error),
      })
      this.client = await this.connect()
    })
  }
}
