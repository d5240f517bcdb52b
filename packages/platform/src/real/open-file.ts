import fs from 'node:fs'
import { FileError, type OpenFile, type OpenMode } from '../files.ts'
import { attempt, fileErrorOf } from './file-errors.ts'

const FLAGS: Record<OpenMode, number> = {
  read: fs.constants.O_RDONLY,
  write: fs.constants.O_RDWR | fs.constants.O_CREAT,
  create: fs.constants.O_RDWR | fs.constants.O_CREAT | fs.constants.O_EXCL,
}

/**
 * A file descriptor with its length. The descriptor lives until the last operation in the pool has finished: closing it
 * earlier would let the system give the same number to another file, which that operation would then read or sync.
 */
export class RealOpenFile implements OpenFile {
  private readonly descriptor: number
  private sizeInBytes: number
  private operationsInPool = 0
  private closed = false

  constructor(
    readonly path: string,
    mode: OpenMode,
  ) {
    this.descriptor = attempt('open', path, () => fs.openSync(path, FLAGS[mode]))
    this.sizeInBytes = this.sizeOnDisk()
  }

  get size(): number {
    return this.sizeInBytes
  }

  read(target: Uint8Array, offset: number, length: number, position: number): number {
    this.assertOpen('read')
    let done = 0
    try {
      while (done < length) {
        const count = fs.readSync(this.descriptor, target, offset + done, length - done, position + done)
        if (count === 0) break
        done += count
      }
    } catch (error) {
      throw fileErrorOf(error, 'read', this.path)
    }
    return done
  }

  async readAsync(target: Uint8Array, offset: number, length: number, position: number): Promise<number> {
    this.assertOpen('read')
    let done = 0
    while (done < length) {
      const count = await this.readOnce(target, offset + done, length - done, position + done)
      if (count === 0) break
      done += count
    }
    return done
  }

  write(bytes: Uint8Array, position: number): void {
    this.assertOpen('write')
    let done = 0
    try {
      while (done < bytes.length) {
        done += fs.writeSync(this.descriptor, bytes, done, bytes.length - done, position + done)
      }
    } catch (error) {
      this.sizeInBytes = this.sizeOnDisk()
      throw fileErrorOf(error, 'write', this.path)
    }
    if (position + done > this.sizeInBytes) this.sizeInBytes = position + done
  }

  writeAll(chunks: readonly Uint8Array[], position: number): void {
    this.assertOpen('write')
    if (chunks.length === 0) return
    let length = 0
    for (const chunk of chunks) length += chunk.length
    let done: number
    try {
      done = fs.writevSync(this.descriptor, chunks, position)
    } catch (error) {
      this.sizeInBytes = this.sizeOnDisk()
      throw fileErrorOf(error, 'write', this.path)
    }
    if (done === length) {
      if (position + done > this.sizeInBytes) this.sizeInBytes = position + done
    } else {
      this.write(Buffer.concat(chunks).subarray(done), position + done)
    }
  }

  truncate(size: number): void {
    this.assertOpen('truncate')
    attempt('truncate', this.path, () => fs.ftruncateSync(this.descriptor, size))
    this.sizeInBytes = size
  }

  sync(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.assertOpen('sync')
      this.operationsInPool++
      fs.fdatasync(this.descriptor, error => {
        this.operationLeftPool()
        if (error === null) resolve()
        else reject(fileErrorOf(error, 'sync', this.path))
      })
    })
  }

  syncNow(): void {
    this.assertOpen('sync')
    attempt('sync', this.path, () => fs.fdatasyncSync(this.descriptor))
  }

  close(): void {
    if (this.closed) return
    this.closed = true
    if (this.operationsInPool === 0) this.closeDescriptor()
  }

  private readOnce(target: Uint8Array, offset: number, length: number, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.operationsInPool++
      fs.read(this.descriptor, target, offset, length, position, (error, count) => {
        this.operationLeftPool()
        if (error === null) resolve(count)
        else reject(fileErrorOf(error, 'read', this.path))
      })
    })
  }

  private operationLeftPool(): void {
    this.operationsInPool--
    if (this.closed && this.operationsInPool === 0) this.closeDescriptor()
  }

  private closeDescriptor(): void {
    attempt('close', this.path, () => fs.closeSync(this.descriptor))
  }

  private sizeOnDisk(): number {
    return attempt('stat', this.path, () => fs.fstatSync(this.descriptor).size)
  }

  private assertOpen(operation: string): void {
    if (this.closed) throw new FileError('EBADF', operation, this.path)
  }
}
