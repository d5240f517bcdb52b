/**
 * The shell around the pure group core: it appends what a decision says to `__consumer_offsets`, takes the group over,
 * arms timers, and answers once the records are durable. Committed offsets change by `replay` only; a group does when
 * its decision's records are in the log, because most of a rebalance is in no record (`groupFromRecord` restores the rest).
 */
import { type Clock, type Random, randomUuid, type Timer, type Timers } from '@millrace/platform'
import { ErrorCode, type GroupRecord, KafkaError } from '@millrace/protocol'
import type { BrokerConfig } from '../config/broker-config.ts'
import { CommittedOffsets } from '../groups/committed-offsets.ts'
import {
  type Decision,
  DecisionDraft,
  type GroupLimits,
  type GroupTimer,
  type JoinAnswer,
  type Parked,
  type SyncAnswer,
} from '../groups/decision.ts'
import { mayDelete, mayDeleteOffsets, mayDeleteOffsetsOf, tombstonesOf } from '../groups/delete-group.ts'
import { emptyGroup, type Group } from '../groups/group.ts'
import { groupFromRecord } from '../groups/group-records.ts'
import { type HeartbeatRequest, heartbeat, memberTimerFired } from '../groups/heartbeat.ts'
import { type JoinRequest, join } from '../groups/join.ts'
import { type LeavingMember, leave } from '../groups/leave.ts'
import { joinError, renewSession, syncError } from '../groups/membership.ts'
import { type Committer, commit, mayCommit, type OffsetToCommit, offsetTombstone } from '../groups/offset-commit.ts'
import { expireOffsets } from '../groups/offset-expiration.ts'
import { joinTimerFired, rebalance, syncTimerFired } from '../groups/rebalance.ts'
import { type SyncRequest, sync } from '../groups/sync.ts'
import type { TopicImage } from '../metadata/metadata-image.ts'
import type { GroupLog } from './group-log.ts'
import { GroupTimers } from './group-timers.ts'
import { ParkedRequests } from './parked-requests.ts'

/** When a timer's decision could not be appended, it is tried again after this. */
const TIMER_RETRY_MS = 1_000
const MINUTE_MS = 60_000

export interface CoordinatorPlatform {
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
}

/** A group with all that belongs to it. */
interface Entry {
  group: Group
  readonly offsets: CommittedOffsets
  readonly parked: ParkedRequests
  readonly timers: GroupTimers
}

export class GroupCoordinator {
  private readonly entries = new Map<string, Entry>()
  /** Partitions of `__consumer_offsets` that are being replayed, and those whose replay failed. */
  private readonly loading = new Set<number>()
  private readonly broken = new Set<number>()
  private readonly limits: GroupLimits
  private expiryTimer: Timer | undefined
  private isClosed = false

  constructor(
    private readonly log: GroupLog,
    private readonly config: BrokerConfig,
    private readonly platform: CoordinatorPlatform,
    private readonly onBug: (error: unknown) => void,
  ) {
    this.limits = {
      minSessionTimeoutMs: config['group.min.session.timeout.ms'],
      maxSessionTimeoutMs: config['group.max.session.timeout.ms'],
      maxMembers: config['group.max.size'],
      initialRebalanceDelayMs: config['group.initial.rebalance.delay.ms'],
    }
    this.armExpiry()
  }

  /** Replays every partition. Requests for groups of a partition get COORDINATOR_LOAD_IN_PROGRESS until it is done. */
  async load(): Promise<void> {
    const partitionCount = this.log.topic?.partitionCount ?? 0
    for (let partition = 0; partition < partitionCount; partition++) this.loading.add(partition)
    for (let partition = 0; partition < partitionCount && !this.isClosed; partition++) {
      try {
        await this.log.load(partition, record => this.replay(record))
      } catch (error) {
        this.broken.add(partition)
        this.onBug(error)
      }
      this.loading.delete(partition)
      if (!this.isClosed) this.start(partition)
    }
  }

  /** Makes sure that groups have a place to live. Throws {@link KafkaError} COORDINATOR_NOT_AVAILABLE. */
  ensureAvailable(): Promise<void> {
    return this.log.ensureTopic()
  }

