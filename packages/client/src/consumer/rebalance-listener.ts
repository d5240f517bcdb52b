import type { TopicPartition } from '../cluster/topic-partition.ts'

/**
 * Hears of rebalances, inside `poll` only. Each call is awaited before the rebalance goes on, so that what it does is
 * done before another member gets the partitions, or before the first record of new ones is fetched. What it throws
 * comes out of `poll`. Partitions are those that change hands: with eager assignors all of them, otherwise only what goes
 * or comes, which may be none for `onPartitionsAssigned`.
 */
export interface RebalanceListener {
  /** Before the partitions are given up: the last chance to commit progress. */
  onPartitionsRevoked?(partitions: readonly TopicPartition[]): void | Promise<void>
  /** The partitions are ours; a `seek` here decides where they begin. */
  onPartitionsAssigned?(partitions: readonly TopicPartition[]): void | Promise<void>
  /** Others may have the partitions already; nothing can be committed. Without it `onPartitionsRevoked` is called. */
  onPartitionsLost?(partitions: readonly TopicPartition[]): void | Promise<void>
}
