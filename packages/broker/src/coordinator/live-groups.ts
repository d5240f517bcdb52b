/**
 * The groups this node coordinates, alive: loaded from `__consumer_offsets`, changed by decisions of the pure core. A
 * decision is carried out in one order: its records are appended, the group is taken over, timers are armed, and once the
 * records are durable, answers leave.
 *
 * Committed offsets change by replaying records only. Groups are replayed too, but most of a classic group's rebalance is in
 * no record, so a live decision brings the group itself; what its records would restore is the part of it that lasts.
 */
import type { Clock, Timers } from '@millrace/platform'
import { ErrorCode, type GroupRecord, KafkaError } from '@millrace/protocol'
import { emptyGroup } from '../groups/classic/classic-group.ts'
import { armClassicAfterStart, classicTimerFired } from '../groups/classic/classic-timers.ts'
import type { ConsumerGroupSurroundings } from '../groups/consumer/consumer-draft.ts'
import { armConsumerAfterStart, consumerTimerFired } from '../groups/consumer/consumer-timers.ts'
import { patternsResolved } from '../groups/consumer/pattern-subscriptions.ts'
import type { Decision, GroupTimer, Parked } from '../groups/decision.ts'
import type { Group } from '../groups/group.ts'
import { groupIdOf, isUsed, replayGroup, restoreGroup } from '../groups/group-replay.ts'
import { CommittedOffsets } from '../groups/offsets/committed-offsets.ts'
import type { TransactionVerdict } from '../log/producers/end-marker.ts'
import { NO_PRODUCER_ID, type RecordPlace } from '../log/record-place.ts'
import { isStorageFailure, type TransactionalProducer } from './coordinator-log.ts'
import type { GroupLog } from './group-log.ts'
import { GroupTimers } from './group-timers.ts'
import { ParkedRequests } from './parked-requests.ts'
import type { PatternResolver } from './pattern-resolver.ts'

/** When a timer's decision could not be appended, it is tried again after this. */
const TIMER_RETRY_MS = 1_000

const OUTSIDE_TRANSACTIONS = { producerId: NO_PRODUCER_ID }

type OffsetCommitRecord = Extract<GroupRecord, { readonly kind: 'OffsetCommit' }>

/** A group with all that belongs to it. */
export interface LiveGroup {
  group: Group
  readonly offsets: CommittedOffsets
  readonly parked: ParkedRequests
  readonly timers: GroupTimers
  /** Patterns of its members are being looked up. */
  isResolvingPatterns: boolean
}

export class LiveGroups {
  private readonly byId = new Map<string, LiveGroup>()
  /** Partitions of `__consumer_offsets` that are being replayed, and those whose replay failed. */
  private readonly loading = new Set<number>()
  private readonly broken = new Set<number>()
  /** Groups in which a producer has offsets that no marker has decided. */
  private readonly pendingByProducer = new Map<number, Set<string>>()
  private isClosed = false

  constructor(
    private readonly log: GroupLog,
    private readonly patterns: PatternResolver,
    /** What decisions about a group depend on, as it is now. */
    private readonly surroundingsOf: (groupId: string) => ConsumerGroupSurroundings,
    private readonly platform: { readonly clock: Clock; readonly timers: Timers },
    private readonly onBug: (error: unknown) => void,
  ) {}

  /** Replays every partition; the groups of one come to life when it is done. */
  async load(): Promise<void> {
    const partitionCount = this.log.topic?.partitionCount ?? 0
    for (let partition = 0; partition < partitionCount; partition++) this.loading.add(partition)
    for (let partition = 0; partition < partitionCount && !this.isClosed; partition++) {
      try {
        await this.log.load(partition, {
          record: (record, place) => this.restore(record, place),
          transactionEnded: (producerId, verdict) => this.transactionEnded(partition, producerId, verdict),
        })
      } catch (error) {
        if (this.isClosed) return // The broker stops, and has closed the log under the reader.
        this.broken.add(partition)
        // A disk that fails takes its partitions, which tell so themselves.
        if (!isStorageFailure(error)) this.onBug(error)
      }
      this.loading.delete(partition)
      if (!this.isClosed) this.start(partition)
    }
  }