  async join(groupId: string, request: Omit<JoinRequest, 'uuid'>): Promise<JoinAnswer> {
    const refusal = this.refusal(groupId)
    if (refusal !== ErrorCode.NONE) return joinError(request.memberId, refusal)
    const known = this.entries.get(groupId)
    if (known === undefined && request.memberId !== '') return joinError(request.memberId, ErrorCode.UNKNOWN_MEMBER_ID)
    const entry = known ?? this.addEntry(groupId)
    const withUuid = { ...request, uuid: randomUuid(this.platform.random) }
    const decision = join(entry.group, withUuid, this.limits, this.nowMs())
    return this.orError(
      this.take(entry, decision, memberId => entry.parked.join(memberId)),
      code => joinError(request.memberId, code),
    )
  }

  async sync(groupId: string, request: SyncRequest): Promise<SyncAnswer> {
    const refusal = this.refusal(groupId)
    // The rebalance in which the assignment belongs is lost with the restart: the member has to join again.
    if (refusal === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS) return syncError(ErrorCode.REBALANCE_IN_PROGRESS)
    if (refusal !== ErrorCode.NONE) return syncError(refusal)
    const entry = this.entries.get(groupId)
    if (entry === undefined) return syncError(ErrorCode.UNKNOWN_MEMBER_ID)
    const decision = sync(entry.group, request, this.limits, this.nowMs())
    return this.orError(
      this.take(entry, decision, memberId => entry.parked.sync(memberId)),
      syncError,
    )
  }

  heartbeat(groupId: string, request: HeartbeatRequest): ErrorCode {
    const refusal = this.refusal(groupId)
    // Nothing is known of the member yet, and nothing is held against it.
    if (refusal === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS) return ErrorCode.NONE
    if (refusal !== ErrorCode.NONE) return refusal
    const entry = this.entries.get(groupId)
    if (entry === undefined) return ErrorCode.UNKNOWN_MEMBER_ID
    const decision = heartbeat(entry.group, request, this.limits, this.nowMs())
    this.takeOver(entry, decision)
    return decision.answer as ErrorCode
  }

  /** The error of the whole request, or one per leaving member. */
  async leave(
    groupId: string,
    leaving: readonly LeavingMember[],
  ): Promise<{ errorCode: ErrorCode; members: readonly ErrorCode[] }> {
    const refusal = this.refusal(groupId)
    if (refusal !== ErrorCode.NONE) return { errorCode: refusal, members: [] }
    const entry = this.entries.get(groupId)
    if (entry === undefined)
      return { errorCode: ErrorCode.NONE, members: leaving.map(() => ErrorCode.UNKNOWN_MEMBER_ID) }
    const decision = leave(entry.group, leaving, this.limits, this.nowMs())
    const answered = this.take(entry, decision).then(members => ({ errorCode: ErrorCode.NONE as ErrorCode, members }))
    return this.orError(answered, errorCode => ({ errorCode, members: [] }))
  }

  /** Commits all of `offsets` or none. */
  async commit(groupId: string, committer: Committer, offsets: readonly OffsetToCommit[]): Promise<ErrorCode> {
    const refusal = this.refusal(groupId, true)
    if (refusal !== ErrorCode.NONE) return refusal
    const known = this.entries.get(groupId)
    const error = mayCommit(known?.group, committer)
    if (error !== ErrorCode.NONE) return error
    if (offsets.length === 0) return ErrorCode.NONE
    const entry = known ?? this.addEntry(groupId)
    const decision = commit(entry.group, committer, offsets, this.limits, this.nowMs())
    return this.orError(this.take(entry, decision), code =>
      code === ErrorCode.UNKNOWN_SERVER_ERROR ? ErrorCode.INVALID_COMMIT_OFFSET_SIZE : code,
    )
  }

  /** NONE if the group's offsets can be told; a group that does not exist has none. */
  offsetsOf(groupId: string): { errorCode: ErrorCode; offsets: CommittedOffsets | undefined } {
    return { errorCode: this.refusal(groupId, true), offsets: this.entries.get(groupId)?.offsets }
  }

  /** `group` is undefined when there is none. */
  describe(groupId: string): { errorCode: ErrorCode; group: Group | undefined } {
    return { errorCode: this.refusal(groupId, true), group: this.entries.get(groupId)?.group }
  }

  get isLoading(): boolean {
    return this.loading.size > 0
  }
  *groups(): Iterable<Group> {
    for (const { group } of this.entries.values()) yield group
  }

