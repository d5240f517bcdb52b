import type { TopicPartition } from '../cluster/topic-partition.ts'
import type { OffsetToCommit } from './group/group-offsets.ts'
import type { Stall } from './progress-watchdog.ts'

/** Calls that a consumer makes beside its polls. What they throw is an uncaught exception. */
export interface ConsumerEvents {
  /** Every commit, automatic ones included, in the order in which they took effect; `error` if one did not. */
  readonly onCommit?: ((offsets: readonly OffsetToCommit[], error: Error | undefined) => void) | undefined
  /** Everything up to `offset`, where the log ends, was returned by polls. Again whenever a new end is reached. */
  readonly onEndOfPartition?: ((at: TopicPartition, offset: number) => void) | undefined
  /** Nothing has come of a partition for `stall.timeout.ms` although there is something; again after as long. */
  readonly onStall?: ((stall: Stall) => void) | undefined
}

/** The names of {@link ConsumerEvents}. */
export const CONSUMER_EVENTS: readonly string[] = [
  'onCommit',
  'onEndOfPartition',
  'onStall',
] satisfies (keyof ConsumerEvents)[]