  get isLoading(): boolean {
    return this.loading.size > 0
  }
  /** Why no request for the group can be served now; NONE if it can. */
  refusal(groupId: string): ErrorCode {
    return this.refusalOf(this.log.partitionOf(groupId))
  }
  /** The same for all groups of a partition of `__consumer_offsets`; undefined while there is none. */
  refusalOf(partition: number | undefined): ErrorCode {
    if (this.isClosed || partition === undefined) return ErrorCode.COORDINATOR_NOT_AVAILABLE
    if (this.loading.has(partition)) return ErrorCode.COORDINATOR_LOAD_IN_PROGRESS
    return this.broken.has(partition) ? ErrorCode.COORDINATOR_NOT_AVAILABLE : ErrorCode.NONE
  }

  get(groupId: string): LiveGroup | undefined {
    return this.byId.get(groupId)
  }
  all(): Iterable<LiveGroup> {
    return this.byId.values()
  }
  /** A group that has nothing yet. It becomes one of {@link all} with the first decision that gives it something. */
  create(groupId: string): LiveGroup {
    const live: LiveGroup = {
      group: emptyGroup(groupId, this.platform.clock.nowMs()),
      offsets: new CommittedOffsets(),
      parked: new ParkedRequests(),
      timers: new GroupTimers(this.platform.timers, timer => this.timerFired(live, timer)),
      isResolvingPatterns: false,
    }
    return live
  }

  /**
   * Carries a decision out and gives its answer. `park`: called for a request that has to wait. Rejects with
   * {@link KafkaError} when the records cannot be appended (nothing has changed then) or cannot be made durable.
   */
  async carryOut<Answer>(
    live: LiveGroup,
    decision: Decision<Answer>,
    park?: (memberId: string) => Promise<Answer>,
  ): Promise<Answer> {
    const durable = this.append(live, decision.records)
    const { answer } = decision
    const waiting = isParked(answer) ? park!(answer.parkedFor) : undefined
    this.takeOver(live, decision, durable)
    if (waiting !== undefined) return waiting
    await durable
    return answer as Answer
  }

  /** Appends and replays; resolves when the records are durable. Throws {@link KafkaError}; then nothing has changed. */
  append(
    live: LiveGroup,
    records: readonly GroupRecord[],
    producer?: TransactionalProducer,
  ): Promise<void> | undefined {
    if (records.length === 0) return undefined
    const { baseOffset, durable } = this.log.append(live.group.groupId, records, producer)
    const { producerId } = producer ?? OUTSIDE_TRANSACTIONS
    records.forEach((record, index) => {
      this.replay(live, record, { recordOffset: baseOffset + index, producerId })
    })
    this.keepIfUsed(live)
    return durable
  }

  /** A marker is in the partition: what the producer has pending in groups there is committed, or gone. */
  transactionEnded(partition: number, producerId: number, verdict: TransactionVerdict): void {
    const groupIds = this.pendingByProducer.get(producerId)
    for (const groupId of groupIds ?? []) {
      if (this.log.partitionOf(groupId) !== partition) continue
      groupIds!.delete(groupId)
      const live = this.byId.get(groupId)
      live?.offsets.endTransaction(producerId, verdict)
      if (live !== undefined) this.keepIfUsed(live)
    }
    if (groupIds?.size === 0) this.pendingByProducer.delete(producerId)
  }

  /** Answers what is parked and stops all timers. */
  close(): void {
    this.isClosed = true
    for (const { parked, timers } of this.byId.values()) {
      timers.cancelAll()
      parked.refuseAll(ErrorCode.COORDINATOR_NOT_AVAILABLE)
    }
  }

  private takeOver(live: LiveGroup, decision: Decision<unknown>, durable?: Promise<void>): void {
    live.group = decision.group
    // Records that became durable while the broker stopped: a timer that is armed now would keep the process alive.
    if (!this.isClosed) for (const change of decision.timers) live.timers.apply(change)
    this.keepIfUsed(live)
    if ((decision.patternsToResolve?.size ?? 0) > 0) this.resolvePatterns(live, decision.patternsToResolve!)
    const taken = decision.replies.map(reply => live.parked.take(reply))
    const deliver = () => {
      for (const request of taken) request.deliver()
    }
    if (durable === undefined) return deliver()
    // A record that cannot be made durable takes its partition offline, for this group too.
    durable.then(deliver, () => {
      for (const request of taken) request.refuse(ErrorCode.COORDINATOR_NOT_AVAILABLE)
    })
  }