  async delete(groupId: string): Promise<ErrorCode> {
    const refusal = this.refusal(groupId, true)
    if (refusal !== ErrorCode.NONE) return refusal
    const entry = this.entries.get(groupId)
    const error = mayDelete(entry?.group)
    if (entry === undefined || error !== ErrorCode.NONE) return error
    return this.appendTombstones(groupId, tombstonesOf(entry.group, entry.offsets))
  }

  /** The error of the whole request, or one per partition. */
  async deleteOffsets(
    groupId: string,
    partitions: readonly { readonly topic: string; readonly partition: number }[],
  ): Promise<{ errorCode: ErrorCode; partitions: readonly ErrorCode[] }> {
    const refusal = this.refusal(groupId)
    const entry = this.entries.get(groupId)
    const error = refusal === ErrorCode.NONE ? mayDeleteOffsets(entry?.group) : refusal
    if (entry === undefined || error !== ErrorCode.NONE) return { errorCode: error, partitions: [] }
    const errors = partitions.map(({ topic }) => mayDeleteOffsetsOf(entry.group, topic))
    const tombstones = partitions
      .filter(({ topic, partition }, index) => {
        return errors[index] === ErrorCode.NONE && entry.offsets.get(topic, partition) !== undefined
      })
      .map(({ topic, partition }) => offsetTombstone(groupId, topic, partition))
    return { errorCode: await this.appendTombstones(groupId, tombstones), partitions: errors }
  }

  /** Forgets what groups have committed for a topic that is gone. */
  async topicDeleted(topic: TopicImage): Promise<void> {
    for (const [groupId, { offsets }] of [...this.entries]) {
      const tombstones: GroupRecord[] = []
      for (let partition = 0; partition < topic.partitionCount; partition++)
        if (offsets.get(topic.name, partition) !== undefined)
          tombstones.push(offsetTombstone(groupId, topic.name, partition))
      await this.appendTombstones(groupId, tombstones)
    }
  }

  /** Answers what is parked and stops all timers. */
  close(): void {
    this.isClosed = true
    this.expiryTimer?.cancel()
    for (const { parked, timers } of this.entries.values()) {
      timers.cancelAll()
      parked.refuseAll(ErrorCode.COORDINATOR_NOT_AVAILABLE)
    }
  }

  private nowMs(): number {
    return this.platform.clock.nowMs()
  }

  /** Why no request for the group can be served. An empty id is fine only where groups need no members. */
  private refusal(groupId: string, allowsEmptyId = false): ErrorCode {
    if (groupId === '' && !allowsEmptyId) return ErrorCode.INVALID_GROUP_ID
    if (this.isClosed) return ErrorCode.COORDINATOR_NOT_AVAILABLE
    const partition = this.log.partitionOf(groupId)
    if (partition === undefined) return ErrorCode.COORDINATOR_NOT_AVAILABLE
    if (this.loading.has(partition)) return ErrorCode.COORDINATOR_LOAD_IN_PROGRESS
    return this.broken.has(partition) ? ErrorCode.COORDINATOR_NOT_AVAILABLE : ErrorCode.NONE
  }

  private addEntry(groupId: string): Entry {
    const entry: Entry = {
      group: emptyGroup(groupId, this.nowMs()),
      offsets: new CommittedOffsets(),
      parked: new ParkedRequests(),
      timers: new GroupTimers(this.platform.timers, timer => this.timerFired(groupId, timer)),
    }
    this.entries.set(groupId, entry)
    return entry
  }

  /** A group that never came to be, as after a refused first join, leaves no trace. */
  private removeIfUnused({ group, offsets }: Entry): void {
    if (group.state === 'Empty' && group.generationId === 0 && group.pendingMembers.size === 0 && offsets.isEmpty)
      this.entries.delete(group.groupId)
  }

  /** Carries a decision out. `park` is called for a request that has to wait. Rejects when the records cannot be kept. */
  private async take<Answer>(
    entry: Entry,
    decision: Decision<Answer>,
    park?: (memberId: string) => Promise<Answer>,
  ): Promise<Answer> {
    const durable = this.append(entry.group.groupId, decision.records)
    const { answer } = decision
    const waiting = isParked(answer) ? park!(answer.parkedFor) : undefined
    this.takeOver(entry, decision, durable)
    if (waiting !== undefined) return waiting
    await durable
    return answer as Answer
  }

