import { ReusableBuffers } from '../memory/reusable-buffers.ts'

/** Frames up to this size are not counted: a connection holds one of them at most. */
export const UNCOUNTED_FRAME_BYTES = 64 * 1024

/**
 * One budget for the large frames of all connections (`queued.max.request.bytes`). A frame is counted from its first
 * byte until its request is answered; when the budget is spent, connections stop reading until it is not.
 */
export class ReceiveMemory {
  private readonly buffers = new ReusableBuffers()
  private usedBytes = 0
  private readonly waiting: (() => void)[] = []

  constructor(private readonly maxBytes: number) {}

  /** For a frame that is not all in one piece. */
  allocate(frameBytes: number): Buffer {
    return this.buffers.take(frameBytes)
  }
  /** Later frames may overwrite this one: nobody looks at it any more. */
  reuse(frame: Buffer): void {
    this.buffers.giveBack(frame)
  }

  /** False when the budget is spent. As in Kafka the last frame may overdraw it, so that any frame fits some time. */
  reserve(frameBytes: number): boolean {
    if (frameBytes <= UNCOUNTED_FRAME_BYTES) return true
    if (this.usedBytes >= this.maxBytes) return false
    this.usedBytes += frameBytes
    return true
  }
  release(frameBytes: number): void {
    if (frameBytes <= UNCOUNTED_FRAME_BYTES) return
    this.usedBytes -= frameBytes
    if (this.usedBytes >= this.maxBytes || this.waiting.length === 0) return
    const retries = this.waiting.splice(0)
    queueMicrotask(() => {
      for (const retry of retries) retry()
    })
  }
  /** Calls `retry` once, after (never within) the next release, to try again. One call per connection that waits. */
  whenReleased(retry: () => void): void {
    this.waiting.push(retry)
  }
}
