/**
 * Cuts a byte stream into frames (`int32 size` ‖ body). Pure: chunks in, bodies out. A frame that lies inside one chunk
 * is a view of it; one that spans chunks gets a buffer of its size as soon as the size is known, so no byte is copied
 * more than once.
 */
import { MillraceError } from '@millrace/protocol'

const SIZE_BYTES = 4

export class FrameTooLargeError extends MillraceError {
  readonly code = 'FRAME_TOO_LARGE'
  constructor(
    readonly sizeBytes: number,
    readonly maxBytes: number,
  ) {
    super(`frame of ${sizeBytes} bytes, at most ${maxBytes} are accepted: is this a Kafka broker?`)
  }
}

export class FrameSplitter {
  /** Bytes of a size that was cut by a chunk's end. */
  private readonly size = Buffer.alloc(SIZE_BYTES)
  private sizeBytes = 0
  /** The frame that spans chunks, null between frames. */
  private frame: Buffer | null = null
  private frameBytes = 0

  constructor(private readonly maxFrameBytes: number) {}

  /** Calls `onFrame` for each frame that `chunk` completes, in order. Throws {@link FrameTooLargeError}. */
  push(chunk: Buffer, onFrame: (frame: Buffer) => void): void {
    let at = 0
    while (at < chunk.length) {
      if (this.frame !== null) {
        const taken = chunk.copy(this.frame, this.frameBytes, at)
        at += taken
        this.frameBytes += taken
        if (this.frameBytes === this.frame.length) {
          const { frame } = this
          this.frame = null
          onFrame(frame)
        }
        continue
      }
      let size: number
      if (this.sizeBytes === 0 && chunk.length - at >= SIZE_BYTES) {
        size = chunk.readInt32BE(at)
        at += SIZE_BYTES
      } else {
        const taken = chunk.copy(this.size, this.sizeBytes, at)
        at += taken
        this.sizeBytes += taken
        if (this.sizeBytes < SIZE_BYTES) return
        this.sizeBytes = 0
        size = this.size.readInt32BE(0)
      }
      if (size < 0 || size > this.maxFrameBytes) throw new FrameTooLargeError(size, this.maxFrameBytes)
      if (chunk.length - at >= size) {
        onFrame(chunk.subarray(at, at + size))
        at += size
      } else {
        this.frame = Buffer.allocUnsafe(size)
        this.frameBytes = 0
      }
    }
  }
}
