/**
 * The groups of this broker: what members ask is in {@link GroupMembers}, here are their offsets, and what administrators ask.
 * Error codes stand for everything a client can be told; a rejection is a bug.
 */
import type { Clock, Random, Timer, Timers } from '@millrace/platform'
import { ErrorCode, type GroupRecord, KafkaError } from '@millrace/protocol'
import type { BrokerConfig } from '../config/broker-config.ts'
import type { ConsumerGroupSurroundings } from '../groups/consumer/consumer-draft.ts'
import { mayFetchOffsets } from '../groups/consumer/consumer-offsets.ts'
import { mayDelete, mayDeleteOffsets, mayDeleteOffsetsOf, tombstonesOf } from '../groups/delete-group.ts'
import type { Group } from '../groups/group.ts'
import type { CommittedOffsets } from '../groups/offsets/committed-offsets.ts'
import type { Committer, OffsetCommitter, OffsetToCommit } from '../groups/offsets/committer.ts'
import { commit, mayCommit, offsetCommitRecord, offsetTombstone } from '../groups/offsets/offset-commit.ts'
import { expireOffsets } from '../groups/offsets/offset-expiration.ts'
import { mayCommitInTransaction, transactionalCommitError } from '../groups/offsets/transactional-commit.ts'
import type { EndMarker } from '../log/producers/end-marker.ts'
import { ConfigResource } from '../metadata/config-resource.ts'
import type { MetadataImage, TopicImage } from '../metadata/metadata-image.ts'
import type { TransactionalProducer } from './coordinator-log.ts'
import type { GroupLog } from './group-log.ts'
import { GroupMembers } from './group-members.ts'
import { classicLimits, consumerGroupRules } from './group-rules.ts'
import { type LiveGroup, LiveGroups, logErrorCode } from './live-groups.ts'
import { PatternResolver } from './pattern-resolver.ts'

const MINUTE_MS = 60_000

export interface CoordinatorPlatform {
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
}

export class GroupCoordinator {
  /** What members ask. */
  readonly members: GroupMembers
  private readonly live: LiveGroups
  private expiryTimer: Timer | undefined

  /** `image`: the topics there are, and the settings of groups, at any time. */
  constructor(
    private readonly log: GroupLog,
    private readonly config: BrokerConfig,
    private readonly image: () => MetadataImage,
    private readonly platform: CoordinatorPlatform,
    onBug: (error: unknown) => void,
  ) {
    const surroundingsOf = (groupId: string) => this.surroundingsOf(groupId)
    this.live = new LiveGroups(log, new PatternResolver(image, platform), surroundingsOf, platform, onBug)
    this.members = new GroupMembers(this.live, surroundingsOf, platform.random)
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

  /** Answers once the offsets are durable. */
  async commit(groupId: string, committer: OffsetCommitter, offsets: readonly OffsetToCommit[]): Promise<ErrorCode> {
    const refusal = this.live.refusal(groupId)
    if (refusal !== ErrorCode.NONE) return refusal
    const known = this.live.get(groupId)
    const error = mayCommit(known?.group, committer, offsets)
    if (error !== ErrorCode.NONE || offsets.length === 0) return error
    const live = known ?? this.live.create(groupId)
    try {
      return await this.live.carryOut(
        live,
        commit(live.group, committer, offsets, classicLimits(this.config), this.nowMs()),
      )
    } catch (failure) {
      const code = logErrorCode(failure)
      return code === ErrorCode.UNKNOWN_SERVER_ERROR ? ErrorCode.INVALID_COMMIT_OFFSET_SIZE : code
    }
  }

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
    const error = mayCommitInTransaction(known?.group, committer, offsets)
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

  /** A group that does not exist has no offsets, which is no error. `memberId`: null for an administrator. */
  offsetsOf(
    groupId: string,
    memberId: string | null,
    memberEpoch: number,
  ): { errorCode: ErrorCode; offsets: CommittedOffsets | undefined } {
    const refusal = this.live.refusal(groupId)
    const live = this.live.get(groupId)
    if (refusal !== ErrorCode.NONE || live === undefined) return { errorCode: refusal, offsets: undefined }
    const { group, offsets } = live
    const error = group.type === 'consumer' ? mayFetchOffsets(group, memberId, memberEpoch) : ErrorCode.NONE
    return { errorCode: error, offsets }
  }

  /** `group` is undefined when there is none. */
  describe(groupId: string): { errorCode: ErrorCode; group: Group | undefined } {
    return { errorCode: this.live.refusal(groupId), group: this.live.get(groupId)?.group }
  }

  *groups(): Iterable<Group> {
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

  private async appendTombstones(live: LiveGroup, tombstones: readonly GroupRecord[]): Promise<ErrorCode> {
    try {
      await this.live.append(live, tombstones)
      return ErrorCode.NONE
    } catch (error) {
      return logErrorCode(error)
    }
  }

  private surroundingsOf(groupId: string): ConsumerGroupSurroundings {
    const topics = this.image()
    const rules = consumerGroupRules(this.config, topics.configsOf(ConfigResource.group, groupId))
    return { rules, classic: classicLimits(this.config), topics, nowMs: this.nowMs() }
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