  /**
   * A group that has nothing leaves no trace: a refused first join, or a tombstone. While it is replayed it may still get
   * what a compacted log has only further on.
   */
  private keepIfUsed(live: LiveGroup): void {
    const { groupId } = live.group
    const isReplayed = this.loading.has(this.log.partitionOf(groupId) ?? -1)
    if (isReplayed || isUsed(live.group) || !live.offsets.isEmpty) {
      this.byId.set(groupId, live)
      return
    }
    // Nobody would find them again.
    live.timers.cancelAll()
    if (this.byId.get(groupId) === live) this.byId.delete(groupId)
  }

  private replay(live: LiveGroup, record: GroupRecord, place: RecordPlace): void {
    if (record.kind === 'OffsetCommit') return this.replayOffset(live, record, place)
    live.group = replayGroup(live.group, record, this.platform.clock.nowMs())
    if (!isUsed(live.group)) live.timers.cancelAll()
  }

  private replayOffset(live: LiveGroup, { key, value }: OffsetCommitRecord, place: RecordPlace): void {
    live.offsets.replay(key, value, place)
    if (place.producerId < 0) return
    const groupIds = this.pendingByProducer.get(place.producerId)
    if (groupIds === undefined) this.pendingByProducer.set(place.producerId, new Set([key.group]))
    else groupIds.add(key.group)
  }

  private restore(record: GroupRecord, place: RecordPlace): void {
    const groupId = groupIdOf(record)
    const live = this.byId.get(groupId) ?? this.create(groupId)
    if (record.kind === 'OffsetCommit') this.replayOffset(live, record, place)
    else live.group = restoreGroup(live.group, record, this.platform.clock.nowMs())
    this.keepIfUsed(live)
  }

  private start(partition: number): void {
    for (const live of [...this.byId.values()]) {
      const { group } = live
      if (this.log.partitionOf(group.groupId) !== partition) continue
      const surroundings = this.surroundingsOf(group.groupId)
      const decision =
        group.type === 'classic'
          ? armClassicAfterStart(group, surroundings.classic, surroundings.nowMs)
          : armConsumerAfterStart(group, surroundings)
      this.takeOver(live, decision)
    }
  }

  private timerFired(live: LiveGroup, timer: GroupTimer): void {
    const { group } = live
    const surroundings = this.surroundingsOf(group.groupId)
    const decision =
      group.type === 'classic'
        ? classicTimerFired(group, timer, surroundings.classic, surroundings.nowMs)
        : consumerTimerFired(group, timer, surroundings)
    this.carryOut(live, decision).catch(error => {
      if (!(error instanceof KafkaError)) return this.onBug(error)
      if (!this.isClosed) live.timers.apply({ timer, afterMs: TIMER_RETRY_MS })
    })
  }

  /** One look-up at a time: what has come up meanwhile is asked for with the next heartbeat. */
  private resolvePatterns(live: LiveGroup, patterns: ReadonlySet<string>): void {
    if (live.isResolvingPatterns) return
    live.isResolvingPatterns = true
    const resolve = async (): Promise<void> => {
      const resolved = await this.patterns.resolve(patterns)
      const { group } = live
      if (this.isClosed || group.type !== 'consumer' || this.byId.get(group.groupId) !== live) return
      await this.carryOut(live, patternsResolved(group, resolved, this.surroundingsOf(group.groupId)))
    }
    resolve()
      .catch(error => {
        if (!(error instanceof KafkaError)) this.onBug(error)
      })
      .finally(() => {
        live.isResolvingPatterns = false
      })
  }
}

/**
 * What a client is told when the log refuses records: UNKNOWN_SERVER_ERROR for a record that is too large, else a retriable
 * error. Throws what is no {@link KafkaError}.
 */
export function logErrorCode(error: unknown): ErrorCode {
  if (!(error instanceof KafkaError)) throw error
  const isTooLarge = error.errorCode === ErrorCode.MESSAGE_TOO_LARGE
  return isTooLarge ? ErrorCode.UNKNOWN_SERVER_ERROR : ErrorCode.COORDINATOR_NOT_AVAILABLE
}

function isParked(answer: unknown): answer is Parked {
  return typeof answer === 'object' && answer !== null && 'parkedFor' in answer
}
