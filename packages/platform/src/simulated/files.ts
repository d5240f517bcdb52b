import { posix } from 'node:path'
import type { Clock } from '../clock.ts'
import { FileError, type FileLock, type FileStat, type Files, type OpenFile, type OpenMode } from '../files.ts'
import { Replacements } from '../replacements.ts'
import { type DiskConditions, latencyUs } from './conditions.ts'
import { DirectoryNode, type Disk, type DiskNode, FileNode } from './disk.ts'
import type { Process } from './event-queue.ts'
import type { Scheduler } from './scheduler.ts'
import type { SeededRandom } from './seeded-random.ts'

export interface SimulatedFilesOptions {
  readonly scheduler: Scheduler
  readonly process: Process
  readonly clock: Clock
  readonly random: SeededRandom
  readonly disk: Disk
  readonly conditions: () => DiskConditions
  /**
   * Called before each operation that changes the disk. May crash the process there, which then goes on in the void,
   * after doing a part of the operation (`partly`).
   */
  readonly beforeChange: (partly?: () => void) => void
}

/** The file system that one process sees; it dies with the process. */
export class SimulatedFiles implements Files {
  private readonly replacements = new Replacements(this, posix.dirname)
  private readonly locks = new Set<string>()

  constructor(private readonly options: SimulatedFilesOptions) {}

  open(path: string, mode: OpenMode): OpenFile {
    const existing = this.find(path)
    if (existing?.kind === 'directory') throw new FileError('EISDIR', 'open', path)
    if (mode === 'read' && existing === undefined) throw new FileError('ENOENT', 'open', path)
    if (mode === 'create' && existing !== undefined) throw new FileError('EEXIST', 'open', path)
    return new SimulatedOpenFile(path, existing ?? this.createFile(path), mode, this.options)
  }

  exists(path: string): boolean {
    return this.find(path) !== undefined
  }

  list(directory: string): string[] {
    return [...this.directory(directory, 'list').entries.keys()].sort()
  }

  stat(path: string): FileStat {
    const node = this.require(path, 'stat')
    const isDirectory = node.kind === 'directory'
    return { size: isDirectory ? 0 : node.content.size, isDirectory, modifiedMs: node.modifiedMs }
  }

  makeDirectory(path: string): void {
    let directory = this.options.disk.root
    for (const name of namesOf(path)) {
      const next = directory.entries.get(name)
      if (next?.kind === 'file') throw new FileError('EEXIST', 'makeDirectory', path)
      directory = next ?? this.link(directory, name, new DirectoryNode())
    }
  }

  rename(from: string, to: string): void {
    if (posix.dirname(posix.resolve('/', from)) !== posix.dirname(posix.resolve('/', to))) {
      throw new FileError('EXDEV', 'rename', from)
    }
    const node = this.require(from, 'rename')
    const target = this.find(to)
    if (target?.kind === 'directory') {
      if (node.kind === 'file') throw new FileError('EISDIR', 'rename', from)
      if (target.entries.size > 0) throw new FileError('ENOTEMPTY', 'rename', from)
    } else if (target !== undefined && node.kind === 'directory') {
      throw new FileError('ENOTDIR', 'rename', from)
    }
    this.options.beforeChange()
    this.parentOf(from, 'rename').rename(posix.basename(from), posix.basename(to))
  }

  remove(path: string): void {
    if (this.require(path, 'remove').kind === 'directory') throw new FileError('EISDIR', 'remove', path)
    this.options.beforeChange()
    this.parentOf(path, 'remove').unlink(posix.basename(path))
  }

  removeTree(path: string): void {
    const node = this.find(path)
    if (node === undefined) return
    if (node.kind === 'directory') for (const name of this.list(path)) this.removeTree(posix.join(path, name))
    this.options.beforeChange()
    this.parentOf(path, 'removeTree').unlink(posix.basename(path))
  }

  read(path: string): Buffer {
    const node = this.require(path, 'read')
    if (node.kind === 'directory') throw new FileError('EISDIR', 'read', path)
    this.mayFail('read', path, this.options.conditions().readErrorRate)
    return Buffer.from(node.content.contents())
  }

