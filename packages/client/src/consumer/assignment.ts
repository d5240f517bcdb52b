/** The partitions of a consumer, whether the application or the group has chosen them. */
import { nameOfPartition, type TopicPartition, TopicPartitionMap } from '../cluster/topic-partition.ts'
import { AssignedPartition } from './assigned-partition.ts'
import { InvalidConsumerStateError } from './consumer-errors.ts'

export class Assignment {
  private map = new TopicPartitionMap<AssignedPartition>()

  get size(): number {
    return this.map.size
  }
  get all(): TopicPartition[] {
    return [...this.map.keys()]
  }
  values(): Iterable<AssignedPartition> {
    return this.map.values()
  }
  get({ topic, partition }: TopicPartition): AssignedPartition | undefined {
    return this.map.get(topic, partition)
  }
  /** Throws {@link InvalidConsumerStateError} for a partition of somebody else. */
  require({ topic, partition }: TopicPartition): AssignedPartition {
    const assigned = this.map.get(topic, partition)
    if (assigned !== undefined) return assigned
    throw new InvalidConsumerStateError(`${nameOfPartition({ topic, partition })} is not assigned to this consumer`)
  }

  /** Those that stay keep their position and what was fetched ahead. */
  set(partitions: readonly TopicPartition[]): void {
    const before = this.map
    this.map = TopicPartitionMap.from(
      partitions.map(at => [at, before.get(at.topic, at.partition) ?? new AssignedPartition(at.topic, at.partition)]),
    )
  }
  remove(partitions: readonly TopicPartition[]): void {
    for (const { topic, partition } of partitions) this.map.delete(topic, partition)
  }
}
