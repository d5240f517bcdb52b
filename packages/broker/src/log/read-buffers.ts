/** Memory kept for the next reads, of all logs together. */
const MAX_FREE_BYTES = 16 * 1024 * 1024
/** Smaller reads cost less than keeping account of them. */
const SMALLEST_BYTES = 32 * 1024
/** A consumer's default for one partition; larger reads are rare and get memory of their own. */
const LARGEST_BYTES = 1024 * 1024

/**
 * Memory for reads of logs, used again and again: a fresh megabyte for each read costs page faults and full collections, more
 * than the copying. Whoever has taken a buffer may give it back once nobody looks at it any more; what is not given back
 * is collected as any other memory.
 */
export class ReadBuffers {
  /** By size, a power of two. */
  private readonly free = new Map<number, Buffer[]>()
  private freeBytes = 0
  /** Of this class, and not given back yet. */
  private readonly lent = new WeakSet<Buffer>()

  /** At least `length` bytes of unknown content. */
  take(length: number): Buffer {
    if (length < SMALLEST_BYTES || length > LARGEST_BYTES) return Buffer.allocUnsafeSlow(length)
    const sizeInBytes = 2 ** Math.ceil(Math.log2(length))
    let buffer = this.free.get(sizeInBytes)?.pop()
    if (buffer === undefined) buffer = Buffer.allocUnsafeSlow(sizeInBytes)
    else this.freeBytes -= sizeInBytes
    this.lent.add(buffer)
    return buffer
  }

  /** What {@link take} gave, not a view of it. Does nothing the second time. */
  giveBack(buffer: Buffer): void {
    if (!this.lent.delete(buffer) || this.freeBytes + buffer.length > MAX_FREE_BYTES) return
    this.freeBytes += buffer.length
    const free = this.free.get(buffer.length)
    if (free === undefined) this.free.set(buffer.length, [buffer])
    else free.push(buffer)
  }
}
