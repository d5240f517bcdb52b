/**
 * What clients ask of groups: each request meets the pure core here, and {@link LiveGroups} carries its decision out.
 * Error codes stand for everything a client can be told; a rejection is a bug.
 */
import { type Clock, type Random, randomUuid, type Timer, type Timers } from '@millrace/platform'
import { ErrorCode, type GroupRecord, KafkaError } from '@millrace/protocol'
import type { BrokerConfig } from '../config/broker-config.ts'
import type { ClassicGroup } from '../groups/classic/classic-group.ts'
import { type HeartbeatRequest, heartbeat } from '../groups/classic/heartbeat.ts'
import { type JoinRequest, join } from '../groups/classic/join.ts'
import { type LeavingMember, leave } from '../groups/classic/leave.ts'
import { joinError, syncError } from '../groups/classic/membership.ts'
import { type SyncRequest, sync } from '../groups/classic/sync.ts'
import type { GroupLimits, JoinAnswer, SyncAnswer } from '../groups/decision.ts'
import { mayDelete, mayDeleteOffsets, mayDeleteOffsetsOf, tombstonesOf } from '../groups/delete-group.ts'
import type { CommittedOffsets } from '../groups/offsets/committed-offsets.ts'
import {
  type Committer,
  commit,
  mayCommit,
  type OffsetToCommit,
  offsetTombstone,
  offsetCommitRecord,
} from '../groups/offsets/offset-commit.ts'
import { expireOffsets } from '../groups/offsets/offset-expiration.ts'
import type { TopicImage } from '../metadata/metadata-image.ts'
import { mayCommitInTransaction, transactionalCommitError } from '../groups/offsets/transactional-commit.ts'
import type { EndMarker } from '../log/producers/end-marker.ts'
import type { GroupLog } from './group-log.ts'
import type { TransactionalProducer } from './coordinator-log.ts'
import { type LiveGroup, LiveGroups } from './live-groups.ts'

const MINUTE_MS = 60_000

export interface CoordinatorPlatform {
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
}

export class GroupCoordinator {
  private readonly live: LiveGroups
  private readonly limits: GroupLimits
  private expiryTimer: Timer | undefined

  constructor(
    private readonly log: GroupLog,
    private readonly config: BrokerConfig,
    private readonly platform: CoordinatorPlatform,
    onBug: (error: unknown) => void,
  ) {
    this.limits = {
      minSessionTimeoutMs: config['group.min.session.timeout.ms'],
      maxSessionTimeoutMs: config['group.max.session.timeout.ms'],
      maxMembers: config['group.max.size'],
      initialRebalanceDelayMs: config['group.initial.rebalance.delay.ms'],
    }
    this.live = new LiveGroups(log, this.limits, platform, onBug)
  }

  /**
   * Replays the log; requests for groups of a partition get COORDINATOR_LOAD_IN_PROGRESS until it is done. From now on
   * offsets expire.
   */
  load(): Promise<void> {
    this.armExpiry()
    return this.live.load()
  }
  get isLoading(): boolean {
    return this.live.isLoading
  }

  /** Makes sure that groups have a place to live. Throws {@link KafkaError} COORDINATOR_NOT_AVAILABLE. */
  ensureAvailable(): Promise<void> {
    return this.log.ensureTopic()
  }

  /** Answers parked requests and stops all timers. */
  close(): void {
    this.expiryTimer?.cancel()
    this.live.close()
  }

  async join(groupId: string, request: Omit<JoinRequest, 'uuid'>): Promise<JoinAnswer> {
    const refusal = this.refusalOfMember(groupId)
    if (refusal !== ErrorCode.NONE) return joinError(request.memberId, refusal)
    const known = this.live.get(groupId)
    if (known === undefined && request.memberId !== '') return joinError(request.memberId, ErrorCode.UNKNOWN_MEMBER_ID)
    const live = known ?? this.live.create(groupId)
    const withUuid = { ...request, uuid: randomUuid(this.platform.random) }
    const decision = join(live.group, withUuid, this.limits, this.nowMs())
    return orError(
      this.live.carryOut(live, decision, memberId => live.parked.join(memberId)),
      code => joinError(request.memberId, code),
    )
  }

