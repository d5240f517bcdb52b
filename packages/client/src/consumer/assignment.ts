/** The partitions of a consumer, whether the application or the group has chosen them. */
import type { Clock } from '@millrace/platform'
import { nameOfPartition, type TopicPartition, TopicPartitionMap } from '../cluster/topic-partition.ts'
import { AssignedPartition } from './assigned-partition.ts'
import { InvalidConsumerStateError } from './consumer-errors.ts'

export class Assignment {
  private map = new TopicPartitionMap<AssignedPartition>()

  constructor(
    private readonly readsCommitted: boolean,
    private readonly clock: Clock,
  ) {}

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
    const nowMs = this.clock.monotonicMs()
    const keepOrMake = ({ topic, partition }: TopicPartition) =>
      before.get(topic, partition) ?? new AssignedPartition(topic, partition, this.readsCommitted, nowMs)
    this.map = TopicPartitionMap.from(partitions.map(at => [at, keepOrMake(at)]))
  }
  remove(partitions: readonly TopicPartition[]): void {
    for (const { topic, partition } of partitions) this.map.delete(topic, partition)
  }
}
