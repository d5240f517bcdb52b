import { setTimeout as sleep } from 'node:timers/promises'
import { Admin, type ConsumerOptions, Producer } from '@millrace/client'
import { realPlatform, type SeededRandom } from '@millrace/platform'
import { APIS, ErrorCode } from '@millrace/protocol'
import { ProtocolClient } from '../../../packages/broker/test/protocol-client.ts'
import { BrokerProcess } from '../cluster/broker-process.ts'
import { eventually } from '../cluster/eventually.ts'
import type { Outcome, Trial, TrialOptions } from '../trial.ts'
import {
  KafkajsMember,
  type Member,
  type MemberEvents,
  type MemberOptions,
  type Membership,
  OwnMember,
  ProcessMember,
} from '../workload/group-member.ts'

const TOPIC = 'shared'
const PARTITIONS = 12
const ALL_PARTITIONS = Array.from({ length: PARTITIONS }, (_, partition) => partition)
const MOST_MEMBERS = 12
const SESSION_TIMEOUT_MS = 3_000
const STABLE_LIMIT_MS = 2 * SESSION_TIMEOUT_MS
/** Every partition gets a record so often. */
const RECORD_INTERVAL_MS = 100
const SILENCE_LIMIT_MS = 10_000
const STALE_COMMIT_ERRORS: ReadonlySet<number> = new Set([
  ErrorCode.ILLEGAL_GENERATION,
  ErrorCode.UNKNOWN_MEMBER_ID,
  ErrorCode.REBALANCE_IN_PROGRESS,
  ErrorCode.STALE_MEMBER_EPOCH,
])
/** The newest by topic name. */
const OFFSET_COMMIT_VERSION = 9

interface Kind {
  readonly name: string
  readonly settings: Partial<ConsumerOptions>
  readonly hasKafkajs?: boolean
}
const KINDS: readonly Kind[] = [
  { name: 'classic', settings: { partitionAssignmentStrategy: ['range'] } },
  { name: 'cooperative', settings: { partitionAssignmentStrategy: ['cooperative-sticky'] } },
  { name: 'consumer', settings: { groupProtocol: 'consumer' } },
  { name: 'mixed', settings: { partitionAssignmentStrategy: ['range'] }, hasKafkajs: true },
]

export const rebalances: Trial = {
  name: 'rebalances',
  promise:
    'Groups of 1 to 12 members (classic, cooperative, KIP-848, mixed with kafkajs) that join, leave, die and freeze are whole again within two session timeouts: every partition is owned once and read; commits from before are refused',
  unit: 'rebalances',
  ciCount: 40,
  goalCount: 300,
  run,
}

async function run({ count, random, progress }: TrialOptions): Promise<Outcome> {
  await using broker = await BrokerProcess.start({
    settings: {
      'group.min.session.timeout.ms': 1_000,
      'group.initial.rebalance.delay.ms': 0,
      'group.consumer.min.session.timeout.ms': 1_000,
      'group.consumer.session.timeout.ms': SESSION_TIMEOUT_MS,
      'group.consumer.min.heartbeat.interval.ms': 100,
      'group.consumer.heartbeat.interval.ms': 300,
    },
  })
  const { bootstrapServers } = broker
  await using admin = new Admin({ bootstrapServers })
  await admin.createTopics([{ name: TOPIC, partitions: PARTITIONS }])
  const source = new Source(bootstrapServers)
  const problems: string[] = []
  let slowestMs = 0
  let staleCommitsRefused = 0
  for (const [index, kind] of KINDS.entries()) {
    const rounds = Math.ceil(count / KINDS.length)
    const direct = await ProtocolClient.connect(realPlatform().network, broker.port)
    const group = new Group(kind, bootstrapServers, direct, random.split(kind.name), problems)
    for (let round = 0; round < rounds; round++) {
      await group.change()
      const startMs = performance.now()
      await eventually(STABLE_LIMIT_MS, () => group.isStable).catch(() =>
        problems.push(`${kind.name}, round ${round}: not stable after ${STABLE_LIMIT_MS} ms: ${group.describe()}`),
      )
      slowestMs = Math.max(slowestMs, performance.now() - startMs)
      await eventually(SILENCE_LIMIT_MS, () => group.isReading).catch(() =>
        problems.push(`${kind.name}, round ${round}: not all partitions are read: ${group.describe()}`),
      )
      await group.commitFromBefore()
      progress(`${index * rounds + round + 1} of ${count} rebalances, ${problems.length} problems`)
    }
    await group.end()
    staleCommitsRefused += group.staleCommitsRefused
    direct.close()
  }
  await source.stop()
  if (broker.errors !== '') problems.push(broker.errors)
  return {
    problems,
    figures: { 'slowest until stable, ms': Math.round(slowestMs), 'stale commits refused': staleCommitsRefused },
  }
}

/** Writes into every partition all the time. */
class Source {
  private isStopping = false
  private readonly running: Promise<void>

  constructor(bootstrapServers: string) {
    this.running = this.run(new Producer({ bootstrapServers }))
  }

  async stop(): Promise<void> {
    this.isStopping = true
    await this.running
  }

  private async run(producer: Producer): Promise<void> {
    const records = Array.from({ length: PARTITIONS }, (_, partition) => ({ partition, value: 'x' }))
    while (!this.isStopping) {
      await producer.sendBatch(TOPIC, records)
      await sleep(RECORD_INTERVAL_MS)
    }
    await producer.close()
  }
}

