/**
 * A member of a group whose coordinator divides the partitions (KIP-848). There are no joins and syncs that wait for each
 * other: every heartbeat tells the coordinator what the member holds and wants, every answer may tell the member what to
 * hold. States and moves are tables in `consumer-membership-states.ts`.
 *
 * A new assignment is carried out inside `advance`: what is not in it is given up, the rest is taken up, and the next
 * heartbeat, sent at once, says so. What others still hold comes with a later assignment.
 */
import { randomUuid, type Timer } from '@millrace/platform'
import { APIS, type ConsumerGroupHeartbeatResponse, ErrorCode, KafkaError, MillraceError } from '@millrace/protocol'
import type { Cluster } from '../../../cluster/cluster.ts'
import { isRetriable } from '../../../cluster/retry.ts'
import { type TopicPartition, TopicPartitionMap, without } from '../../../cluster/topic-partition.ts'
import type { TimeLimit } from '../../../connection/time-limit.ts'
import type { ConsumerSettings } from '../../consumer-config.ts'
import type { GroupIdentity } from '../group-offsets.ts'
import type { Membership, MembershipHost, Subscription } from '../membership.ts'
import { PollDeadline } from '../poll-deadline.ts'
import {
  type ConsumerMemberEvent,
  type ConsumerMemberState,
  heartbeatReaction,
  nextMemberState,
} from './consumer-membership-states.ts'
import { HeartbeatReporter } from './heartbeat-report.ts'

const JOIN_EPOCH = 0
const LEAVE_EPOCH = -1
/** A static member that comes back keeps its partitions. */
const STATIC_LEAVE_EPOCH = -2
/** Until the coordinator has said how often it wants to hear of its members. */
const FIRST_HEARTBEAT_INTERVAL_MS = 5_000

/** A coordinator that divides partitions in the background has the first assignment a moment after the join. */
const EARLY_HEARTBEATS = 5

type AssignedTopics = NonNullable<ConsumerGroupHeartbeatResponse['assignment']>['topicPartitions']

export class ConsumerMembership implements Membership {
  private state: ConsumerMemberState = 'Unjoined'
  private readonly memberId: string
  private memberEpoch = JOIN_EPOCH
  private subscription: Subscription = { topics: [] }
  /** What the coordinator wants the member to hold. */
  private target: AssignedTopics = []
  /** Ids of topics in it whose names are not known yet: they are left out until then. */
  private unnamed: readonly string[] = []
  private hasLostPartitions = false
  private failure: Error | undefined
  private readonly reporter = new HeartbeatReporter()
  private heartbeatIntervalMs = FIRST_HEARTBEAT_INTERVAL_MS
  private heartbeatFailures = 0
  /** Answers since the join, as long as none had partitions. */
  private emptyAnswers = 0
  private isBeating = false
  /** There is something to say that the heartbeat on its way does not. */
  private wantsToBeat = false
  private timer: Timer | undefined
  private readonly deadline: PollDeadline
  private readonly closing = new AbortController()

  constructor(
    private readonly cluster: Cluster,
    private readonly settings: ConsumerSettings,
    private readonly host: MembershipHost,
  ) {
    this.memberId = randomUuid(cluster.platform.random)
    this.deadline = new PollDeadline(cluster.platform.timers, settings.maxPollIntervalMs, () => {
      void this.leave({ timeoutMs: settings.requestTimeoutMs })
    })
  }

  get identity(): GroupIdentity {
    const { groupId } = this.settings
    const groupInstanceId = this.instanceId
    return this.isInGroup
      ? { groupId, generationId: this.memberEpoch, memberId: this.memberId, groupInstanceId }
      : { groupId, generationId: -1, memberId: '', groupInstanceId: null }
  }
  get isInGroup(): boolean {
    return this.memberEpoch > JOIN_EPOCH
  }
  /** Topics of the assignment that are not known by name, or that have not appeared yet. */
  get lacksTopics(): boolean {
    return this.unnamed.length > 0
  }

  subscribe(subscription: Subscription): void {
    if (JSON.stringify(subscription) === JSON.stringify(this.subscription)) return
    this.subscription = subscription
    if (this.state !== 'Unjoined') this.beatNow()
    this.host.onNews()
  }

