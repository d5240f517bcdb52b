/**
 * A member of a classic group: join, sync, heartbeat, leave. The states and what moves between them are tables in
 * `membership-states.ts`; this carries them out.
 *
 * Requests run in the background; the application hears of a rebalance only inside `advance`, that is inside its own
 * poll, and is awaited: partitions are given up before the join, and taken up before the first fetch. Heartbeats go on
 * by themselves until the application has not polled for `max.poll.interval.ms`; then the member leaves.
 */
import type { Timer } from '@millrace/platform'
import { APIS, ErrorCode, type JoinGroupResponse, KafkaError, MillraceError } from '@millrace/protocol'
import type { Cluster } from '../../cluster/cluster.ts'
import { isRetriable } from '../../cluster/retry.ts'
import type { TopicPartition } from '../../cluster/topic-partition.ts'
import type { TimeLimit } from '../../connection/time-limit.ts'
import type { ConsumerSettings } from '../consumer-config.ts'
import { type Assignor, checkAssignment, type GroupMember } from './assignor.ts'
import { decodeAssignment, decodeSubscription, encodeAssignment, encodeSubscription } from './consumer-protocol.ts'
import type { GroupIdentity } from './group-offsets.ts'
import {
  type MembershipEvent,
  type MembershipState,
  memberReaction,
  nextState,
  SENDS_HEARTBEATS,
} from './membership-states.ts'

const PROTOCOL_TYPE = 'consumer'
/** A join is answered after `max.poll.interval.ms` at the latest; this is for its way there and back. */
const JOIN_MARGIN_MS = 5_000
/** Generation of a member that is in none. */
const NO_GENERATION = -1

/** The application side of a membership. Called inside `advance` only, one at a time, and awaited. */
export interface MembershipHost {
  /** Partitions must be given up and are still ours: progress may be committed. */
  revoke(): Promise<void>
  /** Partitions are not ours any more. */
  lose(): Promise<void>
  assign(partitions: readonly TopicPartition[]): Promise<void>
  /** There is something to do for `advance`. */
  onNews(): void
}

export class ClassicMembership {
  private state: MembershipState = 'Unjoined'
  private memberId = ''
  private generationId = NO_GENERATION
  private topics: readonly string[] = []
  /** What SyncGroup brought, until the application has it. */
  private assigned: readonly TopicPartition[] = []
  /** The application holds partitions of a generation. */
  private holdsPartitions = false
  /** The partitions it holds went to others without its doing. */
  private hasLostPartitions = false
  private isJoining = false
  private joinFailures = 0
  /** A rebalance was asked for while one is going on. */
  private wantsAnother = false
  private failure: Error | undefined
  /** What the leader based its assignment on; undefined for followers. */
  private assignedCounts: ReadonlyMap<string, number> | undefined
  private heartbeatTimer: Timer | undefined
  private pollTimer: Timer | undefined
  private readonly closing = new AbortController()

  constructor(
    private readonly cluster: Cluster,
    private readonly settings: ConsumerSettings,
    private readonly assignors: readonly Assignor[],
    private readonly host: MembershipHost,
  ) {}

  get identity(): GroupIdentity {
    const { groupId, groupInstanceId } = this.settings
    return {
      groupId,
      generationId: this.generationId,
      memberId: this.memberId,
      groupInstanceId: groupInstanceId === '' ? null : groupInstanceId,
    }
  }
  /** False when commits would be refused: the group goes on without this member. */
  get isInGeneration(): boolean {
    return this.generationId !== NO_GENERATION
  }

  /** As leader: topics of the subscriptions that did not exist when partitions were assigned. */
  get lacksTopics(): boolean {
    for (const count of this.assignedCounts?.values() ?? []) if (count === 0) return true
    return false
  }

  /** Takes effect with the next rebalance, which this asks for if the topics changed. */
  subscribe(topics: readonly string[]): void {
    const isSame = topics.length === this.topics.length && topics.every(topic => this.topics.includes(topic))
    this.topics = topics
    if (!isSame) this.requestRejoin()
  }

  /** The application wants a rebalance, or has reason to believe that one is needed. */
  requestRejoin(): void {
    if (this.state === 'Joining' || this.state === 'Syncing') this.wantsAnother = true
    else this.move('rebalance')
    this.host.onNews()
  }

  /** A poll begins: `max.poll.interval.ms` stops counting. */
  pollBegan(): void {
    this.pollTimer?.cancel()
    this.pollTimer = undefined
  }
  pollEnded(): void {
    if (this.state === 'Unjoined') return
    this.pollTimer = this.cluster.platform.timers.after(this.settings.maxPollIntervalMs, () => {
      void this.leave(`no poll for ${this.settings.maxPollIntervalMs} ms`)
    })
  }