  /** What follows once the decision's records are in the log. */
  private takeOver(entry: Entry, decision: Decision<unknown>, durable?: Promise<void>): void {
    entry.group = decision.group
    for (const change of decision.timers) entry.timers.apply(change)
    this.removeIfUnused(entry)
    const taken = decision.replies.map(reply => entry.parked.take(reply))
    const deliver = () => {
      for (const request of taken) request.deliver()
    }
    if (durable === undefined) return deliver()
    // A record that cannot be made durable takes its partition offline, for this group too.
    durable.then(deliver, () => {
      for (const request of taken) request.refuse(ErrorCode.COORDINATOR_NOT_AVAILABLE)
    })
  }

  /** Undefined when there is nothing to append. Throws {@link KafkaError}; then nothing has changed. */
  private append(groupId: string, records: readonly GroupRecord[]): Promise<void> | undefined {
    if (records.length === 0) return undefined
    const durable = this.log.append(groupId, records)
    for (const record of records) this.replay(record)
    return durable
  }

  private replay(record: GroupRecord): void {
    if (record.kind === 'OffsetCommit') {
      const entry = this.entries.get(record.key.group) ?? this.addEntry(record.key.group)
      entry.offsets.replay(record.key, record.value)
    } else if (record.kind === 'GroupMetadata') {
      const { key, value } = record
      const entry = this.entries.get(key.group) ?? this.addEntry(key.group)
      if (value !== null) entry.group = groupFromRecord(key, value, this.nowMs())
      else this.entries.delete(key.group)
    }
  }

  /** The groups of a partition whose replay is over come to life. */
  private start(partition: number): void {
    for (const entry of [...this.entries.values()]) {
      if (this.log.partitionOf(entry.group.groupId) !== partition) continue
      const draft = new DecisionDraft(entry.group, this.limits, this.nowMs())
      for (const member of entry.group.members.values()) renewSession(draft, member)
      // The limit was lowered: members rejoin until it is full.
      if (entry.group.members.size > this.limits.maxMembers) rebalance(draft, 'left')
      this.takeOver(entry, draft.decide(undefined))
    }
  }

  private timerFired(groupId: string, timer: GroupTimer): void {
    const entry = this.entries.get(groupId)
    if (entry === undefined) return
    const draft = new DecisionDraft(entry.group, this.limits, this.nowMs())
    if (timer.kind === 'join') joinTimerFired(draft)
    else if (timer.kind === 'sync') syncTimerFired(draft)
    else memberTimerFired(draft, timer.memberId)
    this.take(entry, draft.decide(undefined)).catch(error => {
      if (!(error instanceof KafkaError)) return this.onBug(error)
      if (!this.isClosed) entry.timers.apply({ timer, afterMs: TIMER_RETRY_MS })
    })
  }

  private armExpiry(): void {
    this.expiryTimer = this.platform.timers.after(this.config['offsets.retention.check.interval.ms'], () => {
      this.expire()
      this.armExpiry()
    })
  }

  private expire(): void {
    const retentionMs = this.config['offsets.retention.minutes'] * MINUTE_MS
    for (const [groupId, { group, offsets }] of [...this.entries]) {
      if (this.refusal(groupId, true) !== ErrorCode.NONE) continue
      // What could not be appended is still there at the next turn.
      void this.appendTombstones(groupId, expireOffsets(group, offsets, retentionMs, this.nowMs()))
    }
  }

  private appendTombstones(groupId: string, tombstones: readonly GroupRecord[]): Promise<ErrorCode> {
    const appended = async () => {
      await this.append(groupId, tombstones)
      return ErrorCode.NONE as ErrorCode
    }
    return this.orError(appended(), code => code)
  }

  private async orError<Answer>(answer: Promise<Answer>, errorAnswer: (code: ErrorCode) => Answer): Promise<Answer> {
    try {
      return await answer
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      const isTooLarge = error.errorCode === ErrorCode.MESSAGE_TOO_LARGE
      return errorAnswer(isTooLarge ? ErrorCode.UNKNOWN_SERVER_ERROR : ErrorCode.COORDINATOR_NOT_AVAILABLE)
    }
  }
}

function isParked(answer: unknown): answer is Parked {
  return typeof answer === 'object' && answer !== null && 'parkedFor' in answer
}
