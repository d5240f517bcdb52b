/**
 * A member of a classic group: join, sync, heartbeat, leave. The states and what moves between them are tables in
 * `membership-states.ts`; this carries them out.
 *
 * With eager assignors the partitions are given up before the join and all taken up after it. With cooperative ones
 * (KIP-429) the member reads on while it joins; afterwards it gives up what went to others, takes up what came, and if it
 * gave something up it joins once more, because only then can that be assigned.
 */
import type { Timer } from '@millrace/platform'
import { ErrorCode, KafkaError, MillraceError } from '@millrace/protocol'
import type { Cluster } from '../../../cluster/cluster.ts'
import { isRetriable } from '../../../cluster/retry.ts'
import { type TopicPartition, without } from '../../../cluster/topic-partition.ts'
import type { TimeLimit } from '../../../connection/time-limit.ts'
import type { ConsumerSettings } from '../../consumer-config.ts'
import { InvalidConsumerStateError } from '../../consumer-errors.ts'
import { type Assignor, protocolOf } from '../assignors/assignor.ts'
import type { GroupIdentity } from '../group-offsets.ts'
import type { Membership, MembershipHost, Subscription } from '../membership.ts'
import { PollDeadline } from '../poll-deadline.ts'
import { ClassicRequests } from './classic-requests.ts'
import { decodeAssignment } from './consumer-protocol.ts'
import { GroupLeader } from './group-leader.ts'
import {
  type MembershipEvent,
  type MembershipState,
  memberReaction,
  nextState,
  SENDS_HEARTBEATS,
} from './membership-states.ts'

/** A join is answered after `max.poll.interval.ms` at the latest; this is for its way there and back. */
const JOIN_MARGIN_MS = 5_000
/** Generation of a member that is in none. */
const NO_GENERATION = -1

export class ClassicMembership implements Membership {
  private state: MembershipState = 'Unjoined'
  private memberId = ''
  private generationId = NO_GENERATION
  private topics: readonly string[] = []
  /** What SyncGroup brought, until the application has it. */
  private assigned: readonly TopicPartition[] = []
  /** What the application holds went to others without its doing. */
  private hasLostPartitions = false
  private isJoining = false
  private joinFailures = 0
  /** A rebalance was asked for while one is going on. */
  private wantsAnother = false
  private failure: Error | undefined
  private heartbeatTimer: Timer | undefined
  private readonly requests: ClassicRequests
  private readonly leader: GroupLeader
  private readonly deadline: PollDeadline
  private readonly isCooperative: boolean
  private readonly closing = new AbortController()

  constructor(
    private readonly cluster: Cluster,
    private readonly settings: ConsumerSettings,
    private readonly assignors: readonly Assignor[],
    private readonly host: MembershipHost,
  ) {
    this.requests = new ClassicRequests(cluster, settings)
    this.leader = new GroupLeader(cluster, assignors)
    this.deadline = new PollDeadline(cluster.platform.timers, settings.maxPollIntervalMs, reason => {
      void this.leave(reason)
    })
    this.isCooperative = protocolOf(assignors) === 'cooperative'
  }

  get identity(): GroupIdentity {
    const { groupId, groupInstanceId } = this.settings
    return {
      groupId,
      generationId: this.generationId,
      memberId: this.memberId,
      groupInstanceId: groupInstanceId === '' ? null : groupInstanceId,
    }
  }
  get isInGroup(): boolean {
    return this.generationId !== NO_GENERATION
  }

  get lacksTopics(): boolean {
    return this.leader.lacksTopics
  }

  subscribe(subscription: Subscription): void {
    if (!('topics' in subscription))
      throw new InvalidConsumerStateError('patterns are matched by the coordinator only with groupProtocol consumer')
    const { topics } = subscription
    const isSame = topics.length === this.topics.length && topics.every(topic => this.topics.includes(topic))
    this.topics = topics
    if (!isSame) this.requestRejoin()
  }

  requestRejoin(): void {
    if (this.state === 'Joining' || this.state === 'Syncing') this.wantsAnother = true
    else this.move('rebalance')
    this.host.onNews()
  }

  pollBegan(): void {
    this.deadline.stop()
  }
  pollEnded(): void {
    if (this.state !== 'Unjoined') this.deadline.start()
  }

