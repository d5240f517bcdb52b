/**
 * How many partitions the topics of an application need. A repartition topic gets the greatest count of the topics that
 * feed it unless it was given one; topics that are joined must have equally many, and those that the application makes
 * itself adopt the count of the others. Source: Kafka Streams' `RepartitionTopics`, `CopartitionedTopicsEnforcer`.
 */
import { StreamsError } from '../errors.ts'
import type { InternalTopic } from '../topology/internal-topics.ts'
import type { SubTopology } from '../topology/processor-topology.ts'

/** The application reads a topic that does not exist. */
export class MissingSourceTopicError extends StreamsError {
  override readonly code = 'MISSING_SOURCE_TOPIC'
  constructor(readonly topics: readonly string[]) {
    super(`source topics that do not exist: ${topics.join(', ')}`)
  }
}

/** Topics that must have equally many partitions do not. */
export class CopartitionError extends StreamsError {
  override readonly code = 'NOT_COPARTITIONED'
  constructor(readonly partitionCounts: ReadonlyMap<string, number>) {
    const counts = [...partitionCounts].map(([topic, count]) => `${topic} (${count})`).join(', ')
    super(`topics that are joined have different numbers of partitions: ${counts}`)
  }
}

/** Topics that the application reads and does not make. */
export function externalTopicsOf(topology: readonly SubTopology[]): string[] {
  const internal = new Set(repartitionTopicsOf(topology).map(({ name }) => name))
  return topology.flatMap(({ sourceTopics }) => sourceTopics).filter(topic => !internal.has(topic))
}

export function repartitionTopicsOf(topology: readonly SubTopology[]): InternalTopic[] {
  return topology.flatMap(({ repartitionTopics }) => repartitionTopics)
}

/** Tasks of a sub-topology: one for each partition of its widest source topic. */
export function taskCountOf(subTopology: SubTopology, partitionCounts: ReadonlyMap<string, number>): number {
  return Math.max(...subTopology.sourceTopics.map(topic => partitionCounts.get(topic) ?? 0))
}

/**
 * The counts of all topics that the topology reads.
 * @param externalCounts the counts of topics that exist; throws a {@link MissingSourceTopicError} for those that do not
 */
export function partitionCountsOf(
  topology: readonly SubTopology[],
  externalCounts: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  const missing = externalTopicsOf(topology).filter(topic => !externalCounts.has(topic))
  if (missing.length > 0) throw new MissingSourceTopicError(missing)
  const counts = new Map<string, number>()
  for (const topic of externalTopicsOf(topology)) counts.set(topic, externalCounts.get(topic)!)
  const unknown = new Set<string>()
  for (const { name, partitionCount } of repartitionTopicsOf(topology)) {
    if (partitionCount === undefined) unknown.add(name)
    else counts.set(name, partitionCount)
  }
  const feeders = feedersOf(topology)
  while (unknown.size > 0) {
    const before = unknown.size
    for (const topic of unknown) {
      const sources = feeders.get(topic) ?? []
      if (sources.length === 0 || !sources.every(source => counts.has(source))) continue
      counts.set(topic, Math.max(...sources.map(source => counts.get(source)!)))
      unknown.delete(topic)
    }
    if (unknown.size === before)
      throw new StreamsError(`repartition topics that nothing feeds: ${[...unknown].join(', ')}`)
  }
  equalize(topology, counts)
  return counts
}

/** For each topic that a sub-topology writes, the topics that the same sub-topology reads. */
function feedersOf(topology: readonly SubTopology[]): Map<string, string[]> {
  const feeders = new Map<string, string[]>()
  for (const { sinkTopics, sourceTopics } of topology) {
    for (const topic of sinkTopics) feeders.set(topic, [...(feeders.get(topic) ?? []), ...sourceTopics])
  }
  return feeders
}

function equalize(topology: readonly SubTopology[], counts: Map<string, number>): void {
  const adaptable = new Set<string>()
  for (const { name, partitionCount } of repartitionTopicsOf(topology)) {
    if (partitionCount === undefined) adaptable.add(name)
  }
  for (const group of topology.flatMap(({ copartitionGroups }) => copartitionGroups)) {
    const fixed = group.filter(topic => !adaptable.has(topic))
    const deciding = fixed.length > 0 ? fixed : group
    const count = Math.max(...deciding.map(topic => counts.get(topic)!))
    if (fixed.some(topic => counts.get(topic) !== count)) {
      throw new CopartitionError(new Map(fixed.map(topic => [topic, counts.get(topic)!])))
    }
    for (const topic of group) counts.set(topic, count)
  }
}
