import fs from 'node:fs'
import { dirname } from 'node:path'
import { FileError, type FileLock, type FileStat, type Files, type OpenFile, type OpenMode } from '../files.ts'
import { Replacements } from '../replacements.ts'
import { attempt, fileErrorOf } from './file-errors.ts'
import { lockFile } from './file-lock.ts'
import { RealOpenFile } from './open-file.ts'

/** Node's file system. */
export class RealFiles implements Files {
  private readonly replacements = new Replacements(this, dirname)

  open(path: string, mode: OpenMode): OpenFile {
    return new RealOpenFile(path, mode)
  }

  exists(path: string): boolean {
    return fs.existsSync(path)
  }

  list(directory: string): string[] {
    return attempt('list', directory, () => fs.readdirSync(directory).sort())
  }

  stat(path: string): FileStat {
    const stat = attempt('stat', path, () => fs.statSync(path))
    return { size: stat.size, isDirectory: stat.isDirectory(), modifiedMs: Math.floor(stat.mtimeMs) }
  }

  makeDirectory(path: string): void {
    attempt('makeDirectory', path, () => fs.mkdirSync(path, { recursive: true }))
  }

  rename(from: string, to: string): void {
    if (dirname(from) !== dirname(to)) throw new FileError('EXDEV', 'rename', from)
    attempt('rename', from, () => fs.renameSync(from, to))
  }

  remove(path: string): void {
    attempt('remove', path, () => fs.unlinkSync(path))
  }

  removeTree(path: string): void {
    attempt('removeTree', path, () => fs.rmSync(path, { recursive: true, force: true }))
  }

  read(path: string): Buffer {
    return attempt('read', path, () => fs.readFileSync(path))
  }

  async syncDirectory(directory: string): Promise<void> {
    // Windows gives no handle that could sync a directory; NTFS journals names itself.
    if (process.platform === 'win32') return
    try {
      const handle = await fs.promises.open(directory, 'r')
      try {
        await handle.sync()
      } finally {
        await handle.close()
      }
    } catch (error) {
      throw fileErrorOf(error, 'syncDirectory', directory)
    }
  }

  replace(path: string, content: Uint8Array): Promise<void> {
    return this.replacements.replace(path, content)
  }

  lock(path: string): FileLock {
    return lockFile(path)
  }

  freeBytes(directory: string): number {
    const { bavail, bsize } = attempt('freeBytes', directory, () => fs.statfsSync(directory))
    return bavail * bsize
  }

  capacityBytes(directory: string): number {
    const { blocks, bsize } = attempt('capacityBytes', directory, () => fs.statfsSync(directory))
    return blocks * bsize
  }
}