  async advance(): Promise<void> {
    for (;;) {
      const { failure } = this
      this.failure = undefined
      if (failure !== undefined) throw failure
      if (this.state === 'Stable') return
      if (this.state === 'Assigned') await this.handOver()
      else if (this.mustGiveUp) await this.giveUp()
      else {
        if (!this.isJoining) this.joinInBackground()
        return
      }
    }
  }

  metadataChanged(): void {
    if (this.state === 'Stable' && this.leader.isOutdated) this.requestRejoin()
  }

  async leaveGroup(reason: string, limit: TimeLimit): Promise<void> {
    this.pollBegan()
    try {
      if (this.hasLostPartitions) await this.lose()
      else if (this.host.held.length > 0) await this.host.revoke(this.host.held)
    } finally {
      this.topics = []
      await this.leave(reason, limit)
      this.hasLostPartitions = false
    }
  }

  async close(limit: TimeLimit): Promise<void> {
    try {
      await this.leaveGroup('the consumer is closing', limit)
    } finally {
      this.closing.abort()
    }
  }

  /** A call, because the state changes while the compiler is not looking. */
  private is(state: MembershipState): boolean {
    return this.state === state
  }
  private move(event: MembershipEvent): void {
    this.state = nextState(this.state, event)
    if (!SENDS_HEARTBEATS[this.state]) this.heartbeatTimer?.cancel()
  }

  /** Before the next join. */
  private get mustGiveUp(): boolean {
    return this.state !== 'Joining' && this.state !== 'Syncing' && (this.hasLostPartitions || this.outdated.length > 0)
  }
  /** What must not be held in the rebalance that comes. */
  private get outdated(): readonly TopicPartition[] {
    const { held } = this.host
    return this.isCooperative ? held.filter(({ topic }) => !this.topics.includes(topic)) : held
  }
  private async giveUp(): Promise<void> {
    if (this.hasLostPartitions) await this.lose()
    else await this.host.revoke(this.outdated)
  }
  private async lose(): Promise<void> {
    this.hasLostPartitions = false
    if (this.host.held.length > 0) await this.host.lose()
  }

  private async handOver(): Promise<void> {
    const { assigned } = this
    const leaving = without(this.host.held, assigned)
    try {
      if (leaving.length > 0) await this.host.revoke(leaving)
      // The group may have gone on without this member while the listener ran.
      if (this.is('Assigned') || this.is('Preparing'))
        await this.host.assign(assigned, without(assigned, this.host.held))
    } finally {
      // Heartbeats may have brought other news.
      if (this.is('Assigned')) this.move('accepted')
      if (leaving.length > 0 && this.is('Stable')) this.requestRejoin()
    }
  }

  /** The group has gone on without us. */
  private removed(forgetMemberId: boolean): void {
    this.move('removed')
    this.generationId = NO_GENERATION
    this.leader.resign()
    if (forgetMemberId) this.memberId = ''
    this.hasLostPartitions ||= this.host.held.length > 0
    this.host.onNews()
  }

  private joinInBackground(): void {
    this.isJoining = true
    const { signal } = this.closing
    const { clock } = this.cluster.platform
    const beganMs = clock.monotonicMs()
    this.join(signal)
      .then(
        () => {
          this.joinFailures = 0
          if (this.state === 'Assigned') this.cluster.telemetry.rebalanceCompleted(clock.monotonicMs() - beganMs)
        },
        (error: unknown) => {
          if (signal.aborted) return
          if (this.state === 'Joining' || this.state === 'Syncing') this.move('failed')
          if (isRetriable(error)) this.joinFailures++
          else this.failure = error as Error
        },
      )
      .then(() => {
        this.isJoining = false
        if (!signal.aborted) this.host.onNews()
      })
  }

