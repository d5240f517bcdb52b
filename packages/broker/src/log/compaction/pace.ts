import type { Clock, Timers } from '@millrace/platform'
import type { RecordBatch } from '@millrace/protocol'

/** What is done between two turns of the event loop, in bytes of plain records walked over: about a millisecond. */
const SLICE_COST = 256 * 1024
/** What a record costs beyond its bytes, and a compressed byte that is inflated, and one that is deflated again. */
const RECORD_COST = 96
const COMPRESSED_BYTE_COST = 16
const RECOMPRESSED_BYTE_COST = 128
/** Pauses shorter than this are saved up. */
const MIN_PAUSE_MS = 20

/**
 * Cuts long work into slices, so that produces and fetches get their turn, and holds it to a rate. Counts work instead of
 * time: a simulation then takes the same steps every time. The smallest slice is one batch.
 */
export class Pace {
  private cost = 0
  private transferredBytes = 0
  private readonly startedMs: number

  constructor(
    private readonly clock: Clock,
    private readonly timers: Timers,
    /** Read and written. */
    private readonly maxBytesPerSecond: number,
  ) {
    this.startedMs = clock.monotonicMs()
  }

  /** The records of a batch were looked at. */
  read(batch: RecordBatch): void {
    const byteCost = batch.compression === 'none' ? 1 : COMPRESSED_BYTE_COST
    this.cost += batch.recordCount * RECORD_COST + batch.sizeInBytes * byteCost
    this.transferredBytes += batch.sizeInBytes
  }

  wrote(batch: RecordBatch, wasRebuilt: boolean): void {
    this.cost += batch.sizeInBytes * (wasRebuilt && batch.compression !== 'none' ? RECOMPRESSED_BYTE_COST : 1)
    this.transferredBytes += batch.sizeInBytes
  }

  get isSliceOver(): boolean {
    return this.cost >= SLICE_COST
  }

  /** Resolves when the next slice may begin. */
  async nextSlice(): Promise<void> {
    this.cost = 0
    const dueMs = (this.transferredBytes / this.maxBytesPerSecond) * 1_000
    const aheadMs = dueMs - (this.clock.monotonicMs() - this.startedMs)
    if (aheadMs >= MIN_PAUSE_MS) await this.timers.sleep(aheadMs)
    else await new Promise<void>(resolve => this.timers.soon(resolve))
  }
}