class Group implements MemberEvents {
  staleCommitsRefused = 0
  private readonly members = new Map<string, Member>()
  private readonly owners = new Map<number, string>()
  /** Members that died or froze: they may take themselves for owners still. */
  private readonly gone = new Set<string>()
  private readonly unread = new Set<number>()
  /** One of the members before the last change, and what it was known by. */
  private before: Member | undefined
  private membershipBefore: Membership | undefined
  private joined = 0

  constructor(
    private readonly kind: Kind,
    private readonly bootstrapServers: string,
    private readonly direct: ProtocolClient,
    private readonly random: SeededRandom,
    private readonly problems: string[],
  ) {}

  get groupId(): string {
    return `group-${this.kind.name}`
  }

  /** Every partition is owned by a member that lives, and no member is without one. */
  get isStable(): boolean {
    const owning = new Set(this.owners.values())
    return (
      this.owners.size === PARTITIONS &&
      [...owning].every(name => this.members.has(name)) &&
      owning.size === this.members.size
    )
  }

  /** Every partition was read since the last change. */
  get isReading(): boolean {
    return this.unread.size === 0
  }

  assigned(member: string, partitions: readonly number[]): void {
    for (const partition of partitions) {
      const owner = this.owners.get(partition)
      if (owner !== undefined && owner !== member && !this.gone.has(owner) && this.members.has(owner))
        this.problems.push(`${this.kind.name}: partition ${partition} is given to ${member} while ${owner} has it`)
      if (this.members.has(member)) this.owners.set(partition, member)
    }
  }

  revoked(member: string, partitions: readonly number[]): void {
    for (const partition of partitions) if (this.owners.get(partition) === member) this.owners.delete(partition)
  }

  received(_member: string, partition: number): void {
    this.unread.delete(partition)
  }

  /** One event at random; returns once it has happened, not once the group has got over it. */
  async change(): Promise<void> {
    const { random, members } = this
    this.before = [...members.values()].find(member => member.membership !== undefined)
    this.membershipBefore = this.before?.membership
    const mostJoins = members.size < 2 || (members.size < MOST_MEMBERS && random.chance(0.5))
    if (mostJoins) await this.join()
    else await this.lose(random.pick([...members.values()]))
    for (const partition of ALL_PARTITIONS) this.unread.add(partition)
  }

  /**
   * A commit under the membership that was before the last change is refused, unless nothing changed for that member. KIP-1251
   * lets it commit for a partition that it has kept: so it is one that it does not have.
   */
  async commitFromBefore(): Promise<void> {
    const { before, membershipBefore, direct, groupId } = this
    if (before === undefined || membershipBefore === undefined) return
    const { memberId, generationId: generationIdOrMemberEpoch } = membershipBefore
    const isMember = this.members.has(before.name)
    if (isMember && before.membership?.generationId === generationIdOrMemberEpoch) return
    const partitionIndex = ALL_PARTITIONS.find(partition => this.owners.get(partition) !== before.name)
    if (partitionIndex === undefined) return
    const partitions = [{ partitionIndex, committedOffset: 0, committedMetadata: null }]
    const request = { groupId, memberId, generationIdOrMemberEpoch, topics: [{ name: TOPIC, partitions }] }
    const answer = await direct.send(APIS.OffsetCommit, request, OFFSET_COMMIT_VERSION)
    const { errorCode } = answer.topics[0]!.partitions[0]!
    if (STALE_COMMIT_ERRORS.has(errorCode)) this.staleCommitsRefused++
    else this.problems.push(`${this.kind.name}: a commit from generation ${generationIdOrMemberEpoch} got ${errorCode}`)
  }

  async end(): Promise<void> {
    const members = [...this.members.values()]
    this.members.clear()
    await Promise.all(members.map(member => member.leave()))
  }

  describe(): string {
    const owned = [...this.members.keys()].map(
      name => `${name}: ${[...this.owners].filter(([, owner]) => owner === name).map(([partition]) => partition)}`,
    )
    return `${owned.join('; ')}; not read: ${[...this.unread]}`
  }

  private async join(): Promise<void> {
    const { random, kind, bootstrapServers, groupId, members } = this
    const name = `${kind.name}-${this.joined++}`
    const { settings } = kind
    const options: MemberOptions = {
      name,
      bootstrapServers,
      topic: TOPIC,
      groupId,
      sessionTimeoutMs: SESSION_TIMEOUT_MS,
      settings,
    }
    if (kind.hasKafkajs === true && random.chance(0.5)) {
      // It is a member before `join` returns.
      members.set(name, { name, membership: undefined, leave: async () => {} })
      members.set(name, await KafkajsMember.join(options, this))
    } else members.set(name, random.chance(0.25) ? new ProcessMember(options, this) : new OwnMember(options, this))
  }

  private async lose(member: Member): Promise<void> {
    const { random, members, gone } = this
    if (!(member instanceof ProcessMember)) {
      await member.leave()
      members.delete(member.name)
      return
    }
    gone.add(member.name)
    if (random.chance(0.4)) {
      members.delete(member.name)
      await member.kill()
      this.forget(member.name)
    } else {
      // Longer than its session: it finds itself put out, and comes back.
      member.pause()
      await sleep(1.5 * SESSION_TIMEOUT_MS)
      member.resume()
      await sleep(SESSION_TIMEOUT_MS / 3)
      gone.delete(member.name)
    }
  }

  private forget(member: string): void {
    for (const [partition, owner] of this.owners) if (owner === member) this.owners.delete(partition)
  }
}