  /**
   * Does what the application has to take part in, and starts in the background what it has not. Resolves to true when
   * the assignment is current; otherwise `onNews` says when to call again. Rejects with what cannot be mended, and with
   * what the application's listener throws.
   */
  async advance(): Promise<boolean> {
    for (;;) {
      const { failure } = this
      this.failure = undefined
      if (failure !== undefined) throw failure
      if (this.state === 'Stable') return true
      if (this.state === 'Assigned') await this.handOver()
      else if (this.holdsPartitions && (this.state === 'Preparing' || this.state === 'Unjoined')) await this.giveUp()
      else {
        if (!this.isJoining) this.joinInBackground()
        return false
      }
    }
  }

  /** New metadata: the leader looks whether topics got more partitions, or appeared. */
  metadataChanged(): void {
    if (this.state !== 'Stable' || this.assignedCounts === undefined) return
    for (const [topic, count] of this.assignedCounts) {
      if (this.partitionCount(topic) === count) continue
      this.requestRejoin()
      return
    }
  }

  /** Gives up the partitions and leaves; a static member keeps its place. Rejects with what the listener throws. */
  async leaveGroup(reason: string, limit: TimeLimit): Promise<void> {
    this.pollBegan()
    try {
      if (this.holdsPartitions) await this.giveUp()
    } finally {
      this.topics = []
      await this.leave(reason, limit)
    }
  }

  /** Leaves, and does nothing any more. */
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

  private async giveUp(): Promise<void> {
    this.holdsPartitions = false
    const isLost = this.hasLostPartitions
    this.hasLostPartitions = false
    if (isLost) await this.host.lose()
    else await this.host.revoke()
  }

  private async handOver(): Promise<void> {
    this.holdsPartitions = true
    try {
      await this.host.assign(this.assigned)
    } finally {
      // Heartbeats may have brought other news while the listener ran.
      if (this.state === 'Assigned') this.move('accepted')
    }
  }

  /** The group has gone on without us. */
  private removed(forgetMemberId: boolean): void {
    this.move('removed')
    this.generationId = NO_GENERATION
    this.assignedCounts = undefined
    if (forgetMemberId) this.memberId = ''
    this.hasLostPartitions = this.holdsPartitions
    this.host.onNews()
  }

