import { FileError, type Timer, type Timers } from '@millrace/platform'
import type { Segment } from './segment/segment.ts'

/** Removes segments that are no longer part of their log, after a delay in which reads under way come to an end. */
export class SegmentDisposal {
  private readonly timers = new Map<Timer, readonly Segment[]>()

  constructor(private readonly clockwork: Timers) {}

  /** The segments are retired. A crash, or a stop before the delay is over, leaves their files to the next start. */
  dispose(segments: readonly Segment[], delayMs: number): void {
    if (segments.length === 0) return
    const timer = this.clockwork.after(delayMs, () => {
      this.timers.delete(timer)
      for (const segment of segments) removeFiles(segment)
    })
    this.timers.set(timer, segments)
  }

  stop(): void {
    for (const [timer, segments] of this.timers) {
      timer.cancel()
      for (const segment of segments) segment.close()
    }
    this.timers.clear()
  }
}

function removeFiles(segment: Segment): void {
  try {
    segment.remove()
  } catch (error) {
    // The next start finds them by their names.
    if (!(error instanceof FileError)) throw error
  }
}
