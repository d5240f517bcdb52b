import { Broker } from '@millrace/broker'
import { Admin, Consumer, Producer } from '@millrace/client'
import { createCodecs, type Platform, type SeededRandom, type SimulatedNode, Simulation } from '@millrace/platform'
import type { Outcome, Trial, TrialOptions } from '../trial.ts'

const TOPIC = 'timed'
const GROUP = 'members'
const PARTITIONS = 2
const SESSION_TIMEOUT_MS = 6_000
const TRANSACTION_TIMEOUT_MS = 10_000
const CLEANUP_INTERVAL_MS = 500
/** What deciding takes besides waiting. */
const GRACE_MS = 1_000
const JUMP_MS = 10 * 60_000
const HOUR_MS = 3_600_000
/** Longer than all of the jumps of one run together could make it seem. */
const RETENTION_MS = 12 * HOUR_MS
const BETWEEN_JUMPS_MS = 2_000
const JUMPS_PER_RUN = 20
const FREEZE_STEP_MS = 50
const RUN_LIMIT_MS = 600_000
const BOOTSTRAP = 'broker:9092'

const codecs = createCodecs()

export const clockJumps: Trial = {
  name: 'clock-jumps',
  promise:
    'Wall clocks that jump by up to ten minutes or an hour, go back, freeze or repeat seconds end no session and no transaction before its time, keep none beyond it, and delete no record early',
  unit: 'jumps',
  ciCount: 200,
  goalCount: 200,
  run,
}

async function run({ count, seed, progress }: TrialOptions): Promise<Outcome> {
  const problems: string[] = []
  let slowestAbortMs = 0
  let slowestTakeoverMs = 0
  for (let jumps = 0, index = 0; jumps < count; index++) {
    const simulation = new Simulation({ seed: `clock ${seed + index}`, codecs })
    const world = new TimedWorld(simulation)
    await simulation.complete(world.live(Math.min(JUMPS_PER_RUN, count - jumps)), RUN_LIMIT_MS)
    jumps += JUMPS_PER_RUN
    problems.push(...world.problems.map(problem => `run ${index}: ${problem}`))
    slowestAbortMs = Math.max(slowestAbortMs, world.slowestAbortMs)
    slowestTakeoverMs = Math.max(slowestTakeoverMs, world.slowestTakeoverMs)
    progress(`${jumps} of ${count} jumps, ${problems.length} problems`)
  }
  return {
    problems,
    figures: {
      'abandoned transaction aborted after, ms': Math.round(slowestAbortMs),
      'partitions of a dead member taken over after, ms': Math.round(slowestTakeoverMs),
    },
  }
}

class TimedWorld {
  readonly problems: string[] = []
  slowestAbortMs = 0
  slowestTakeoverMs = 0
  private readonly random: SeededRandom
  private readonly broker: SimulatedNode
  private readonly client: Platform
  private written = 0
  private rebalances = 0

  constructor(private readonly simulation: Simulation) {
    this.random = simulation.random.split('jumps')
    this.broker = simulation.node('broker')
    this.client = simulation.node('client').platform
  }

  async live(jumps: number): Promise<void> {
    const { broker, client, random } = this
    await using running = await Broker.start({
      platform: broker.platform,
      config: {
        'log.dirs': '/data',
        listeners: `PLAINTEXT://${BOOTSTRAP}`,
        'offsets.topic.num.partitions': 1,
        'transaction.state.log.num.partitions': 1,
        'transaction.abort.timed.out.transaction.cleanup.interval.ms': CLEANUP_INTERVAL_MS,
        'log.retention.check.interval.ms': 1_000,
        'group.initial.rebalance.delay.ms': 0,
      },
      onBug: error => this.problems.push(`bug: ${error instanceof Error ? error.stack : error}`),
    })
    await using admin = new Admin({ platform: client, bootstrapServers: running.bootstrapServers })
    // Small segments by time, so that retention could take them.
    // A broker whose clock is behind takes what its clients write for the future, which it refuses by default.
    const configs = {
      'retention.ms': String(RETENTION_MS),
      'segment.ms': '5000',
      'message.timestamp.after.max.ms': String(2 * RETENTION_MS),
    }
    await admin.createTopics([{ name: TOPIC, partitions: PARTITIONS, configs }])
    const survivor = this.member(client)
    await survivor.joined()
    for (let jump = 0; jump < jumps; jump++) {
      const kind = jump % 5
      if (kind === 3) await this.takeOver(survivor)
      else if (kind === 4) await this.abandon()
      else await this.keepAcross()
      await client.timers.sleep(random.integer(BETWEEN_JUMPS_MS))
    }
    await survivor.leave()
    const partitions = Array.from({ length: PARTITIONS }, (_, partition) => ({ topic: TOPIC, partition }))
    await using reader = new Consumer({ platform: client, bootstrapServers: BOOTSTRAP })
    for (const [{ partition }, offset] of await reader.beginningOffsets(partitions))
      if (offset !== 0) this.problems.push(`partition ${partition} has lost its records below ${offset}`)
  }

