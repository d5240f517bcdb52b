/** What a consumer has and does: its assignment, the turns of `poll`, and the parts that work for it. */
import type { Platform } from '@millrace/platform'
import { MillraceError } from '@millrace/protocol'
import { Cluster } from '../cluster/cluster.ts'
import { lookUpOffsets, type OffsetSpec } from '../cluster/offset-lookup.ts'
import { nameOfPartition, type TopicPartition, type TopicPartitionMap } from '../cluster/topic-partition.ts'
import type { ClientSurroundings } from '../config/client-options.ts'
import { type TimeLimit, withTimeLimit } from '../connection/time-limit.ts'
import { ClosedError, TimeoutError } from '../errors/client-errors.ts'
import type { AssignedPartition } from './assigned-partition.ts'
import { Assignment } from './assignment.ts'
import type { ConsumerSettings } from './consumer-config.ts'
import { ConcurrentPollError, InvalidConsumerStateError, NoOffsetError } from './consumer-errors.ts'
import type { ConsumerEvents } from './consumer-events.ts'
import type { FetchedBatch } from './consumer-record.ts'
import { Fetcher } from './fetcher.ts'
import type { Assignor } from './group/assignors/assignor.ts'
import { type ConsumerGroup, consumerGroup } from './group/consumer-group.ts'
import { type CommittedOffset, fetchOffsets, type GroupIdentity, type OffsetToCommit } from './group/group-offsets.ts'
import { Latch } from './latch.ts'
import type { OffsetReset } from './offset-reset.ts'
import { PatternSubscription } from './pattern-subscription.ts'
import { PositionFinder } from './position-finder.ts'
import { PositionValidator } from './position-validator.ts'
import { ProgressWatchdog } from './progress-watchdog.ts'
import type { RebalanceListener } from './rebalance-listener.ts'
import { SubscriptionPattern } from './subscription-pattern.ts'

/** A consumer that always has data at hand must still let heartbeats and sockets have their turn. */
const LONGEST_TURN_MS = 10

export interface PollOptions {
  readonly maxWaitMs: number
  readonly signal?: AbortSignal | undefined
}

export class ConsumerEngine {
  readonly cluster: Cluster
  private readonly fetcher: Fetcher
  private readonly positions: PositionFinder
  /** Undefined for a consumer without a group. */
  private readonly group: ConsumerGroup | undefined
  private readonly news: Latch
  private readonly assigned: Assignment
  private readonly validator: PositionValidator
  private readonly watchdog: ProgressWatchdog
  private isSubscribed = false
  /** Undefined for a subscription by name, and for one that the coordinator matches. */
  private pattern: PatternSubscription | undefined
  private polling: Promise<unknown> | undefined
  /** Stopping: no more polls, but what a listener does to end its work is still possible. */
  private state: 'open' | 'stopping' | 'closed' = 'open'
  private readonly platform: Platform
  private turnBeganMs: number
  private failure: Error | undefined

  constructor(
    private readonly settings: ConsumerSettings,
    assignors: readonly Assignor[],
    surroundings: ClientSurroundings,
    private readonly events: ConsumerEvents,
  ) {
    const { platform } = surroundings
    const { clock, timers } = platform
    this.platform = platform
    this.cluster = new Cluster(settings, settings.allowAutoCreateTopics, surroundings)
    this.news = new Latch(timers)
    const onNews = () => this.news.notify()
    const onSearched = (failure: Error | undefined) => {
      this.failure ??= failure
      onNews()
    }
    this.assigned = new Assignment(settings.isolationLevel === 'read_committed', clock)
    this.fetcher = new Fetcher(this.cluster, settings, () => this.assigned.values(), onNews)
    this.positions = new PositionFinder(this.cluster, settings, onSearched)
    this.validator = new PositionValidator(this.cluster, settings, onSearched)
    this.watchdog = new ProgressWatchdog(
      platform,
      settings.stallTimeoutMs,
      () => this.assigned.values(),
      stall => {
        this.cluster.telemetry.stalled(stall, stall.sinceMs, stall.lag)
        events.onStall?.(stall)
      },
    )
    const { cluster, assigned } = this
    const isSubscribed = () => this.isSubscribed
    if (settings.groupId !== '') {
      const { onCommit } = events
      this.group = consumerGroup({ cluster, settings, assignors, assigned, onCommit, isSubscribed, onNews })
    }
    this.cluster.onMetadata = failure => {
      if (failure instanceof MillraceError && !failure.retriable) this.failure = failure
      this.matchPattern()
      this.group?.membership.metadataChanged()
      onNews()
    }
    this.turnBeganMs = clock.monotonicMs()
  }

  get assignment(): TopicPartition[] {
    return this.assigned.all
  }
  get groupIdentity(): GroupIdentity {
    return this.requireGroup().membership.identity
  }

