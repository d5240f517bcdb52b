/**
 * Where fetches wait for `fetch.min.bytes`. A waiting fetch hangs on the partitions it wants: an advance of one's high
 * watermark looks at that partition alone.
 */
import type { Timers } from '@millrace/platform'
import type { IsolationLevel, PartitionLog } from '../log/partition-log.ts'

export interface AwaitedPartition {
  readonly log: PartitionLog
  readonly offset: number
  /** Bytes beyond what the fetch would take from this partition do not count. */
  readonly maxBytes: number
}

export interface AwaitedBytes {
  readonly partitions: readonly AwaitedPartition[]
  readonly minBytes: number
  readonly maxWaitMs: number
  readonly isolation: IsolationLevel
}

export class FetchPurgatory {
  private readonly waiting = new Set<() => void>()

  constructor(private readonly timers: Timers) {}

  /** How many fetches wait. */
  get size(): number {
    return this.waiting.size
  }

  /** Resolves when `minBytes` are there, when the time is over, or when a partition has gone: it is time to read again. */
  wait({ partitions, minBytes, maxWaitMs, isolation }: AwaitedBytes): Promise<void> {
    return new Promise(resolve => {
      const available = partitions.map(() => 0)
      const watermarks = partitions.map(({ log }) => log.highWatermark)
      let totalBytes = 0
      const stops: (() => void)[] = []
      const finish = () => {
        if (!this.waiting.delete(finish)) return
        timer.cancel()
        for (const stop of stops) stop()
        resolve()
      }
      const look = (index: number) => {
        const { log, offset, maxBytes } = partitions[index]!
        const bytes = Math.min(log.readableBytes(offset, isolation), maxBytes)
        totalBytes += bytes - available[index]!
        available[index] = bytes
        if (totalBytes >= minBytes) finish()
      }
      this.waiting.add(finish)
      const timer = this.timers.after(maxWaitMs, finish)
      for (let index = 0; index < partitions.length && this.waiting.has(finish); index++) {
        const { log } = partitions[index]!
        const onAdvance = () => {
          // Told without an advance: the log was closed or deleted, or is offline. The read will say so.
          if (log.highWatermark === watermarks[index]) return finish()
          watermarks[index] = log.highWatermark
          look(index)
        }
        stops.push(log.onHighWatermarkAdvance(onAdvance))
        look(index)
      }
      // Completed while it was still being hung up.
      if (!this.waiting.has(finish)) for (const stop of stops) stop()
    })
  }

  /** Ends every wait, as at shutdown. */
  completeAll(): void {
    for (const finish of [...this.waiting]) finish()
  }
}
