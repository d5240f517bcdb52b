/** Memory kept for later. */
const MAX_FREE_BYTES = 16 * 1024 * 1024
/** Smaller ones cost less than keeping account of them. */
const SMALLEST_BYTES = 32 * 1024
/** A consumer's default for one partition, a producer's for one request, and what is around it. Larger ones are rare. */
const LARGEST_BYTES = 2 * 1024 * 1024

/**
 * Memory for what comes from files and sockets, used again and again: fresh memory for each read and each request costs page
 * faults and full collections, more than the copying. Whoever has taken a buffer may give it back once nobody looks at it
 * any more; what is not given back is collected as any other memory.
 */
export class ReusableBuffers {
  /** By size, a power of two. */
  private readonly free = new Map<number, Buffer[]>()
  private freeBytes = 0
  /** What was taken and not given back yet → the whole of it. */
  private readonly lent = new WeakMap<Buffer, Buffer>()

  /** `length` bytes of unknown content. */
  take(length: number): Buffer {
    if (length < SMALLEST_BYTES || length > LARGEST_BYTES) return Buffer.allocUnsafeSlow(length)
    const sizeInBytes = 2 ** Math.ceil(Math.log2(length))
    let whole = this.free.get(sizeInBytes)?.pop()
    if (whole === undefined) whole = Buffer.allocUnsafeSlow(sizeInBytes)
    else this.freeBytes -= sizeInBytes
    const buffer = whole.subarray(0, length)
    this.lent.set(buffer, whole)
    return buffer
  }

  /** Does nothing the second time, and for any other buffer than {@link take} gave. */
  giveBack(buffer: Buffer): void {
    const whole = this.lent.get(buffer)
    if (whole === undefined) return
    this.lent.delete(buffer)
    if (this.freeBytes + whole.length > MAX_FREE_BYTES) return
    this.freeBytes += whole.length
    const free = this.free.get(whole.length)
    if (free === undefined) this.free.set(whole.length, [whole])
    else free.push(whole)
  }
}