  /** One attempt at a whole rebalance. Resolves when it came to an end that `advance` knows how to go on from. */
  private async join(signal: AbortSignal): Promise<void> {
    const { timers } = this.cluster.platform
    if (this.joinFailures > 0) await timers.sleep(this.cluster.backoff.delayMs(this.joinFailures), signal)
    const limit = { timeoutMs: this.settings.maxPollIntervalMs + JOIN_MARGIN_MS, signal }
    this.wantsAnother = false
    this.move('joinSent')
    const { identity, topics, assignors } = this
    const owned = this.isCooperative ? this.host.held : []
    const answer = await this.requests.join({ identity, topics, assignors, owned }, limit)
    signal.throwIfAborted()
    // The member may have left while the join was waiting.
    if (!this.is('Joining')) return
    if (answer.errorCode === ErrorCode.MEMBER_ID_REQUIRED) this.memberId = answer.memberId
    if (!this.goesOn(answer.errorCode, 'joining')) return
    this.memberId = answer.memberId
    this.generationId = answer.generationId
    this.move('joined')
    this.scheduleHeartbeat()
    const assignments = await this.leader.assign(answer, limit)
    const sync = await this.requests.sync(this.identity, answer.protocolName, assignments, limit)
    signal.throwIfAborted()
    // A heartbeat may have learned that this generation is over already.
    if (!this.is('Syncing') || !this.goesOn(sync.errorCode, 'syncing')) return
    this.assigned = decodeAssignment(sync.assignment)
    this.move('synced')
    if (this.wantsAnother) this.move('rebalance')
  }

  /** Deals with an error code of the rebalance. True: there was none. Throws what cannot be mended or needs a pause. */
  private goesOn(errorCode: number, doing: string): boolean {
    const error = () => new KafkaError(errorCode, `${doing} group ${this.settings.groupId}`)
    switch (memberReaction(errorCode)) {
      case 'none':
        return true
      case 'takeMemberId':
      case 'rejoin':
        this.move('failed')
        return false
      case 'loseGeneration':
        this.removed(false)
        return false
      case 'loseMembership':
        this.removed(true)
        return false
      case 'findCoordinator':
        this.requests.forgetCoordinator()
        throw error()
      default:
        throw error()
    }
  }

  private scheduleHeartbeat(): void {
    this.heartbeatTimer?.cancel()
    if (!SENDS_HEARTBEATS[this.state] || this.closing.signal.aborted) return
    this.heartbeatTimer = this.cluster.platform.timers.after(this.settings.heartbeatIntervalMs, () => {
      this.heartbeat().then(
        () => this.scheduleHeartbeat(),
        (error: unknown) => {
          if (this.closing.signal.aborted) return
          if (!isRetriable(error)) {
            this.failure = error as Error
            this.removed(true)
          }
          this.scheduleHeartbeat()
        },
      )
    })
  }

  private async heartbeat(): Promise<void> {
    const { sessionTimeoutMs, requestTimeoutMs } = this.settings
    const timeoutMs = Math.min(sessionTimeoutMs / 3, requestTimeoutMs)
    const { identity } = this
    const errorCode = await this.requests.heartbeat(identity, { timeoutMs, signal: this.closing.signal })
    // An answer about an earlier generation says nothing about this one.
    const isCurrent = identity.generationId === this.generationId && identity.memberId === this.memberId
    if (!isCurrent || !SENDS_HEARTBEATS[this.state]) return
    this.heard(errorCode)
  }

  private heard(errorCode: number): void {
    switch (memberReaction(errorCode)) {
      case 'none':
      case 'retry':
        return
      case 'rejoin':
        // While syncing the answer to SyncGroup will say so itself.
        if (this.state === 'Assigned' || this.state === 'Stable') this.requestRejoin()
        return
      case 'loseGeneration':
        return this.removed(false)
      case 'loseMembership':
        return this.removed(true)
      case 'findCoordinator':
        return this.requests.forgetCoordinator()
      default:
        throw new KafkaError(errorCode, `heartbeat of group ${this.settings.groupId}`)
    }
  }

  commitRefused(errorCode: number, by: GroupIdentity): 'lost' | 'failed' {
    const reaction = memberReaction(errorCode)
    if (by.generationId === this.generationId && by.memberId === this.memberId) {
      if (reaction === 'rejoin' && (this.state === 'Assigned' || this.state === 'Stable')) this.requestRejoin()
      if (reaction === 'loseGeneration') this.removed(false)
      if (reaction === 'loseMembership') this.removed(true)
    }
    return reaction === 'loseGeneration' || reaction === 'loseMembership' ? 'lost' : 'failed'
  }

  /** Tells the coordinator and goes; never rejects, because a member that stays silent is removed anyway. */
  private async leave(reason: string, limit: TimeLimit = { timeoutMs: this.settings.requestTimeoutMs }): Promise<void> {
    const { identity } = this
    const wasMember = identity.memberId !== '' && identity.groupInstanceId === null
    this.removed(true)
    if (!wasMember) return
    try {
      await this.requests.leave(identity, reason, limit)
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error
    }
  }
}
