/** Members of a group that tell what they own and what they are given: in this process, in one of their own, of kafkajs. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Consumer, type ConsumerOptions } from '@millrace/client'
import { Kafka, logLevel, PartitionAssigners } from 'kafkajs'

const MEMBER_MAIN = fileURLToPath(import.meta.resolve('./member-main.js'))
const POLL_MS = 100

export interface MemberOptions {
  readonly name: string
  readonly bootstrapServers: string
  readonly topic: string
  readonly groupId: string
  /** With KIP-848 the coordinator decides it. */
  readonly sessionTimeoutMs: number
  readonly settings: Partial<ConsumerOptions>
}

/** What a member hears of itself. */
export interface MemberEvents {
  assigned(member: string, partitions: readonly number[]): void
  revoked(member: string, partitions: readonly number[]): void
  received(member: string, partition: number): void
}

/** By what a commit of this member is known; undefined where the member does not tell. */
export interface Membership {
  readonly memberId: string
  readonly generationId: number
}

export interface Member {
  readonly name: string
  readonly membership: Membership | undefined
  leave(): Promise<void>
}

/** Our own client, in this process. */
export class OwnMember implements Member {
  readonly name: string
  failure: unknown
  private readonly consumer: Consumer
  private isLeaving = false
  private readonly running: Promise<void>

  constructor(
    private readonly options: MemberOptions,
    private readonly events: MemberEvents,
  ) {
    const { name, bootstrapServers, groupId, sessionTimeoutMs, settings } = options
    this.name = name
    this.consumer = new Consumer({
      bootstrapServers,
      clientId: name,
      groupId,
      ...(settings.groupProtocol === 'consumer'
        ? {}
        : { sessionTimeoutMs, heartbeatIntervalMs: Math.floor(sessionTimeoutMs / 10) }),
      autoOffsetReset: 'latest',
      retryBackoffMaxMs: 200,
      ...settings,
    })
    this.running = this.run()
  }

  get membership(): Membership | undefined {
    const { memberId, generationId } = this.consumer.groupMetadata()
    return generationId < 0 ? undefined : { memberId, generationId }
  }

  async leave(): Promise<void> {
    this.isLeaving = true
    await this.running
    await this.consumer.close()
  }

  private async run(): Promise<void> {
    const { events, name } = this
    const numbers = (partitions: readonly { readonly partition: number }[]) =>
      partitions.map(({ partition }) => partition)
    this.consumer.subscribe([this.options.topic], {
      onPartitionsAssigned: partitions => events.assigned(name, numbers(partitions)),
      onPartitionsRevoked: partitions => events.revoked(name, numbers(partitions)),
      onPartitionsLost: partitions => events.revoked(name, numbers(partitions)),
    })
    try {
      while (!this.isLeaving)
        for (const { partition } of await this.consumer.poll({ maxWaitMs: POLL_MS })) events.received(name, partition)
    } catch (error) {
      this.failure = error
    }
  }
}

/** Our own client in a process of its own, which can be stopped and killed. */
export class ProcessMember implements Member {
  readonly name: string
  readonly membership = undefined
  private readonly child: ChildProcess
  private readonly killChild = () => this.child.kill('SIGKILL')

  constructor(options: MemberOptions, events: MemberEvents) {
    this.name = options.name
    this.child = spawn(process.execPath, [MEMBER_MAIN, JSON.stringify(options)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    process.once('exit', this.killChild)
    createInterface({ input: this.child.stdout! }).on('line', line => {
      const [kind, ...partitions] = line.split(' ')
      if (kind === 'received') events.received(this.name, Number(partitions[0]))
      else if (kind === 'assigned' || kind === 'revoked') events[kind](this.name, partitions.map(Number))
    })
  }

  pause(): void {
    this.child.kill('SIGSTOP')
  }
  resume(): void {
    this.child.kill('SIGCONT')
  }
  leave(): Promise<void> {
    return this.end('SIGTERM')
  }
  kill(): Promise<void> {
    return this.end('SIGKILL')
  }

  private async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    process.off('exit', this.killChild)
    const exited = once(this.child, 'exit')
    this.child.kill(signal)
    await exited
  }
}

/** What another client does in the same group. Its assignor bears the name that ours has, which is all the broker compares. */
export class KafkajsMember implements Member {
  readonly membership = undefined

  private constructor(
    readonly name: string,
    private readonly disconnect: () => Promise<void>,
  ) {}

  static async join(options: MemberOptions, events: MemberEvents): Promise<KafkajsMember> {
    const { name, bootstrapServers, topic, groupId, sessionTimeoutMs } = options
    const kafka = new Kafka({ brokers: [bootstrapServers], clientId: name, logLevel: logLevel.NOTHING })
    const consumer = kafka.consumer({
      groupId,
      sessionTimeout: sessionTimeoutMs,
      heartbeatInterval: Math.floor(sessionTimeoutMs / 10),
      rebalanceTimeout: 3 * sessionTimeoutMs,
      maxWaitTimeInMs: 300,
      partitionAssigners: [cluster => ({ ...PartitionAssigners.roundRobin(cluster), name: 'range' })],
    })
    let owned: readonly number[] = []
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      owned = payload.memberAssignment[topic] ?? []
      events.assigned(name, owned)
    })
    consumer.on(consumer.events.REBALANCING, () => {
      events.revoked(name, owned)
      owned = []
    })
    await consumer.connect()
    await consumer.subscribe({ topic })
    await consumer.run({
      eachBatch: async ({ batch }) => events.received(name, batch.partition),
    })
    return new KafkajsMember(name, async () => {
      events.revoked(name, owned)
      await consumer.disconnect()
    })
  }

  leave(): Promise<void> {
    return this.disconnect()
  }
}
