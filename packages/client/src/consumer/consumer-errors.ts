import { MillraceError } from '@millrace/protocol'
import { nameOfPartition, type TopicPartition } from '../cluster/topic-partition.ts'

/** A second `poll` while one is still waiting. */
export class ConcurrentPollError extends MillraceError {
  readonly code = 'CONCURRENT_POLL'
  constructor() {
    super('poll is already waiting: await it before the next, or use one loop per consumer')
  }
}

/** The group has given the partitions to others, so the offsets were not committed: some records will be read again. */
export class CommitFailedError extends MillraceError {
  readonly code = 'COMMIT_FAILED'
  constructor(
    readonly groupId: string,
    options?: ErrorOptions,
  ) {
    super(
      `offsets of group ${groupId} were not committed, its partitions belong to other members now: ` +
        'poll again to rejoin; if handling a poll takes long, raise maxPollIntervalMs or lower maxPollRecords',
      options,
    )
  }
}

/** Neither a committed offset nor a rule where to begin (`auto.offset.reset` is none). */
export class NoOffsetError extends MillraceError {
  readonly code = 'NO_OFFSET'
  constructor(readonly partitions: readonly TopicPartition[]) {
    super(`no committed offset for ${partitions.map(nameOfPartition).join(', ')}: seek, or set autoOffsetReset`)
  }
}

/** The position is not in the log any more, or not yet, and `auto.offset.reset` is none. */
export class OffsetOutOfRangeError extends MillraceError {
  readonly code = 'OFFSET_OUT_OF_RANGE'
  constructor(
    readonly partition: TopicPartition,
    readonly offset: number,
  ) {
    super(`offset ${offset} of ${nameOfPartition(partition)} is outside the log: seek, or set autoOffsetReset`)
  }
}

/**
 * The log of the new leader ends before the position, or differs from what was read since `endOffset`, and
 * `auto.offset.reset` is none.
 */
export class LogTruncationError extends MillraceError {
  readonly code = 'LOG_TRUNCATION'
  constructor(
    readonly partition: TopicPartition,
    readonly position: number,
    readonly endOffset: number,
  ) {
    super(
      `the log of ${nameOfPartition(partition)} was truncated to offset ${endOffset}, ` +
        `${position} was reached before: seek, or set autoOffsetReset`,
    )
  }
}

/** A call that does not fit what the consumer does: no subscription, no group, a partition that is not assigned. */
export class InvalidConsumerStateError extends MillraceError {
  readonly code = 'INVALID_CONSUMER_STATE'
}

/** A batch whose checksum is wrong. Going on behind it loses it: seek to do that on purpose. */
export class CorruptFetchError extends MillraceError {
  readonly code = 'CORRUPT_MESSAGE'
  constructor(
    readonly partition: TopicPartition,
    readonly offset: number,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(
      `${nameOfPartition(partition)} cannot be read at offset ${offset}, ${reason}: seek behind it to go on`,
      options,
    )
  }
}
