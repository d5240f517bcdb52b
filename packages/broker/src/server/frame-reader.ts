import { MillraceError } from '@millrace/protocol'
import type { ReceiveMemory } from './receive-memory.ts'

const SIZE_BYTES = 4

export class FrameSizeError extends MillraceError {
  readonly code = 'FRAME_SIZE'
  constructor(
    readonly frameBytes: number,
    readonly maxFrameBytes: number,
  ) {
    super(`frame of ${frameBytes} bytes, allowed are 0 to ${maxFrameBytes}`)
  }
}

/**
 * Cuts a byte stream into frames (`int32 size`, then as many bytes). The size is checked before anything is allocated
 * for it. A frame inside one chunk is a view of it; one that spans chunks gets a buffer of its size, once.
 */
export class FrameReader {
  private readonly chunks: Buffer[] = []
  /** Read position in the first chunk. */
  private position = 0
  private readonly sizeField = Buffer.alloc(SIZE_BYTES)
  private sizeFieldFilled = 0
  /** Size of the frame being received, −1 while its size field is. */
  private frameBytes = -1
  private target: Buffer | undefined
  private targetFilled = 0
  private isReserved = false

  constructor(
    private readonly maxFrameBytes: number,
    private readonly memory: ReceiveMemory,
  ) {}

  push(chunk: Buffer): void {
    if (chunk.length > 0) this.chunks.push(chunk)
  }

  /**
   * The next frame without its size, `'incomplete'` until more is pushed, or `'no-memory'`: ask again after
   * {@link ReceiveMemory.whenReleased}. Whoever takes a frame releases its memory. Throws {@link FrameSizeError}.
   */
  next(): Buffer | 'incomplete' | 'no-memory' {
    if (this.frameBytes < 0 && !this.readSize()) return 'incomplete'
    if (!this.isReserved && !this.memory.reserve(this.frameBytes)) return 'no-memory'
    this.isReserved = true
    const frame = this.target === undefined ? this.takeView() : undefined
    return frame ?? this.fillTarget()
  }

  /** Gives back what a frame that will never be complete had reserved. */
  discard(): void {
    if (this.isReserved) this.memory.release(this.frameBytes)
    this.isReserved = false
    this.target = undefined
    this.chunks.length = 0
  }

  private readSize(): boolean {
    while (this.sizeFieldFilled < SIZE_BYTES) {
      const chunk = this.chunks[0]
      if (chunk === undefined) return false
      const count = Math.min(SIZE_BYTES - this.sizeFieldFilled, chunk.length - this.position)
      chunk.copy(this.sizeField, this.sizeFieldFilled, this.position, this.position + count)
      this.sizeFieldFilled += count
      this.consume(count)
    }
    const size = this.sizeField.readInt32BE()
    if (size < 0 || size > this.maxFrameBytes) throw new FrameSizeError(size, this.maxFrameBytes)
    this.frameBytes = size
    return true
  }

  private takeView(): Buffer | undefined {
    const chunk = this.chunks[0]
    const end = this.position + this.frameBytes
    if (chunk === undefined || end > chunk.length) return undefined
    const view = chunk.subarray(this.position, end)
    this.consume(this.frameBytes)
    return this.complete(view)
  }

  private fillTarget(): Buffer | 'incomplete' {
    this.target ??= this.memory.allocate(this.frameBytes)
    while (this.targetFilled < this.frameBytes) {
      const chunk = this.chunks[0]
      if (chunk === undefined) return 'incomplete'
      const count = Math.min(this.frameBytes - this.targetFilled, chunk.length - this.position)
      chunk.copy(this.target, this.targetFilled, this.position, this.position + count)
      this.targetFilled += count
      this.consume(count)
    }
    return this.complete(this.target)
  }

  private complete(frame: Buffer): Buffer {
    this.sizeFieldFilled = 0
    this.frameBytes = -1
    this.target = undefined
    this.targetFilled = 0
    this.isReserved = false
    return frame
  }
  private consume(count: number): void {
    this.position += count
    if (this.position < this.chunks[0]!.length) return
    this.chunks.shift()
    this.position = 0
  }
}