  /** The coordinator decides by itself; all a member can do is to report. */
  requestRejoin(): void {
    if (this.state !== 'Unjoined') this.beatNow()
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
      if (this.hasLostPartitions) await this.lose()
      else if (this.state === 'Reconciling') await this.reconcile()
      else {
        if (this.state === 'Unjoined') this.join()
        return
      }
    }
  }

  /** Topics of the assignment may have got their names. */
  metadataChanged(): void {
    if (!this.unnamed.some(topicId => this.cluster.metadata.nameOf(topicId) !== undefined)) return
    this.move('assigned')
    this.host.onNews()
  }

  commitRefused(errorCode: number, by: GroupIdentity): 'retry' | 'lost' | 'failed' {
    if (errorCode === ErrorCode.STALE_MEMBER_EPOCH)
      return this.isInGroup && by.generationId !== this.memberEpoch ? 'retry' : 'lost'
    if (heartbeatReaction(errorCode) !== 'fenced') return 'failed'
    if (by.generationId === this.memberEpoch) this.removed()
    return 'lost'
  }

  async leaveGroup(_reason: string, limit: TimeLimit): Promise<void> {
    this.pollBegan()
    try {
      if (this.hasLostPartitions) await this.lose()
      else if (this.host.held.length > 0) await this.host.revoke(this.host.held)
    } finally {
      await this.leave(limit)
      this.hasLostPartitions = false
    }
  }

  async close(limit: TimeLimit): Promise<void> {
    try {
      await this.leaveGroup('the consumer is closing', limit)
    } finally {
      this.closing.abort()
      this.timer?.cancel()
    }
  }

  private get instanceId(): string | null {
    const { groupInstanceId } = this.settings
    return groupInstanceId === '' ? null : groupInstanceId
  }
  /** A call, because the state changes while the compiler is not looking. */
  private is(state: ConsumerMemberState): boolean {
    return this.state === state
  }
  private move(event: ConsumerMemberEvent): void {
    this.state = nextMemberState(this.state, event)
  }

  private join(): void {
    this.move('joinWanted')
    this.memberEpoch = JOIN_EPOCH
    this.emptyAnswers = 0
    this.reporter.forget()
    this.beatNow()
  }

  /** The coordinator has given the partitions to others, or will. */
  private removed(): void {
    this.move('removed')
    this.memberEpoch = JOIN_EPOCH
    this.target = []
    this.unnamed = []
    this.hasLostPartitions = this.host.held.length > 0
    this.timer?.cancel()
    this.host.onNews()
  }

  private async lose(): Promise<void> {
    this.hasLostPartitions = false
    if (this.host.held.length > 0) await this.host.lose()
  }

  // Assignments

  /** The target as far as the names of its topics are known; the others are looked for. */
  private named(): TopicPartition[] {
    const { metadata } = this.cluster
    const topics = new Set<string>()
    const partitions: TopicPartition[] = []
    const unnamed: string[] = []
    for (const { topicId, partitions: numbers } of this.target) {
      const topic = metadata.nameOf(topicId)
      if (topic === undefined) {
        unnamed.push(topicId)
        continue
      }
      topics.add(topic)
      for (const partition of numbers) partitions.push({ topic, partition })
    }
    this.unnamed = unnamed
    // What a pattern matched before is of no interest any more; topics of a subscription are.
    if ('topics' in this.subscription) this.cluster.useTopics(topics)
    else this.cluster.useOnlyTopics(topics)
    if (unnamed.length > 0) {
      this.cluster.useTopicIds(unnamed)
      this.cluster.learn()
    }
    return partitions
  }

  private async reconcile(): Promise<void> {
    const { target } = this
    const { clock } = this.cluster.platform
    const beganMs = clock.monotonicMs()
    const wanted = this.named()
    const leaving = without(this.host.held, wanted)
    // What a listener throws leaves the rest to the next poll.
    if (leaving.length > 0) await this.host.revoke(leaving)
    const added = without(wanted, this.host.held)
    if (this.is('Reconciling') && (added.length > 0 || leaving.length > 0)) await this.host.assign(wanted, added)
    // Another assignment may have come while the listeners ran; it is next.
    if (!this.is('Reconciling') || this.target !== target) return
    this.move('reconciled')
    this.cluster.telemetry.rebalanceCompleted(clock.monotonicMs() - beganMs)
    this.beatNow()
  }

  /** Partitions held, by topic id. */
  private get owned(): Map<string, readonly number[]> {
    const owned = new Map<string, readonly number[]>()
    const held = TopicPartitionMap.from(this.host.held.map(at => [at, true]))
    for (const [topic, numbers] of held.byTopic()) {
      const topicId = this.cluster.metadata.topic(topic)?.topicId
      if (topicId != null) owned.set(topicId, [...numbers.keys()])
    }
    return owned
  }

  // Heartbeats

  private beatNow(): void {
    if (this.isBeating) {
      this.wantsToBeat = true
      return
    }
    this.timer?.cancel()
    this.isBeating = true
    this.wantsToBeat = false
    this.heartbeat()
      .then(
        () => {
          this.heartbeatFailures = 0
        },
        (error: unknown) => this.heartbeatFailed(error),
      )
      .then(() => {
        this.isBeating = false
        this.schedule()
      })
  }

  private schedule(): void {
    if (this.state === 'Unjoined' || this.closing.signal.aborted) return
    if (this.wantsToBeat && this.heartbeatFailures === 0) return this.beatNow()
    this.timer = this.cluster.platform.timers.after(this.pauseMs, () => this.beatNow())
  }
  private get pauseMs(): number {
    const { backoff } = this.cluster
    if (this.heartbeatFailures > 0) return backoff.delayMs(this.heartbeatFailures)
    const isEarly = this.emptyAnswers > 0 && this.emptyAnswers <= EARLY_HEARTBEATS
    return isEarly ? Math.min(backoff.delayMs(this.emptyAnswers), this.heartbeatIntervalMs) : this.heartbeatIntervalMs
  }

  private heartbeatFailed(error: unknown): void {
    if (this.closing.signal.aborted) return
    // The coordinator may not have got what it said.
    this.reporter.forget()
    if (!(error instanceof KafkaError)) this.cluster.forgetCoordinator('group', this.settings.groupId)
    if (isRetriable(error)) {
      this.heartbeatFailures++
      return
    }
    this.failure = error as Error
    this.removed()
  }

  private async heartbeat(): Promise<void> {
    const { groupId, clientRack, maxPollIntervalMs, requestTimeoutMs, groupRemoteAssignor } = this.settings
    const limit = { timeoutMs: requestTimeoutMs, signal: this.closing.signal }
    const node = await this.cluster.coordinator('group', groupId, limit)
    const { memberId, memberEpoch } = this
    const isAcknowledging = this.state === 'Acknowledging'
    const fields = this.reporter.fields({
      instanceId: this.instanceId,
      rackId: clientRack === '' ? null : clientRack,
      rebalanceTimeoutMs: maxPollIntervalMs,
      topics: 'topics' in this.subscription ? this.subscription.topics : null,
      pattern: 'topics' in this.subscription ? null : this.subscription.serverPattern,
      serverAssignor: groupRemoteAssignor === '' ? null : groupRemoteAssignor,
      owned: this.owned,
    })
    const answer = await this.cluster.request(
      { node, lane: 'group' },
      APIS.ConsumerGroupHeartbeat,
      () => ({ groupId, memberId, memberEpoch, ...fields }),
      limit,
    )
    // The member has left, or joined anew, in the meantime.
    if (this.closing.signal.aborted || this.state === 'Unjoined' || memberEpoch !== this.memberEpoch) return
    this.heard(answer, isAcknowledging)
  }

  private heard(answer: ConsumerGroupHeartbeatResponse, isAcknowledging: boolean): void {
    const { errorCode, errorMessage } = answer
    const { groupId } = this.settings
    const reaction = heartbeatReaction(errorCode)
    if (reaction === 'fenced') return this.removed()
    if (reaction === 'findCoordinator') this.cluster.forgetCoordinator('group', groupId)
    if (reaction !== 'none')
      throw new KafkaError(
        errorCode,
        `heartbeat of group ${groupId}${errorMessage === null ? '' : ` (${errorMessage})`}`,
      )
    this.reporter.acknowledged()
    this.heartbeatIntervalMs = answer.heartbeatIntervalMs
    this.memberEpoch = answer.memberEpoch
    if (answer.assignment !== null && answer.assignment.topicPartitions.length > 0) this.emptyAnswers = EARLY_HEARTBEATS
    this.emptyAnswers++
    if (answer.assignment !== null) {
      this.target = answer.assignment.topicPartitions
      this.move('assigned')
      this.host.onNews()
    } else if (isAcknowledging ? this.is('Acknowledging') : this.is('Joining')) this.move('acknowledged')
  }

  /** Tells the coordinator and goes; never rejects, because a member that stays silent is removed anyway. */
  private async leave(limit: TimeLimit): Promise<void> {
    const wasMember = this.state !== 'Unjoined' && this.memberEpoch !== JOIN_EPOCH
    const { groupId } = this.settings
    const { memberId, instanceId } = this
    this.removed()
    if (!wasMember) return
    try {
      const node = await this.cluster.coordinator('group', groupId, limit)
      const memberEpoch = instanceId === null ? LEAVE_EPOCH : STATIC_LEAVE_EPOCH
      await this.cluster.request(
        { node, lane: 'group' },
        APIS.ConsumerGroupHeartbeat,
        () => ({ groupId, memberId, memberEpoch, instanceId }),
        limit,
      )
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error
    }
  }
}