  /** A member and a transaction live through a jump as if nothing had happened. */
  private async keepAcross(): Promise<void> {
    const before = this.rebalances
    const producer = this.producer(`kept-${this.written}`)
    await producer.initTransactions()
    producer.beginTransaction()
    await this.send(producer)
    await this.jump()
    await this.client.timers.sleep(SESSION_TIMEOUT_MS)
    try {
      await this.send(producer)
      await producer.commitTransaction()
    } catch (error) {
      this.problems.push(`a transaction ended with a jump: ${error}`)
    }
    await producer.close()
    if (this.rebalances !== before) this.problems.push('the group was rebalanced by a jump')
  }

  /** A transaction that is left alone ends in its time, in spite of a jump. */
  private async abandon(): Promise<void> {
    const node = this.simulation.node(`doomed-${this.written}`)
    const producer = this.producer(node.name, node.platform)
    await producer.initTransactions()
    producer.beginTransaction()
    await this.send(producer)
    node.crash('kill')
    const startMs = this.simulation.nowMs
    await this.jump()
    await using committed = new Consumer({
      platform: this.client,
      bootstrapServers: BOOTSTRAP,
      isolationLevel: 'read_committed',
    })
    await using uncommitted = new Consumer({ platform: this.client, bootstrapServers: BOOTSTRAP })
    const at = [{ topic: TOPIC, partition: 0 }]
    const endOf = async (consumer: Consumer) => (await consumer.endOffsets(at)).get(TOPIC, 0)
    while ((await endOf(committed)) !== (await endOf(uncommitted))) await this.client.timers.sleep(50)
    const tookMs = this.simulation.nowMs - startMs
    this.slowestAbortMs = Math.max(this.slowestAbortMs, tookMs)
    if (tookMs < TRANSACTION_TIMEOUT_MS - GRACE_MS) this.problems.push(`a transaction was aborted after ${tookMs} ms`)
    if (tookMs > TRANSACTION_TIMEOUT_MS + CLEANUP_INTERVAL_MS + GRACE_MS)
      this.problems.push(`a transaction was left open for ${tookMs} ms`)
  }

  /** The partitions of a member that dies are taken over in time, in spite of a jump. */
  private async takeOver(survivor: TimedMember): Promise<void> {
    const node = this.simulation.node(`member-${this.written++}`)
    const doomed = this.member(node.platform)
    await doomed.joined()
    node.crash('kill')
    const startMs = this.simulation.nowMs
    await this.jump()
    await survivor.joined()
    while (survivor.owned < PARTITIONS) await this.client.timers.sleep(50)
    const tookMs = this.simulation.nowMs - startMs
    this.slowestTakeoverMs = Math.max(this.slowestTakeoverMs, tookMs)
    // The member that lives hears of the rebalance with its next heartbeat.
    if (tookMs > SESSION_TIMEOUT_MS + 2 * GRACE_MS) this.problems.push(`a dead member was kept for ${tookMs} ms`)
  }

  private async jump(): Promise<void> {
    const { broker, random, client } = this
    const back = random.chance(0.5) ? -1 : 1
    switch (random.pick(['jump', 'hour', 'second', 'freeze', 'right'] as const)) {
      case 'jump':
        broker.clockSkewMs += back * random.integer(JUMP_MS)
        return
      case 'hour':
        broker.clockSkewMs += back * HOUR_MS
        return
      case 'second':
        broker.clockSkewMs -= 1_000
        return
      case 'freeze':
        for (let step = 0; step < 40; step++) {
          await client.timers.sleep(FREEZE_STEP_MS)
          broker.clockSkewMs -= FREEZE_STEP_MS
        }
        return
      case 'right':
        broker.clockSkewMs = 0
        return
    }
  }

  private producer(transactionalId: string, platform: Platform = this.client): Producer {
    const transactionTimeoutMs = TRANSACTION_TIMEOUT_MS
    return new Producer({ platform, bootstrapServers: BOOTSTRAP, transactionalId, transactionTimeoutMs })
  }

  private async send(producer: Producer): Promise<void> {
    await producer.send({ topic: TOPIC, partition: 0, value: `record ${this.written++}` })
  }

  private member(platform: Platform): TimedMember {
    return new TimedMember(platform, () => this.rebalances++)
  }
}

class TimedMember {
  owned = 0
  private isLeaving = false
  private readonly consumer: Consumer
  private readonly running: Promise<void>

  constructor(
    private readonly platform: Platform,
    private readonly onRebalance: () => void,
  ) {
    this.consumer = new Consumer({
      platform,
      bootstrapServers: BOOTSTRAP,
      groupId: GROUP,
      partitionAssignmentStrategy: ['range'],
      sessionTimeoutMs: SESSION_TIMEOUT_MS,
      heartbeatIntervalMs: 500,
      autoOffsetReset: 'earliest',
    })
    this.running = this.run()
  }

  /** Owns at least one partition. */
  async joined(): Promise<void> {
    while (this.owned === 0) await this.platform.timers.sleep(50)
  }

  async leave(): Promise<void> {
    this.isLeaving = true
    await this.running
    await this.consumer.close()
  }

  private async run(): Promise<void> {
    this.consumer.subscribe([TOPIC], {
      onPartitionsAssigned: partitions => {
        this.owned += partitions.length
        this.onRebalance()
      },
      onPartitionsRevoked: partitions => {
        this.owned -= partitions.length
      },
    })
    while (!this.isLeaving) await this.consumer.poll({ maxWaitMs: 200 })
  }
}
