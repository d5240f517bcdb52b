/**
 * Runs the tasks that the group gives it, turn by turn: poll, restore, process a slice, punctuate, commit, persist, in
 * Kafka Streams' order. It is an object driven by its own loop, so that a simulation can run several on one event loop.
 */
import { CommitFailedError, type Consumer, type FetchedBatch, type TopicPartition } from '@millrace/client'
import type { Clock } from '@millrace/platform'
import { MillraceError } from '@millrace/protocol'
import type { StateStore } from '../state/state-store.ts'
import type { SubTopology } from '../topology/processor-topology.ts'
import type { ActiveTask } from './active-task.ts'
import type { Logger } from './logger.ts'
import type { ProducerCollector } from './producer-collector.ts'
import type { RepartitionPurger } from './repartition-purger.ts'
import { NewPartitionsError } from './runtime-errors.ts'
import { SliceSize } from './slice-size.ts'
import type { StateCleaner } from './state-cleaner.ts'
import { StatePersister } from './state-persister.ts'
import type { StreamsSettings } from './streams-config.ts'
import type { TaskPlan } from './task-assignment.ts'
import type { TaskLifecycle } from './task-lifecycle.ts'

export interface StreamThreadOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly settings: StreamsSettings
  readonly subTopologies: readonly SubTopology[]
  readonly consumer: Consumer
  readonly collector: ProducerCollector
  readonly tasks: TaskLifecycle
  readonly purger: RepartitionPurger
  readonly cleaner: StateCleaner
  /** Of what the application reads, when it was started. */
  readonly partitionCounts: ReadonlyMap<string, number>
  /** Tasks were taken or given: until `onReady` not all of them run. */
  onRebalance(): void
  onReady(): void
  /** The thread is about to close everything and to reject. */
  onFailure(): void
}

export class StreamThread {
  readonly #options: StreamThreadOptions
  readonly #tasks: TaskLifecycle
  readonly #subTopologyOf: ReadonlyMap<string, SubTopology>
  readonly #slice = new SliceSize()
  readonly #persister: StatePersister
  #nextCommitMs: number
  /** Since when commits fail in a way that may pass. */
  #commitFailingSinceMs: number | undefined
  #isBusy = false
  #isStopping = false
  #hasFailed = false
  #recordsConsumed = 0
  #recordsProcessed = 0