  subscribe(wanted: readonly string[] | RegExp | SubscriptionPattern, listener: RebalanceListener): void {
    this.requireOpen()
    const { membership, host } = this.requireGroup()
    if (Array.isArray(wanted) && wanted.length === 0)
      throw new InvalidConsumerStateError('name at least one topic, or call unsubscribe()')
    if (!this.isSubscribed && this.assigned.size > 0)
      throw new InvalidConsumerStateError('partitions are assigned by hand: call unsubscribe() before subscribe()')
    if (wanted instanceof SubscriptionPattern) {
      membership.subscribe({ serverPattern: wanted.pattern })
      this.cluster.useOnlyTopics([])
    } else if (!(wanted instanceof RegExp)) {
      this.cluster.useOnlyTopics(wanted)
      membership.subscribe({ topics: wanted })
    }
    const { excludeInternalTopics } = this.settings
    this.pattern =
      wanted instanceof RegExp ? new PatternSubscription(this.cluster, wanted, excludeInternalTopics) : undefined
    this.isSubscribed = true
    host.listener = listener
    this.matchPattern()
  }

  /** Topics may have come or gone. */
  private matchPattern(): void {
    if (this.pattern?.isReady === true) this.group?.membership.subscribe({ topics: this.pattern.topics })
  }

  assign(partitions: readonly TopicPartition[]): void {
    this.requireOpen()
    if (this.isSubscribed)
      throw new InvalidConsumerStateError('the consumer is subscribed: call unsubscribe() before assign()')
    // Of those that go nothing is known afterwards.
    void this.group?.committer.commitFinally()
    this.assigned.set(partitions)
    this.cluster.useOnlyTopics(new Set(partitions.map(({ topic }) => topic)))
    this.news.notify()
  }

  async unsubscribe(limit: TimeLimit): Promise<void> {
    if (this.isSubscribed) await this.group?.membership.leaveGroup('the application unsubscribed', limit)
    this.isSubscribed = false
    this.pattern = undefined
    this.assigned.set([])
    this.cluster.useOnlyTopics([])
  }

  /** With `keepPositions` the caller moves positions itself, by {@link consumed}, as it hands records out. */
  async poll(options: PollOptions, keepPositions = false): Promise<FetchedBatch[]> {
    this.requirePollable()
    if (this.polling !== undefined) throw new ConcurrentPollError()
    const polling = this.takeTurns(options, keepPositions)
    this.polling = polling
    try {
      return await polling
    } finally {
      this.polling = undefined
    }
  }

  private async takeTurns({ maxWaitMs, signal }: PollOptions, keepPositions: boolean): Promise<FetchedBatch[]> {
    const { clock } = this.platform
    const deadlineMs = clock.monotonicMs() + maxWaitMs
    this.group?.membership.pollBegan()
    this.watchdog.start()
    try {
      await this.endLongTurn()
      this.group?.committer.commitAutomatically()
      for (;;) {
        this.requirePollable()
        this.throwFailure()
        // A pattern joins once it is known what it matches.
        if (this.isSubscribed && this.pattern?.isReady !== false) await this.group!.membership.advance()
        this.requirePollable()
        const batches = this.fetcher.collect()
        if (!keepPositions) for (const batch of batches) this.consumed(batch, batch.nextOffset, this.epochOf(batch))
        const retryMs = Math.min(
          this.fetcher.sendFetches(),
          this.positions.find(this.assigned.values()),
          this.validator.validate(this.fetcher.unvalidated),
        )
        this.keepMetadata()
        this.announceEnds()
        if (batches.length > 0) return batches
        const leftMs = deadlineMs - clock.monotonicMs()
        if (leftMs <= 0) return []
        await this.news.wait(Math.min(leftMs, retryMs), signal)
        this.turnBeganMs = clock.monotonicMs()
      }
    } finally {
      if (this.state === 'open') this.group?.membership.pollEnded()
    }
  }

  private async endLongTurn(): Promise<void> {
    const { clock, timers } = this.platform
    if (clock.monotonicMs() - this.turnBeganMs < LONGEST_TURN_MS) return
    await new Promise<void>(resolve => timers.soon(resolve))
    this.turnBeganMs = clock.monotonicMs()
  }

  private announceEnds(): void {
    const { onEndOfPartition } = this.events
    if (onEndOfPartition === undefined) return
    for (const assigned of this.assigned.values()) {
      const { topic, partition, position, end } = assigned
      if (position === null || end === null || position < end || position === assigned.announcedEnd) continue
      assigned.announcedEnd = position
      onEndOfPartition({ topic, partition }, position)
    }
  }

  private throwFailure(): void {
    const { failure } = this
    this.failure = undefined
    if (failure !== undefined) throw failure
  }

