import { StreamsError } from '../errors.ts'

const MS_PER_DAY = 86_400_000

/**
 * Which records of two streams belong together: the right one's timestamp is in `[left − before, left + after]`. One of
 * the two may be negative, so that only earlier or only later records match. Immutable.
 */
export class JoinWindows {
  private constructor(
    readonly beforeMs: number,
    readonly afterMs: number,
    /** How long after its window a record without a partner still waits for a late one. */
    readonly graceMs: number,
    /** A left or outer join does not wait: a record without a partner has its result at once, and again with each partner. */
    readonly unmatchedAtOnce: boolean,
  ) {
    for (const [what, spanMs] of [
      ['before', beforeMs],
      ['after', afterMs],
      ['grace', graceMs],
    ] as const) {
      if (!Number.isSafeInteger(spanMs)) {
        throw new StreamsError(`a join window's ${what} is a number of whole milliseconds, not ${spanMs}`)
      }
    }
    if (beforeMs + afterMs < 0) {
      throw new StreamsError(`a join window from ${-beforeMs} to ${afterMs} ms ends before it starts`)
    }
    if (graceMs < 0) throw new StreamsError(`a grace period is at least 0 ms, not ${graceMs}`)
  }

  /** Timestamps at most `differenceMs` apart, in both directions. */
  static ofTimeDifferenceAndGrace(differenceMs: number, graceMs: number): JoinWindows {
    if (!(differenceMs >= 0)) throw new StreamsError(`a time difference is at least 0 ms, not ${differenceMs}`)
    return new JoinWindows(differenceMs, differenceMs, graceMs, false)
  }

  /**
   * Joins as they were before KIP-633, which ksqlDB still has where no grace period is given: unmatched records come at
   * once, and late ones are welcome for a day less the window.
   */
  static ofTimeDifferenceUnmatchedAtOnce(differenceMs: number): JoinWindows {
    const { beforeMs, afterMs, sizeMs } = JoinWindows.ofTimeDifferenceWithNoGrace(differenceMs)
    return new JoinWindows(beforeMs, afterMs, Math.max(0, MS_PER_DAY - sizeMs), true)
  }

  static ofTimeDifferenceWithNoGrace(differenceMs: number): JoinWindows {
    return JoinWindows.ofTimeDifferenceAndGrace(differenceMs, 0)
  }

  before(beforeMs: number): JoinWindows {
    return new JoinWindows(beforeMs, this.afterMs, this.graceMs, this.unmatchedAtOnce)
  }

  after(afterMs: number): JoinWindows {
    return new JoinWindows(this.beforeMs, afterMs, this.graceMs, this.unmatchedAtOnce)
  }

  get sizeMs(): number {
    return this.beforeMs + this.afterMs
  }

  /**
   * How long a record may still meet a partner. Kafka Streams takes size and grace; that is too short where the window ends
   * at the record or does not reach it, since a store no longer shows what is as old as its retention.
   */
  get retentionMs(): number {
    return Math.max(this.sizeMs, this.beforeMs + 1, this.afterMs + 1) + this.graceMs
  }
}