  async sync(groupId: string, request: SyncRequest): Promise<SyncAnswer> {
    const refusal = this.refusalOfMember(groupId)
    // The rebalance in which the assignment belongs is lost with the restart: the member has to join again.
    if (refusal === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS) return syncError(ErrorCode.REBALANCE_IN_PROGRESS)
    if (refusal !== ErrorCode.NONE) return syncError(refusal)
    const live = this.live.get(groupId)
    if (live === undefined) return syncError(ErrorCode.UNKNOWN_MEMBER_ID)
    const decision = sync(live.group, request, this.limits, this.nowMs())
    return orError(
      this.live.carryOut(live, decision, memberId => live.parked.sync(memberId)),
      syncError,
    )
  }

  heartbeat(groupId: string, request: HeartbeatRequest): ErrorCode {
    const refusal = this.refusalOfMember(groupId)
    // Nothing is known of the member yet, and nothing is held against it.
    if (refusal === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS) return ErrorCode.NONE
    if (refusal !== ErrorCode.NONE) return refusal
    const live = this.live.get(groupId)
    if (live === undefined) return ErrorCode.UNKNOWN_MEMBER_ID
    return this.live.carryOutNow(live, heartbeat(live.group, request, this.limits, this.nowMs()))
  }

  /** The error of the whole request, or one per leaving member. */
  async leave(
    groupId: string,
    leaving: readonly LeavingMember[],
  ): Promise<{ errorCode: ErrorCode; members: readonly ErrorCode[] }> {
    const refusal = this.refusalOfMember(groupId)
    if (refusal !== ErrorCode.NONE) return { errorCode: refusal, members: [] }
    const live = this.live.get(groupId)
    if (live === undefined)
      return { errorCode: ErrorCode.NONE, members: leaving.map(() => ErrorCode.UNKNOWN_MEMBER_ID) }
    const decision = leave(live.group, leaving, this.limits, this.nowMs())
    return orError(
      this.live.carryOut(live, decision).then(members => ({ errorCode: ErrorCode.NONE, members })),
      errorCode => ({ errorCode, members: [] }),
    )
  }

  /** Answers once the offsets are durable. */
  async commit(groupId: string, committer: Committer, offsets: readonly OffsetToCommit[]): Promise<ErrorCode> {
    const refusal = this.live.refusal(groupId)
    if (refusal !== ErrorCode.NONE) return refusal
    const known = this.live.get(groupId)
    const error = mayCommit(known?.group, committer)
    if (error !== ErrorCode.NONE || offsets.length === 0) return error
    const live = known ?? this.live.create(groupId)
    const decision = commit(live.group, committer, offsets, this.limits, this.nowMs())
    return orError(this.live.carryOut(live, decision), code =>
      code === ErrorCode.UNKNOWN_SERVER_ERROR ? ErrorCode.INVALID_COMMIT_OFFSET_SIZE : code,
    )
  }

  /** A group that does not exist has no offsets, which is no error. */
  /** Undefined while there is no `__consumer_offsets`. */
  partitionOf(groupId: string): number | undefined {
    return this.log.partitionOf(groupId)
  }

  /**
   * Commits offsets as part of a transaction, to be decided by its marker. That the partition of the group belongs to the
   * transaction is the caller's to see to. Answers once they are durable.
   */
  async commitInTransaction(
    groupId: string,
    committer: Committer,
    producer: TransactionalProducer,
    offsets: readonly OffsetToCommit[],
  ): Promise<ErrorCode> {
    const refusal = this.refusalOfMember(groupId)
    if (refusal !== ErrorCode.NONE) return refusal
    const known = this.live.get(groupId)
    const error = mayCommitInTransaction(known?.group, committer)
    if (error !== ErrorCode.NONE || offsets.length === 0) return error
    const records = offsets.map(offset => offsetCommitRecord(groupId, offset, this.nowMs()))
    try {
      await this.live.append(known ?? this.live.create(groupId), records, producer)
      return ErrorCode.NONE
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      return transactionalCommitError(error)
    }
  }

  /** NONE, or why a partition of `__consumer_offsets` can take no marker at the moment. */
  markerRefusal(partition: number): ErrorCode {
    return this.live.refusalOf(partition)
  }

  /** A marker is in a partition of `__consumer_offsets`: what the producer has committed in groups there is decided. */
  transactionEnded(partition: number, { producerId, verdict }: EndMarker): void {
    this.live.transactionEnded(partition, producerId, verdict)
  }

