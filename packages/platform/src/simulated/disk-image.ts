/** The bytes of one file. Grows with zeros, like a sparse file. */
export class DiskImage {
  size = 0
  private bytes = Buffer.alloc(0)

  static copyOf(other: DiskImage): DiskImage {
    const image = new DiskImage()
    image.write(other.contents(), 0)
    return image
  }

  /** A view. */
  contents(): Buffer {
    return this.bytes.subarray(0, this.size)
  }

  read(target: Uint8Array, offset: number, length: number, position: number): number {
    const count = Math.max(0, Math.min(length, this.size - position))
    target.set(this.bytes.subarray(position, position + count), offset)
    return count
  }

  write(bytes: Uint8Array, position: number): void {
    const end = position + bytes.length
    if (bytes.length === 0) return
    if (end > this.size) this.resize(end)
    this.bytes.set(bytes, position)
  }

  resize(size: number): void {
    if (size > this.bytes.length) {
      const larger = Buffer.alloc(Math.max(size, 2 * this.bytes.length, 256))
      larger.set(this.contents())
      this.bytes = larger
    } else if (size < this.size) {
      this.bytes.fill(0, size, this.size)
    }
    this.size = size
  }
}