  private keepMetadata(): void {
    const lacks = this.fetcher.lacksLeaders || this.group?.membership.lacksTopics === true
    if (!lacks) this.cluster.learned()
    if (lacks || this.cluster.isMetadataOld) this.cluster.learn()
  }

  /** Records up to `nextOffset` have been handed out. False after a seek: then they do not count. */
  consumed(batch: FetchedBatch, nextOffset: number, epoch: number | undefined): boolean {
    const assigned = this.assigned.get(batch)
    if (assigned === undefined || assigned.epoch !== epoch) return false
    assigned.position = nextOffset
    assigned.positionLeaderEpoch = batch.leaderEpoch
    return true
  }
  /** The loop was left while it had the record at `offset`: it comes again, unless it was committed. */
  unread(at: TopicPartition, offset: number, epoch: number | undefined): void {
    const assigned = this.assigned.get(at)
    if (assigned !== undefined && assigned.epoch === epoch && assigned.committed !== assigned.position)
      assigned.position = offset
  }
  epochOf(at: TopicPartition): number | undefined {
    return this.assigned.get(at)?.epoch
  }
  /** What was taken and not handed out will come again. */
  giveBack(at: TopicPartition): void {
    this.assigned.get(at)?.rewind()
  }

  // Positions

  seek(at: TopicPartition, offset: number): void {
    if (!Number.isSafeInteger(offset) || offset < 0)
      throw new InvalidConsumerStateError(`cannot seek to offset ${offset} of ${nameOfPartition(at)}`)
    this.require(at).seek(offset)
    this.news.notify()
  }
  reset(partitions: readonly TopicPartition[] | undefined, reset: OffsetReset): void {
    for (const at of partitions ?? this.assignment) this.require(at).resetTo(reset)
    this.news.notify()
  }
  setPaused(partitions: readonly TopicPartition[], isPaused: boolean): void {
    for (const at of partitions) this.require(at).isPaused = isPaused
    this.news.notify()
  }
  get paused(): TopicPartition[] {
    return this.assignment.filter(at => this.assigned.require(at).isPaused)
  }

  async position(at: TopicPartition, limit: TimeLimit): Promise<number> {
    const assigned = this.require(at)
    if (assigned.position === null)
      await this.cluster.retrying(`finding the position of ${nameOfPartition(at)}`, limit, remaining =>
        this.positions.lookUp([assigned], remaining),
      )
    if (assigned.position === null) throw new NoOffsetError([at])
    return assigned.position
  }
  lag(at: TopicPartition): number | null {
    return this.require(at).lag
  }

  // Offsets of the group

  async commit(offsets: readonly OffsetToCommit[] | undefined, limit: TimeLimit): Promise<void> {
    this.requireOpen()
    const { committer } = this.requireGroup()
    await committer.commit(offsets ?? committer.uncommitted, limit)
  }

  async committed(
    partitions: readonly TopicPartition[],
    limit: TimeLimit,
  ): Promise<TopicPartitionMap<CommittedOffset>> {
    this.requireOpen()
    this.requireGroup()
    return fetchOffsets(this.cluster, this.settings.groupId, partitions, true, limit)
  }

  async lookUp(specs: TopicPartitionMap<OffsetSpec>, limit: TimeLimit) {
    this.requireOpen()
    return lookUpOffsets(this.cluster, specs, this.settings.isolationLevel, limit)
  }

  requestRebalance(): void {
    this.requireGroup().membership.requestRejoin()
  }

  async close(limit: TimeLimit): Promise<void> {
    if (this.state !== 'open') return
    this.state = 'stopping'
    this.news.notify()
    const timedOut = new TimeoutError('closing the consumer', limit.timeoutMs)
    try {
      await withTimeLimit(this.platform.timers, this.shutDown(limit), limit, () => timedOut)
    } catch (error) {
      if (error !== timedOut) throw error
    } finally {
      this.state = 'closed'
      this.watchdog.stop()
      this.cluster.close()
    }
  }

  private async shutDown(limit: TimeLimit): Promise<void> {
    if (this.polling !== undefined && this.group?.host.isInListener !== true) await ignoreFailure(this.polling)
    await this.group?.membership.close(limit)
    await this.group?.committer.settled()
  }

  private require(at: TopicPartition): AssignedPartition {
    this.requireOpen()
    return this.assigned.require(at)
  }
  private requireGroup() {
    if (this.group === undefined)
      throw new InvalidConsumerStateError('the consumer belongs to no group: set groupId, or use assign()')
    return this.group
  }
  private requireOpen(): void {
    if (this.state === 'closed') throw new ClosedError('consumer')
  }
  private requirePollable(): void {
    if (this.state !== 'open') throw new ClosedError('consumer')
  }
}

async function ignoreFailure(promise: Promise<unknown>): Promise<void> {
  await promise.then(
    () => {},
    () => {},
  )
}
