/** Partitions a member has, by topic id, each with the member epoch in which it was assigned. Topics without any are left out. */
export type OwnedPartitions = ReadonlyMap<string, ReadonlyMap<number, number>>

export const NOTHING_OWNED: OwnedPartitions = new Map()

/** Partitions as requests, answers and records list them. */
export interface TopicPartitions {
  readonly topicId: string
  readonly partitions: readonly number[]
}
export interface TopicPartitionsSince extends TopicPartitions {
  /** Parallel to `partitions`; empty or null in records from before Kafka 4.2. */
  readonly assignmentEpochs: readonly number[] | null
}

export function owns(owned: OwnedPartitions, topicId: string, partition: number): boolean {
  return owned.get(topicId)?.has(partition) === true
}

/** True when any of `rows` is in `owned`. */
export function ownsAny(owned: OwnedPartitions, rows: readonly TopicPartitions[]): boolean {
  return rows.some(({ topicId, partitions }) => partitions.some(partition => owns(owned, topicId, partition)))
}

/** True when all of `rows` are in `owned`. */
export function ownsAll(owned: OwnedPartitions, rows: readonly TopicPartitions[]): boolean {
  return rows.every(({ topicId, partitions }) => partitions.every(partition => owns(owned, topicId, partition)))
}

export function sameOwned(a: OwnedPartitions, b: OwnedPartitions): boolean {
  if (a === b) return true
  if (a.size !== b.size) return false
  for (const [topicId, partitions] of a) {
    const others = b.get(topicId)
    if (others?.size !== partitions.size) return false
    for (const [partition, epoch] of partitions) if (others.get(partition) !== epoch) return false
  }
  return true
}

/** The same partitions; since when does not matter. */
export function samePartitions(a: OwnedPartitions, b: OwnedPartitions): boolean {
  if (a.size !== b.size) return false
  for (const [topicId, partitions] of a) {
    const others = b.get(topicId)
    if (others?.size !== partitions.size) return false
    for (const partition of partitions.keys()) if (!others.has(partition)) return false
  }
  return true
}

/** In ascending order within a topic. */
export function rowsOf(owned: ReadonlyMap<string, ReadonlyMap<number, number> | ReadonlySet<number>>): {
  topicId: string
  partitions: number[]
}[] {
  return [...owned].map(([topicId, partitions]) => ({ topicId, partitions: ascending(partitions.keys()) }))
}

export function rowsWithEpochs(
  owned: OwnedPartitions,
): { topicId: string; partitions: number[]; assignmentEpochs: number[] }[] {
  return [...owned].map(([topicId, epochs]) => {
    const partitions = ascending(epochs.keys())
    return { topicId, partitions, assignmentEpochs: partitions.map(partition => epochs.get(partition)!) }
  })
}

/** `unknownEpoch` stands for epochs that the rows do not have. */
export function ownedFrom(rows: readonly TopicPartitionsSince[], unknownEpoch: number): OwnedPartitions {
  return new Map(
    rows.map(({ topicId, partitions, assignmentEpochs }) => [
      topicId,
      new Map(partitions.map((partition, index) => [partition, assignmentEpochs?.[index] ?? unknownEpoch])),
    ]),
  )
}

function ascending(partitions: Iterable<number>): number[] {
  return [...partitions].sort((a, b) => a - b)
}
