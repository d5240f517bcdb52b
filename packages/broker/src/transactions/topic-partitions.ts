/** Partitions by topic. A value: it is never changed, and no topic in it is without partitions. */
export type TopicPartitions = ReadonlyMap<string, ReadonlySet<number>>

export const NO_PARTITIONS: TopicPartitions = new Map()

export function onePartition(topic: string, partition: number): TopicPartitions {
  return new Map([[topic, new Set([partition])]])
}

/** `rows` may name a topic several times. */
export function partitionsOf(
  rows: Iterable<{ readonly topic: string; readonly partitions: Iterable<number> }>,
): TopicPartitions {
  const partitions = new Map<string, Set<number>>()
  for (const row of rows) {
    const known = partitions.get(row.topic) ?? new Set()
    for (const partition of row.partitions) known.add(partition)
    if (known.size > 0) partitions.set(row.topic, known)
  }
  return partitions
}

export function unionOf(left: TopicPartitions, right: TopicPartitions): TopicPartitions {
  const union = new Map(left)
  for (const [topic, partitions] of right) union.set(topic, new Set([...(left.get(topic) ?? []), ...partitions]))
  return union
}

export function containsAll(all: TopicPartitions, some: TopicPartitions): boolean {
  for (const [topic, partitions] of some)
    for (const partition of partitions) if (all.get(topic)?.has(partition) !== true) return false
  return true
}
