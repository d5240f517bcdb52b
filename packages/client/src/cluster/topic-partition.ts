export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** A map by topic and partition. Iterates topics in the order of their first entry. */
export class TopicPartitionMap<V> {
  private readonly topics = new Map<string, Map<number, V>>()

  static from<V>(entries: Iterable<readonly [TopicPartition, V]>): TopicPartitionMap<V> {
    const map = new TopicPartitionMap<V>()
    for (const [{ topic, partition }, value] of entries) map.set(topic, partition, value)
    return map
  }

  get size(): number {
    let size = 0
    for (const partitions of this.topics.values()) size += partitions.size
    return size
  }
  get(topic: string, partition: number): V | undefined {
    return this.topics.get(topic)?.get(partition)
  }
  has(topic: string, partition: number): boolean {
    return this.topics.get(topic)?.has(partition) === true
  }
  set(topic: string, partition: number, value: V): void {
    const partitions = this.topics.get(topic)
    if (partitions === undefined) this.topics.set(topic, new Map([[partition, value]]))
    else partitions.set(partition, value)
  }
  delete(topic: string, partition: number): boolean {
    const partitions = this.topics.get(topic)
    if (partitions?.delete(partition) !== true) return false
    if (partitions.size === 0) this.topics.delete(topic)
    return true
  }
  clear(): void {
    this.topics.clear()
  }

  *values(): Generator<V, void, undefined> {
    for (const partitions of this.topics.values()) yield* partitions.values()
  }
  *keys(): Generator<TopicPartition, void, undefined> {
    for (const [topic, partitions] of this.topics) for (const partition of partitions.keys()) yield { topic, partition }
  }
  *[Symbol.iterator](): Generator<[TopicPartition, V], void, undefined> {
    for (const [topic, partitions] of this.topics)
      for (const [partition, value] of partitions) yield [{ topic, partition }, value]
  }
  /** Per topic, as most requests list partitions. */
  byTopic(): Iterable<[topic: string, partitions: ReadonlyMap<number, V>]> {
    return this.topics
  }
}

export function nameOfPartition({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}

/** What of `partitions` is not in `others`. */
export function without(partitions: readonly TopicPartition[], others: readonly TopicPartition[]): TopicPartition[] {
  const excluded = TopicPartitionMap.from(others.map(at => [at, true]))
  return partitions.filter(({ topic, partition }) => !excluded.has(topic, partition))
}