  private joinInBackground(): void {
    this.isJoining = true
    const { signal } = this.closing
    this.join(signal)
      .then(
        () => {
          this.joinFailures = 0
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
    const { groupId, maxPollIntervalMs } = this.settings
    const limit = { timeoutMs: maxPollIntervalMs + JOIN_MARGIN_MS, signal }
    const node = await this.cluster.coordinator('group', groupId, limit)
    const target = { node, lane: 'group' } as const
    const limits = { requestTimeoutMs: limit.timeoutMs }
    this.wantsAnother = false
    this.move('joinSent')
    const answer = await this.asked(
      this.cluster.request(target, APIS.JoinGroup, () => this.joinRequest(), limit, limits),
    )
    signal.throwIfAborted()
    // The member may have left while the join was waiting.
    if (!this.is('Joining')) return
    if (answer.errorCode === ErrorCode.MEMBER_ID_REQUIRED) this.memberId = answer.memberId
    if (!this.goesOn(answer.errorCode, 'joining')) return
    this.memberId = answer.memberId
    this.generationId = answer.generationId
    this.move('joined')
    this.scheduleHeartbeat()
    const assignments = await this.assignmentsOf(answer, limit)
    const sync = await this.asked(
      this.cluster.request(
        target,
        APIS.SyncGroup,
        () => ({
          ...this.identity,
          protocolType: PROTOCOL_TYPE,
          protocolName: answer.protocolName,
          assignments,
        }),
        limit,
        limits,
      ),
    )
    signal.throwIfAborted()
    // A heartbeat may have learned that this generation is over already.
    if (!this.is('Syncing') || !this.goesOn(sync.errorCode, 'syncing')) return
    this.assigned = decodeAssignment(sync.assignment)
    this.move('synced')
    if (this.wantsAnother) this.move('rebalance')
  }

  /** A coordinator that cannot be reached may have lost the group to another broker. */
  private async asked<T>(request: Promise<T>): Promise<T> {
    try {
      return await request
    } catch (error) {
      if (!(error instanceof KafkaError)) this.forgetCoordinator()
      throw error
    }
  }

  private joinRequest() {
    const { groupId, memberId, groupInstanceId } = this.identity
    return {
      groupId,
      memberId,
      groupInstanceId,
      sessionTimeoutMs: this.settings.sessionTimeoutMs,
      rebalanceTimeoutMs: this.settings.maxPollIntervalMs,
      protocolType: PROTOCOL_TYPE,
      protocols: this.assignors.map(assignor => ({
        name: assignor.name,
        metadata: encodeSubscription({
          topics: this.topics,
          userData: toBuffer(assignor.userData?.(this.topics) ?? null),
          // Eager members hold nothing while they join.
          ownedPartitions: [],
          generationId: this.generationId,
          rackId: this.settings.clientRack === '' ? null : this.settings.clientRack,
        }),
      })),
    }
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
        this.forgetCoordinator()
        throw error()
      default:
        throw error()
    }
  }

  /** The leader's part: who gets what. Nothing for followers. */
  private async assignmentsOf(answer: JoinGroupResponse, limit: TimeLimit) {
    this.assignedCounts = undefined
    if (answer.leader !== answer.memberId) return []
    const assignor = this.assignors.find(({ name }) => name === answer.protocolName)
    if (assignor === undefined)
      throw new KafkaError(ErrorCode.INCONSISTENT_GROUP_PROTOCOL, `assignor ${answer.protocolName}`)
    const members = answer.members.map(({ memberId, groupInstanceId, metadata }) =>
      decodeSubscription(memberId, groupInstanceId, metadata),
    )
    const counts = await this.partitionCounts(members, limit)
    this.assignedCounts = counts
    if (answer.skipAssignment) return []
    const existing = new Map([...counts].filter(([, count]) => count > 0))
    const assignment = assignor.assign(existing, members)
    checkAssignment(assignor, existing, members, assignment)
    return members.map(({ memberId }) => ({ memberId, assignment: encodeAssignment(assignment.get(memberId) ?? []) }))
  }

  /** Of all topics that any member wants; 0 for those that do not exist. */
  private async partitionCounts(members: readonly GroupMember[], limit: TimeLimit): Promise<Map<string, number>> {
    const topics = [...new Set(members.flatMap(member => member.topics))]
    this.cluster.useTopics(topics)
    if (topics.some(topic => this.cluster.metadata.topic(topic) === undefined)) {
      await this.cluster.retrying('fetching metadata', limit, remaining => this.cluster.refreshMetadata(remaining))
    }
    return new Map(topics.map(topic => [topic, this.partitionCount(topic)]))
  }
  private partitionCount(topic: string): number {
    return this.cluster.metadata.topic(topic)?.partitions.length ?? 0
  }

  private forgetCoordinator(): void {
    this.cluster.forgetCoordinator('group', this.settings.groupId)
  }

  private scheduleHeartbeat(): void {
    this.heartbeatTimer?.cancel()
    if (!SENDS_HEARTBEATS[this.state] || this.closing.signal.aborted) return
    this.heartbeatTimer = this.cluster.platform.timers.after(this.settings.heartbeatIntervalMs, () => {
      this.heartbeat().then(
        () => this.scheduleHeartbeat(),
        (error: unknown) => {
          if (this.closing.signal.aborted) return
          this.forgetCoordinator()
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
    const { sessionTimeoutMs, requestTimeoutMs, groupId } = this.settings
    const timeoutMs = Math.min(sessionTimeoutMs / 3, requestTimeoutMs)
    const limit = { timeoutMs, signal: this.closing.signal }
    const node = await this.cluster.coordinator('group', groupId, limit)
    if (!SENDS_HEARTBEATS[this.state]) return
    const { identity } = this
    const target = { node, lane: 'group' } as const
    const answer = await this.cluster.request(target, APIS.Heartbeat, () => identity, limit, {
      requestTimeoutMs: timeoutMs,
    })
    // An answer about an earlier generation says nothing about this one.
    const isCurrent = identity.generationId === this.generationId && identity.memberId === this.memberId
    if (!isCurrent || !SENDS_HEARTBEATS[this.state]) return
    this.heard(answer.errorCode)
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
        return this.forgetCoordinator()
      default:
        throw new KafkaError(errorCode, `heartbeat of group ${this.settings.groupId}`)
    }
  }

  /** A commit was answered with an error that says something about the membership. */
  commitRefused(errorCode: number, by: GroupIdentity): void {
    if (by.generationId !== this.generationId || by.memberId !== this.memberId) return
    const reaction = memberReaction(errorCode)
    if (reaction === 'rejoin' && (this.state === 'Assigned' || this.state === 'Stable')) this.requestRejoin()
    if (reaction === 'loseGeneration') this.removed(false)
    if (reaction === 'loseMembership') this.removed(true)
  }

  /** Tells the coordinator and goes; never rejects, because a member that stays silent is removed anyway. */
  private async leave(reason: string, limit: TimeLimit = { timeoutMs: this.settings.requestTimeoutMs }): Promise<void> {
    const { groupId, memberId, groupInstanceId } = this.identity
    const wasMember = memberId !== '' && groupInstanceId === null
    this.removed(true)
    if (!wasMember) return
    try {
      const node = await this.cluster.coordinator('group', groupId, limit)
      // Not on the group's lane: a join may be waiting there.
      const members = [{ memberId, groupInstanceId, reason }]
      await this.cluster.request({ node, lane: 'main' }, APIS.LeaveGroup, () => ({ groupId, members }), limit)
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error
    }
  }
}

function toBuffer(bytes: Uint8Array | null): Buffer | null {
  return bytes === null ? null : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}
