/** Everything a running application holds: its directory, its clients, its thread. Opened and closed as one. */
import { Admin, Consumer, type ConsumerOptions, Producer, type ProducerOptions } from '@millrace/client'
import { type Platform, randomUuid } from '@millrace/platform'
import type { StateEngines } from '../state/engine/state-engine.ts'
import type { TaskSettings } from '../task/task.ts'
import { type SubTopology, subTopologies } from '../topology/processor-topology.ts'
import type { Topology } from '../topology/topology.ts'
import { ChangelogRestorer } from './changelog-restorer.ts'
import { type PreparedTopics, prepareTopics } from './internal-topic-manager.ts'
import type { Logger } from './logger.ts'
import { repartitionTopicsOf } from './partition-counts.ts'
import { ProducerCollector, type ProductionExceptionHandler } from './producer-collector.ts'
import { RepartitionPurger } from './repartition-purger.ts'
import { StateCleaner } from './state-cleaner.ts'
import { StateDirectory } from './state-directory.ts'
import type { StateRestoreListener } from './state-restore-listener.ts'
import { StreamThread } from './stream-thread.ts'
import { streamsAssignor } from './streams-assignor.ts'
import type { StreamsSettings } from './streams-config.ts'
import { TaskLifecycle } from './task-lifecycle.ts'
import { TaskOpener } from './task-opener.ts'

/** Kafka Streams' own choices for its clients. */
const PRODUCER_LINGER_MS = 100
const MAX_POLL_RECORDS = 1_000
/** Restoring a record costs less than processing one. */
const MAX_RESTORE_POLL_RECORDS = 4_000

export interface StreamsInstanceOptions {
  readonly topology: Topology
  readonly settings: StreamsSettings
  readonly taskSettings: TaskSettings
  readonly platform: Platform
  readonly engines: StateEngines
  readonly logger: Logger
  readonly restoreListener: StateRestoreListener
  readonly consumer: Partial<ConsumerOptions>
  readonly producer: Partial<ProducerOptions>
  readonly topic: Readonly<Record<string, string>>
  readonly productionExceptionHandler: ProductionExceptionHandler
  onRebalance(): void
  onReady(): void
  onFailure(): void
}

export class StreamsInstance {
  /** What is open, in the order it was opened. */
  readonly #held: Closable[]

  private constructor(
    readonly thread: StreamThread,
    held: Closable[],
  ) {
    this.#held = held
  }

  /** Makes the internal topics on the way. Holds nothing when it rejects. */
  static async open(options: StreamsInstanceOptions): Promise<StreamsInstance> {
    const held: Closable[] = []
    try {
      return new StreamsInstance(await openThread(options, held), held)
    } catch (error) {
      await closeAll(held)
      throw error
    }
  }

  /** Runs until the thread is stopped or fails, and closes everything. Rejects with what the thread failed with. */
  async run(): Promise<void> {
    try {
      await this.thread.run()
    } finally {
      await closeAll(this.#held)
    }
  }
}

interface Closable {
  close(): void | Promise<void>
}

/** The last one first. A failure to close does not keep the others open. */
async function closeAll(held: Closable[]): Promise<void> {
  for (let closable = held.pop(); closable !== undefined; closable = held.pop()) {
    await Promise.resolve(closable.close()).catch(() => {}) // What failed before is what the caller hears of.
  }
}

async function openThread(options: StreamsInstanceOptions, held: Closable[]): Promise<StreamThread> {
  const { settings, platform, topology, logger } = options
  const { applicationId } = settings
  const topicSettings = {
    topicConfig: options.topic,
    windowStoreAdditionalRetentionMs: settings.windowstoreChangelogAdditionalRetentionMs,
  }
  const parts = subTopologies(topology.graph, applicationId, topicSettings)
  const hold = <C extends Closable>(closable: C): C => {
    held.push(closable)
    return closable
  }
  const directory = hasPersistentStore(parts)
    ? hold(await StateDirectory.open(platform, settings.stateDir, applicationId))
    : undefined
  const clientId = settings.clientId || `${applicationId}-${directory?.processId ?? randomUuid(platform.random)}`
  const threadName = `${clientId}-StreamThread-1`
  const { bootstrapServers } = settings
  const admin = hold(new Admin({ bootstrapServers, clientId: `${clientId}-admin`, platform }))
  const producer = hold(
    new Producer({
      bootstrapServers,
      lingerMs: PRODUCER_LINGER_MS,
      ...options.producer,
      clientId: `${threadName}-producer`,
      platform,
    }),
  )
  const topics = await prepareTopics(admin, parts, settings.replicationFactor, platform)
  const partitionCounts = await withSinkTopics(producer, parts, topics)
  const collector = new ProducerCollector(producer, partitionCounts, options.productionExceptionHandler)
  const restoreConsumer = hold(
    new Consumer({
      bootstrapServers,
      autoOffsetReset: 'none',
      maxPollRecords: MAX_RESTORE_POLL_RECORDS,
      allowAutoCreateTopics: false,
      clientId: `${threadName}-restore-consumer`,
      platform,
    }),
  )
  const consumer = hold(
    new Consumer({
      bootstrapServers,
      autoOffsetReset: 'earliest',
      maxPollRecords: MAX_POLL_RECORDS,
      ...options.consumer,
      clientId: `${threadName}-consumer`,
      groupId: applicationId,
      enableAutoCommit: false,
      allowAutoCreateTopics: false,
      assignors: [streamsAssignor(parts)],
      platform,
    }),
  )
  const restorer = new ChangelogRestorer({
    consumer: restoreConsumer,
    listener: options.restoreListener,
    logger,
    bufferBytes: settings.stateBufferMaxBytes,
    nowMs: () => platform.clock.nowMs(),
  })
  const opener = new TaskOpener({
    applicationId,
    platform,
    subTopologies: parts,
    collector,
    settings: options.taskSettings,
    engines: options.engines,
    directory,
    topicIds: topics.topicIds,
  })
  const tasks = new TaskLifecycle({
    clock: platform.clock,
    logger,
    opener,
    restorer,
    restoreConsumer,
    readCacheBytes: settings.stateReadCacheMaxBytes,
  })
  const { clock } = platform
  const purger = new RepartitionPurger({
    admin,
    clock,
    logger,
    intervalMs: settings.repartitionPurgeIntervalMs,
    topics: new Set(repartitionTopicsOf(parts).map(({ name }) => name)),
  })
  const cleaner = new StateCleaner({ clock, logger, opener, delayMs: settings.stateCleanupDelayMs })
  const { onRebalance, onReady, onFailure } = options
  return new StreamThread({
    clock,
    logger,
    settings,
    subTopologies: parts,
    consumer,
    collector,
    tasks,
    purger,
    cleaner,
    partitionCounts: topics.partitionCounts,
    onRebalance,
    onReady,
    onFailure,
  })
}

function hasPersistentStore(parts: readonly SubTopology[]): boolean {
  return parts.some(({ stores }) => stores.some(({ supplier }) => supplier.persistent))
}

/** Topics that are only written may be made by asking for them, where the brokers allow that. */
async function withSinkTopics(
  producer: Producer,
  parts: readonly SubTopology[],
  { partitionCounts }: PreparedTopics,
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map(partitionCounts)
  for (const topic of parts.flatMap(({ sinkTopics }) => sinkTopics)) {
    if (!counts.has(topic)) counts.set(topic, (await producer.partitionsFor(topic)).length)
  }
  return counts
}
