/** Makes the topics that an application needs for itself, and finds out about those it reads and writes. */
import { type Admin, FailedResourcesError, type TopicMetadata } from '@millrace/client'
import type { Platform } from '@millrace/platform'
import { StreamsError } from '../errors.ts'
import type { InternalTopic } from '../topology/internal-topics.ts'
import type { SubTopology } from '../topology/processor-topology.ts'
import { externalTopicsOf, partitionCountsOf, repartitionTopicsOf, taskCountOf } from './partition-counts.ts'

/** How long brokers may take to hear of a topic that was created. */
const NEW_TOPIC_LIMIT_MS = 60_000
const NEW_TOPIC_PAUSE_MS = 100

/** An internal topic exists and does not fit the topology. */
export class InternalTopicMismatchError extends StreamsError {
  override readonly code = 'INTERNAL_TOPIC_MISMATCH'
  constructor(
    readonly topic: string,
    readonly partitionCount: number,
    readonly neededCount: number,
  ) {
    super(
      `internal topic ${topic} has ${partitionCount} partitions and needs ${neededCount}: ` +
        'delete it to start over, or undo the change of the topology or its source topics',
    )
  }
}

export interface PreparedTopics {
  /** Of all topics the application reads, of its changelogs, and of those it writes that exist. */
  readonly partitionCounts: ReadonlyMap<string, number>
  /** As far as the cluster tells them. */
  readonly topicIds: ReadonlyMap<string, string>
}

/**
 * Resolves once all internal topics exist with the right number of partitions. Several instances may do it at once.
 * Rejects with MissingSourceTopicError, CopartitionError, {@link InternalTopicMismatchError}, or what the cluster says.
 */
export async function prepareTopics(
  admin: Admin,
  topology: readonly SubTopology[],
  replicationFactor: number,
  platform: Pick<Platform, 'clock' | 'timers'>,
): Promise<PreparedTopics> {
  const existing = await describeExisting(admin, topology)
  const externalCounts = new Map<string, number>()
  for (const topic of externalTopicsOf(topology)) {
    const found = existing.get(topic)
    if (found !== undefined) externalCounts.set(topic, found.partitions.length)
  }
  const counts = new Map(partitionCountsOf(topology, externalCounts))
  const needed = neededTopics(topology, counts)
  const missing = needed.filter(({ topic }) => !existing.has(topic.name))
  if (missing.length > 0) {
    await createTopics(admin, missing, replicationFactor)
    const names = missing.map(({ topic }) => topic.name)
    for (const [name, found] of await describeNew(admin, names, platform)) existing.set(name, found)
  }
  for (const { topic, partitionCount } of needed) {
    const found = existing.get(topic.name)!.partitions.length
    if (found !== partitionCount) throw new InternalTopicMismatchError(topic.name, found, partitionCount)
  }
  const topicIds = new Map<string, string>()
  for (const [name, { partitions, topicId }] of existing) {
    counts.set(name, partitions.length)
    if (topicId !== null) topicIds.set(name, topicId)
  }
  return { partitionCounts: counts, topicIds }
}

interface NeededTopic {
  readonly topic: InternalTopic
  readonly partitionCount: number
}

function neededTopics(topology: readonly SubTopology[], counts: ReadonlyMap<string, number>): NeededTopic[] {
  const repartition = repartitionTopicsOf(topology).map(topic => ({ topic, partitionCount: counts.get(topic.name)! }))
  const changelogs = topology.flatMap(subTopology =>
    [...subTopology.changelogTopics.values()].map(topic => ({
      topic,
      partitionCount: taskCountOf(subTopology, counts),
    })),
  )
  return [...repartition, ...changelogs]
}

async function describeExisting(admin: Admin, topology: readonly SubTopology[]): Promise<Map<string, TopicMetadata>> {
  const names = new Set(
    topology.flatMap(({ sourceTopics, sinkTopics, changelogTopics }) => [
      ...sourceTopics,
      ...sinkTopics,
      ...[...changelogTopics.values()].map(({ name }) => name),
    ]),
  )
  const listed = await admin.listTopics({ includeInternal: true })
  return admin.describeTopics(listed.map(({ name }) => name).filter(name => names.has(name)))
}

/** Brokers hear of a new topic a moment after it was created: those that do not know it yet are asked again. */
async function describeNew(
  admin: Admin,
  names: readonly string[],
  { clock, timers }: Pick<Platform, 'clock' | 'timers'>,
): Promise<Map<string, TopicMetadata>> {
  const deadlineMs = clock.monotonicMs() + NEW_TOPIC_LIMIT_MS
  for (;;) {
    try {
      return await admin.describeTopics(names)
    } catch (error) {
      const mayPass =
        error instanceof FailedResourcesError && [...error.failures.values()].every(({ retriable }) => retriable)
      if (!mayPass || clock.monotonicMs() > deadlineMs) throw error
      await timers.sleep(NEW_TOPIC_PAUSE_MS)
    }
  }
}

async function createTopics(admin: Admin, missing: readonly NeededTopic[], replicationFactor: number): Promise<void> {
  try {
    await admin.createTopics(
      missing.map(({ topic, partitionCount }) => ({
        name: topic.name,
        partitions: partitionCount,
        replicationFactor,
        configs: topic.config,
      })),
    )
  } catch (error) {
    // Another instance was quicker: its topics are checked like those that were there before.
    const isRace =
      error instanceof FailedResourcesError &&
      [...error.failures.values()].every(({ code }) => code === 'TOPIC_ALREADY_EXISTS')
    if (!isRace) throw error
  }
}