  syncDirectory(path: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const directory = this.directory(path, 'syncDirectory')
      const { mark } = directory
      const { scheduler, process, random, conditions } = this.options
      scheduler.schedule(process, 'disk.syncDirectory', latencyUs(random, conditions()), () => {
        if (random.chance(conditions().syncErrorRate)) {
          reject(new FileError('EIO', 'syncDirectory', path))
          return
        }
        directory.persist(mark)
        resolve()
      })
    })
  }

  replace(path: string, content: Uint8Array): Promise<void> {
    return this.replacements.replace(path, content)
  }

  lock(path: string): FileLock {
    this.parentOf(path, 'lock')
    const key = posix.resolve('/', path)
    if (this.locks.has(key)) throw new FileError('ELOCKED', 'lock', path)
    this.locks.add(key)
    return { release: () => void this.locks.delete(key) }
  }

  freeBytes(directory: string): number {
    this.directory(directory, 'freeBytes')
    return Math.max(0, this.options.conditions().capacityBytes - this.options.disk.usedBytes())
  }

  capacityBytes(directory: string): number {
    this.directory(directory, 'capacityBytes')
    return this.options.conditions().capacityBytes
  }

  private createFile(path: string): FileNode {
    const parent = this.parentOf(path, 'open')
    const file = new FileNode()
    file.modifiedMs = this.options.clock.nowMs()
    return this.link(parent, posix.basename(path), file)
  }

  private link<N extends DiskNode>(parent: DirectoryNode, name: string, node: N): N {
    this.options.beforeChange()
    parent.link(name, node)
    return node
  }

  private find(path: string): DiskNode | undefined {
    let node: DiskNode | undefined = this.options.disk.root
    for (const name of namesOf(path)) {
      if (node?.kind !== 'directory') return undefined
      node = node.entries.get(name)
    }
    return node
  }

  private require(path: string, operation: string): DiskNode {
    const node = this.find(path)
    if (node === undefined) throw new FileError('ENOENT', operation, path)
    return node
  }

  private directory(path: string, operation: string): DirectoryNode {
    const node = this.require(path, operation)
    if (node.kind === 'file') throw new FileError('ENOTDIR', operation, path)
    return node
  }

  private parentOf(path: string, operation: string): DirectoryNode {
    return this.directory(posix.dirname(posix.resolve('/', path)), operation)
  }

  private mayFail(operation: string, path: string, rate: number): void {
    if (this.options.random.chance(rate)) throw new FileError('EIO', operation, path)
  }
}

class SimulatedOpenFile implements OpenFile {
  private closed = false

  constructor(
    readonly path: string,
    private readonly file: FileNode,
    private readonly mode: OpenMode,
    private readonly options: SimulatedFilesOptions,
  ) {}

  get size(): number {
    return this.file.content.size
  }

  read(target: Uint8Array, offset: number, length: number, position: number): number {
    this.assertOpen('read')
    this.mayFail('read', this.options.conditions().readErrorRate)
    return this.file.content.read(target, offset, length, position)
  }

  readAsync(target: Uint8Array, offset: number, length: number, position: number): Promise<number> {
    return this.inPool('read', conditions => {
      this.mayFail('read', conditions.readErrorRate)
      return this.file.content.read(target, offset, length, position)
    })
  }

  write(bytes: Uint8Array, position: number): void {
    this.assertWritable('write')
    const { random, conditions, scheduler, clock, beforeChange } = this.options
    const writeFirst = (length: number) => this.file.write(bytes.subarray(0, random.between(0, length)), position)
    beforeChange(() => writeFirst(bytes.length))
    if (random.chance(conditions().writeErrorRate)) {
      writeFirst(bytes.length)
      throw new FileError('EIO', 'write', this.path)
    }
    const missingBytes = this.missingBytes(position + bytes.length)
    if (missingBytes > 0) {
      writeFirst(Math.max(0, bytes.length - missingBytes))
      throw new FileError('ENOSPC', 'write', this.path)
    }
    this.file.write(bytes, position)
    this.file.modifiedMs = clock.nowMs()
    scheduler.trace.bytes(bytes)
  }

  writeAll(chunks: readonly Uint8Array[], position: number): void {
    this.write(Buffer.concat(chunks), position)
  }

  truncate(size: number): void {
    this.assertWritable('truncate')
    this.options.beforeChange()
    this.file.truncate(size)
  }

  sync(): Promise<void> {
    const { mark } = this.file
    return this.inPool('sync', () => this.persist(mark))
  }

  syncNow(): void {
    this.assertOpen('sync')
    this.persist(this.file.mark)
  }

  close(): void {
    this.closed = true
  }

  /** How far the disk is from holding this file with `size` bytes. */
  private missingBytes(size: number): number {
    const { disk, conditions } = this.options
    const { capacityBytes } = conditions()
    if (capacityBytes === Infinity) return 0
    return disk.usedBytes() + Math.max(0, size - this.size) - capacityBytes
  }

  private persist(mark: number): void {
    const { random, conditions } = this.options
    if (random.chance(conditions().syncErrorRate)) {
      this.file.persistPartly(mark, random)
      throw new FileError('EIO', 'sync', this.path)
    }
    this.file.persist(mark)
  }

  private inPool<T>(operation: string, perform: (conditions: DiskConditions) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.assertOpen(operation)
      const { scheduler, process, random, conditions } = this.options
      scheduler.schedule(process, `disk.${operation}`, latencyUs(random, conditions()), () => {
        try {
          resolve(perform(conditions()))
        } catch (error) {
          reject(error)
        }
      })
    })
  }

  private mayFail(operation: string, rate: number): void {
    if (this.options.random.chance(rate)) throw new FileError('EIO', operation, this.path)
  }

  private assertWritable(operation: string): void {
    this.assertOpen(operation)
    if (this.mode === 'read') throw new FileError('EBADF', operation, this.path)
  }

  private assertOpen(operation: string): void {
    if (this.closed) throw new FileError('EBADF', operation, this.path)
  }
}

function namesOf(path: string): string[] {
  return posix
    .resolve('/', path)
    .split('/')
    .filter(name => name !== '')
}