  offsetsOf(groupId: string): { errorCode: ErrorCode; offsets: CommittedOffsets | undefined } {
    return { errorCode: this.live.refusal(groupId), offsets: this.live.get(groupId)?.offsets }
  }

  /** `group` is undefined when there is none. */
  describe(groupId: string): { errorCode: ErrorCode; group: ClassicGroup | undefined } {
    return { errorCode: this.live.refusal(groupId), group: this.live.get(groupId)?.group }
  }

  *groups(): Iterable<ClassicGroup> {
    for (const { group } of this.live.all()) yield group
  }

  async delete(groupId: string): Promise<ErrorCode> {
    const refusal = this.live.refusal(groupId)
    if (refusal !== ErrorCode.NONE) return refusal
    const live = this.live.get(groupId)
    const error = mayDelete(live?.group)
    if (live === undefined || error !== ErrorCode.NONE) return error
    return this.appendTombstones(live, tombstonesOf(live.group, live.offsets))
  }

  /** The error of the whole request, or one per partition. */
  async deleteOffsets(
    groupId: string,
    partitions: readonly { readonly topic: string; readonly partition: number }[],
  ): Promise<{ errorCode: ErrorCode; partitions: readonly ErrorCode[] }> {
    const refusal = this.refusalOfMember(groupId)
    const live = this.live.get(groupId)
    const error = refusal === ErrorCode.NONE ? mayDeleteOffsets(live?.group) : refusal
    if (live === undefined || error !== ErrorCode.NONE) return { errorCode: error, partitions: [] }
    const errors = partitions.map(({ topic }) => mayDeleteOffsetsOf(live.group, topic))
    const tombstones = partitions
      .filter((row, index) => errors[index] === ErrorCode.NONE && live.offsets.has(row.topic, row.partition))
      .map(({ topic, partition }) => offsetTombstone(groupId, topic, partition))
    return { errorCode: await this.appendTombstones(live, tombstones), partitions: errors }
  }

  /** Forgets what groups have committed for a topic that is gone. */
  async topicDeleted(topic: TopicImage): Promise<void> {
    for (const live of [...this.live.all()]) {
      const tombstones: GroupRecord[] = []
      for (let partition = 0; partition < topic.partitionCount; partition++)
        if (live.offsets.has(topic.name, partition))
          tombstones.push(offsetTombstone(live.group.groupId, topic.name, partition))
      await this.appendTombstones(live, tombstones)
    }
  }

  private nowMs(): number {
    return this.platform.clock.nowMs()
  }

  /** Only where a group has no members may it have an empty id. */
  private refusalOfMember(groupId: string): ErrorCode {
    return groupId === '' ? ErrorCode.INVALID_GROUP_ID : this.live.refusal(groupId)
  }

  private appendTombstones(live: LiveGroup, tombstones: readonly GroupRecord[]): Promise<ErrorCode> {
    const appended = async (): Promise<ErrorCode> => {
      await this.live.append(live, tombstones)
      return ErrorCode.NONE
    }
    return orError(appended(), code => code)
  }

  private armExpiry(): void {
    this.expiryTimer?.cancel()
    this.expiryTimer = this.platform.timers.after(this.config['offsets.retention.check.interval.ms'], () => {
      this.expire()
      this.armExpiry()
    })
  }

  private expire(): void {
    const retentionMs = this.config['offsets.retention.minutes'] * MINUTE_MS
    for (const live of [...this.live.all()]) {
      if (this.live.refusal(live.group.groupId) !== ErrorCode.NONE) continue
      // What could not be appended is still there at the next turn.
      void this.appendTombstones(live, expireOffsets(live.group, live.offsets, retentionMs, this.nowMs()))
    }
  }
}

/** What the log refuses is told as an error code: UNKNOWN_SERVER_ERROR for a record that is too large, else a retriable one. */
async function orError<Answer>(answer: Promise<Answer>, errorAnswer: (code: ErrorCode) => Answer): Promise<Answer> {
  try {
    return await answer
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    const isTooLarge = error.errorCode === ErrorCode.MESSAGE_TOO_LARGE
    return errorAnswer(isTooLarge ? ErrorCode.UNKNOWN_SERVER_ERROR : ErrorCode.COORDINATOR_NOT_AVAILABLE)
  }
}