  constructor(options: StreamThreadOptions) {
    this.#options = options
    this.#tasks = options.tasks
    const { clock, settings, subTopologies } = options
    this.#subTopologyOf = new Map(
      subTopologies.flatMap(subTopology => subTopology.sourceTopics.map(topic => [topic, subTopology] as const)),
    )
    this.#persister = new StatePersister({
      clock,
      intervalMs: settings.statePersistIntervalMs,
      bufferBytes: settings.stateBufferMaxBytes,
    })
    this.#nextCommitMs = clock.monotonicMs() + settings.commitIntervalMs
  }

  /** Runs until `stop`, then commits, persists and leaves the group. Rejects with what made it fail; then it does neither. */
  async run(): Promise<void> {
    const { consumer } = this.#options
    try {
      consumer.subscribe([...this.#subTopologyOf.keys()], {
        onPartitionsAssigned: partitions => this.#assigned(partitions),
        onPartitionsRevoked: () => this.#revoked(),
        onPartitionsLost: () => this.#lost(),
      })
      while (!this.#isStopping) await this.#turn()
      await consumer.close() // Revokes, and so commits, what there is.
      await this.#persister.settle()
      await this.#tasks.close()
    } catch (error) {
      this.#hasFailed = true
      this.#options.onFailure()
      await Promise.allSettled([consumer.close(), this.#tasks.drop()])
      throw error
    }
  }

  /** The turn that is under way is the last. */
  stop(): void {
    this.#isStopping = true
  }

  /** The store of each task that runs here. */
  storesNamed(storeName: string): StateStore[] {
    const stores: StateStore[] = []
    for (const task of this.#running()) {
      const store = task.stores.get(storeName)
      if (store !== undefined) stores.push(store)
    }
    return stores
  }

  /** Records that polls returned. */
  get recordsConsumed(): number {
    return this.#recordsConsumed
  }

  get recordsProcessed(): number {
    return this.#recordsProcessed
  }

  /** The metric `dropped-records-total` of the tasks that are here. */
  get recordsDropped(): number {
    let dropped = 0
    for (const { task } of this.#tasks.active) for (const count of task.droppedRecords.values()) dropped += count
    return dropped
  }

  async #turn(): Promise<void> {
    const { consumer, collector, settings } = this.#options
    const isRestoring = this.#tasks.isRestoring
    const batches = await consumer.poll({ maxWaitMs: this.#isBusy || isRestoring ? 0 : settings.pollMs })
    for (const batch of batches) this.#take(batch)
    if (this.#tasks.isRestoring) await this.#restore()
    const processed = this.#processSlice()
    if (processed === 0) await this.#tellEnds()
    const punctuated = this.#punctuate()
    this.#isBusy = processed + punctuated > 0
    if (collector.isFull) await collector.drain()
    else collector.throwFailure()
    if (this.#isCommitDue()) await this.#commit()
    await this.#persister.turn(this.#running())
    await this.#options.cleaner.turn(taskId => this.#tasks.owns(taskId))
  }

  #running(): ActiveTask[] {
    return [...this.#tasks.active].filter(task => task.isRunning)
  }

  #take({ topic, partition, records, nextOffset, highWatermark }: FetchedBatch): void {
    const { consumer, settings } = this.#options
    const { task } = this.#taskOf({ topic, partition })
    this.#recordsConsumed += records.length
    const waiting = task.addRecords({ topic, records, nextOffset, highWatermark })
    if (waiting > settings.bufferedRecordsPerPartition) consumer.pause([{ topic, partition }])
  }

  #taskOf({ topic, partition }: TopicPartition): ActiveTask {
    return this.#tasks.get(`${this.#subTopologyOf.get(topic)!.id}_${partition}`)!
  }

  async #restore(): Promise<void> {
    const { consumer, settings } = this.#options
    for (const { plan } of await this.#tasks.turn(this.#isBusy ? 0 : settings.pollMs)) {
      consumer.resume(partitionsOf(plan))
    }
    this.#tellIfReady()
  }

  #processSlice(): number {
    const { clock } = this.#options
    const startMs = clock.monotonicMs()
    let processed = 0
    for (const task of this.#running()) {
      if (task.task.bufferedRecords() === 0) continue
      const count = task.task.process(this.#slice.records)
      processed += count
      if (count > 0) this.#resumeDrained(task)
    }
    this.#slice.took(processed, clock.monotonicMs() - startMs)
    this.#recordsProcessed += processed
    return processed
  }

  #resumeDrained({ plan, task }: ActiveTask): void {
    const { consumer, settings } = this.#options
    const drained = partitionsOf(plan).filter(
      ({ topic }) => task.bufferedRecords(topic) <= settings.bufferedRecordsPerPartition,
    )
    if (drained.length > 0) consumer.resume(drained)
  }

  /** A task that waits for an empty input has to know when there is nothing to wait for. */
  async #tellEnds(): Promise<void> {
    const { consumer } = this.#options
    for (const { plan, task } of this.#running()) {
      if (plan.topics.length < 2 || task.bufferedRecords() === 0) continue
      for (const at of partitionsOf(plan)) {
        const lag = task.bufferedRecords(at.topic) === 0 ? consumer.lag(at) : null
        if (lag === null) continue
        const nextOffset = await consumer.position(at)
        task.addRecords({ topic: at.topic, records: [], nextOffset, highWatermark: nextOffset + lag })
      }
    }
  }

  #punctuate(): number {
    let punctuated = 0
    for (const { task } of this.#running()) punctuated += task.punctuateStreamTime() + task.punctuateWallClock()
    return punctuated
  }

  #isCommitDue(): boolean {
    const { clock, settings } = this.#options
    if (clock.monotonicMs() >= this.#nextCommitMs) return true
    let openBytes = 0
    for (const { state, task, isRunning } of this.#tasks.active) {
      if (isRunning && task.commitRequested) return true
      openBytes += state.openBytes
    }
    return openBytes > settings.stateBufferMaxBytes
  }

  /** Commits all running tasks. What may pass is tried again with the next turn, for `task.timeout.ms`. */
  async #commit(): Promise<void> {
    const { clock, settings, logger } = this.#options
    try {
      await this.#commitTasks()
      this.#commitFailingSinceMs = undefined
      this.#nextCommitMs = clock.monotonicMs() + settings.commitIntervalMs
    } catch (error) {
      if (error instanceof CommitFailedError) {
        logger.warn('the group has given the partitions to others; the next poll joins it again')
        return
      }
      if (!(error instanceof MillraceError && error.retriable)) throw error
      this.#commitFailingSinceMs ??= clock.monotonicMs()
      if (clock.monotonicMs() - this.#commitFailingSinceMs > settings.taskTimeoutMs) throw error
      logger.warn(`a commit failed and is tried again: ${error.message}`)
    }
  }

  /** Everything that was sent is acknowledged before the positions are committed, and they before the state is promoted. */
  async #commitTasks(): Promise<void> {
    const { consumer, collector, purger } = this.#options
    const tasks = this.#running()
    const offsets = tasks.flatMap(task => [...task.prepareCommit()])
    await collector.flush()
    if (offsets.length > 0) await consumer.commit(offsets)
    for (const task of tasks) task.committed()
    purger.turn(tasks.flatMap(({ committedInputs }) => committedInputs))
  }

  async #assigned(partitions: readonly TopicPartition[]): Promise<void> {
    const { consumer } = this.#options
    const tasks = await this.#tasks.assigned(this.#plansOf(partitions))
    const committed = await consumer.committed(partitions)
    for (const { plan, task, isRunning } of tasks) {
      for (const at of partitionsOf(plan)) {
        const offset = committed.get(at.topic, at.partition)
        if (offset !== undefined) task.resumeFrom(at.topic, offset.metadata)
        else if (this.#startsAtEnd(at.topic)) consumer.seekToEnd([at])
      }
      if (!isRunning) consumer.pause(partitionsOf(plan))
    }
    this.#tellIfReady()
  }

  async #revoked(): Promise<void> {
    this.#options.onRebalance()
    if (this.#hasFailed) return
    try {
      await this.#commitTasks()
    } catch (error) {
      if (!(error instanceof MillraceError && (error instanceof CommitFailedError || error.retriable))) throw error
      this.#options.logger.warn(`a last commit before the partitions are given up failed: ${error.message}`)
      await this.#tasks.drop()
      return
    }
    this.#tasks.suspend()
  }

  async #lost(): Promise<void> {
    this.#options.onRebalance()
    await this.#tasks.drop()
  }

  #tellIfReady(): void {
    if (!this.#tasks.isRestoring) this.#options.onReady()
  }

  #plansOf(partitions: readonly TopicPartition[]): TaskPlan[] {
    const plans = new Map<string, { subTopology: SubTopology; partition: number; topics: string[] }>()
    for (const { topic, partition } of partitions) {
      const subTopology = this.#subTopologyOf.get(topic)!
      const count = this.#options.partitionCounts.get(topic)!
      if (partition >= count && subTopology.stores.length > 0) throw new NewPartitionsError(topic, count)
      const taskId = `${subTopology.id}_${partition}`
      const plan = plans.get(taskId)
      if (plan === undefined) plans.set(taskId, { subTopology, partition, topics: [topic] })
      else plan.topics.push(topic)
    }
    return [...plans].map(([taskId, { subTopology, partition, topics }]) => ({
      taskId,
      subTopologyId: subTopology.id,
      partition,
      topics,
    }))
  }

  #startsAtEnd(topic: string): boolean {
    return this.#subTopologyOf
      .get(topic)!
      .nodes.some(node => node.kind === 'source' && node.topics.includes(topic) && node.autoOffsetReset === 'latest')
  }
}

function partitionsOf({ topics, partition }: TaskPlan): TopicPartition[] {
  return topics.map(topic => ({ topic, partition }))
}
