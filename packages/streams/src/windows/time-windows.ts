import { StreamsError } from '../errors.ts'

/**
 * Windows `[start, start + size)` of a fixed size that start at each multiple of `advanceMs` since the epoch: tumbling
 * when that is the size, hopping when it is less. Immutable.
 */
export class TimeWindows {
  private constructor(
    readonly sizeMs: number,
    readonly advanceMs: number,
    /** A window takes records until stream time reaches its end plus this. */
    readonly graceMs: number,
  ) {
    if (!Number.isSafeInteger(sizeMs) || sizeMs <= 0) {
      throw new StreamsError(`a window's size is a positive number of whole milliseconds, not ${sizeMs}`)
    }
    if (!Number.isSafeInteger(advanceMs) || advanceMs <= 0 || advanceMs > sizeMs) {
      throw new StreamsError(
        `windows of ${sizeMs} ms advance by whole milliseconds, at least 1 and at most their size, not ${advanceMs}`,
      )
    }
    if (!Number.isSafeInteger(graceMs) || graceMs < 0) {
      throw new StreamsError(`a grace period is a number of whole milliseconds, at least 0, not ${graceMs}`)
    }
  }

  static ofSizeAndGrace(sizeMs: number, graceMs: number): TimeWindows {
    return new TimeWindows(sizeMs, sizeMs, graceMs)
  }

  /** A record is too late for a window as soon as a record at or after the window's end was seen. */
  static ofSizeWithNoGrace(sizeMs: number): TimeWindows {
    return new TimeWindows(sizeMs, sizeMs, 0)
  }

  advanceBy(advanceMs: number): TimeWindows {
    return new TimeWindows(this.sizeMs, advanceMs, this.graceMs)
  }

  /** The first window a record falls in; the others follow at each `advanceMs` up to the timestamp. Never negative. */
  firstStartMs(timestampMs: number): number {
    const earliest = Math.max(0, timestampMs - this.sizeMs + this.advanceMs)
    return earliest - (earliest % this.advanceMs)
  }
}
