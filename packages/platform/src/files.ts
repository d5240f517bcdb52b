/**
 * The file system as a durable log needs it: synchronous page-cache reads and writes on the event loop, asynchronous
 * syncs in the pool. A write is durable only after `sync` of its file resolved; a created, renamed or removed name is
 * durable only after `syncDirectory` of its directory. The simulated form forgets everything else at a crash.
 *
 * Every method throws (or rejects with) a {@link FileError} whose `code` is the POSIX name (`ENOENT`, `ENOSPC`, `EIO`, …).
 */
export interface Files {
  /** Opens a file for reading and writing at positions. The caller closes it. */
  open(path: string, mode: OpenMode): OpenFile
  exists(path: string): boolean
  /** Names in a directory, sorted by code unit, without `.` and `..`. */
  list(directory: string): string[]
  stat(path: string): FileStat
  /** Creates a directory and its missing parents (each a new name in its own parent); an existing one is fine. */
  makeDirectory(path: string): void
  /**
   * Renames a file or directory within one directory (`EXDEV` otherwise: no single sync would make both names durable).
   * Replaces a target file if there is one, atomically. Open files stay open and keep the path they were opened with.
   */
  rename(from: string, to: string): void
  /** Removes one file. */
  remove(path: string): void
  /** Removes a directory with everything below it; a missing one is fine. */
  removeTree(path: string): void
  /** The whole file. */
  read(path: string): Buffer
  /** Makes names created, renamed or removed in `directory` durable. */
  syncDirectory(directory: string): Promise<void>
  /**
   * Replaces the file's content as one durable step: `<path>.tmp`, sync, rename, directory sync. Replacements of one path
   * happen in the order of the calls. A crash may leave a `.tmp` file, which the next replacement overwrites.
   */
  replace(path: string, content: Uint8Array): Promise<void>
  /**
   * Takes an exclusive lock that dies with this process (`kill -9` included).
   * Throws a {@link FileError} with code `ELOCKED` while another live process, or another holder in this one, has it.
   * Names that begin with `path` in its directory belong to the lock.
   */
  lock(path: string): FileLock
  /** Bytes that can still be written below `directory`; Infinity where the system does not tell. */
  freeBytes(directory: string): number
  /** Size of the volume that `directory` is on, used or not; Infinity where the system does not tell. */
  capacityBytes(directory: string): number
}

/** `read` needs an existing file; `write` opens or creates; `create` fails with `EEXIST` when there is one. */
export type OpenMode = 'read' | 'write' | 'create'

export interface FileStat {
  readonly size: number
  readonly isDirectory: boolean
  /** Last modification, milliseconds since the epoch. */
  readonly modifiedMs: number
}

export interface OpenFile {
  readonly path: string
  /** Length in bytes, kept in memory: no system call. */
  readonly size: number
  /** Reads up to `length` bytes at `position` into `target` from `offset` on; returns how many there were (0 at the end). */
  read(target: Uint8Array, offset: number, length: number, position: number): number
  /** As `read`, in the pool: for data that is probably not in the page cache. */
  readAsync(target: Uint8Array, offset: number, length: number, position: number): Promise<number>
  /** Writes all bytes at `position` (page cache only). After an error the range's content is undefined. */
  write(bytes: Uint8Array, position: number): void
  /** Writes the chunks one after the other at `position` with one system call where the system can. */
  writeAll(chunks: readonly Uint8Array[], position: number): void
  truncate(size: number): void
  /** fdatasync in the pool: everything written before the call is durable once it resolves. Never retry a failed one. */
  sync(): Promise<void>
  /** fdatasync on the event loop; for shutdown and recovery only. */
  syncNow(): void
  /** Idempotent. Reads and syncs in flight still complete; any later call fails with `EBADF`. */
  close(): void
}

export interface FileLock {
  /** Idempotent. */
  release(): void
}

export class FileError extends Error {
  constructor(
    /** POSIX error name, or `ELOCKED`. */
    readonly code: string,
    readonly operation: string,
    readonly path: string,
    options?: ErrorOptions,
  ) {
    super(`${operation} ${path}: ${code}`, options)
    this.name = 'FileError'
  }
}
