const SIZE_BYTES = 4

/** Cuts a byte stream into frames, each handed on with its size in front. */
export class FrameSplitter {
  private chunks: Buffer[] = []
  private bytes = 0

  constructor(private readonly onFrame: (frame: Buffer) => void) {}

  push(chunk: Buffer): void {
    this.chunks.push(chunk)
    this.bytes += chunk.length
    for (let frame = this.next(); frame !== undefined; frame = this.next()) this.onFrame(frame)
  }

  private next(): Buffer | undefined {
    if (this.bytes < SIZE_BYTES) return undefined
    const all = this.chunks.length === 1 ? this.chunks[0]! : Buffer.concat(this.chunks)
    this.chunks = [all]
    const end = SIZE_BYTES + all.readInt32BE(0)
    if (end > all.length) return undefined
    this.chunks = [all.subarray(end)]
    this.bytes = all.length - end
    return all.subarray(0, end)
  }
}
