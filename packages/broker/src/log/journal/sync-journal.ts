import { FileError, type Files, type OpenFile } from '@millrace/platform'
import type { BatchCodecs } from '@millrace/protocol'
import type { SyncTarget } from '../sync-target.ts'
import { encodeJournalGroup, type JournalWrite } from './journal-group.ts'

/** Of one journal file; there are two. */
const JOURNAL_BYTES = 16 * 1024 * 1024
/** What one log may have in a group: more of it is better synced where it is. */
export const MAX_JOURNAL_WRITE_BYTES = 256 * 1024
const MAX_GROUP_BYTES = 4 * 1024 * 1024
/** The file grows by as much at once: a sync that finds the file no longer than before costs half. */
const GROWTH = Buffer.alloc(1024 * 1024)

/** A log whose end the journal can hold. */
export interface JournaledTarget extends SyncTarget {
  /** Records below are in the log's own files, durably. */
  readonly fileOffset: number
  /** It is offline: what the journal has of it is needed at the next start. */
  readonly hasFailed: boolean
  /** What the journal has to take for all that was appended so far to be durable. Throws a FileError. */
  pendingWrite(): JournalWrite
  /** The journal has taken it. */
  journaled(write: JournalWrite): void
}

interface JournalFile {
  readonly path: string
  file: OpenFile | undefined
  /** Its name is durable. */
  isNamed: boolean
  generation: number
  sequence: number
  /** Where the next group goes. */
  position: number
  sizeInBytes: number
  /** End offset of what it holds of each log, as far as the logs' own files may lack it. */
  readonly unsynced: Map<JournaledTarget, number>
}

/**
 * Makes the ends of many logs durable with one sync of one file: a sync for each of hundreds of files takes ten times as long
 * and more. The logs' own files are synced later, one after the other: when one of the two journal files is full
 * the other one takes over, and the full one is used again once every log that it has something of was synced. A start
 * after a crash writes what it finds back (`journal-recovery.ts`); a clean stop leaves no journal.
 */
export class SyncJournal {
  /** Off until the logs of the directory are recovered, and after an error: logs are then synced one by one. */
  private isOn = false
  private isWriting = false
  private current: JournalFile
  private spare: JournalFile

  constructor(
    private readonly files: Files,
    private readonly codecs: BatchCodecs,
    private readonly directory: string,
    /** Syncs the files of one log, when no pass of its own is under way. Never rejects. */
    private readonly syncFilesOf: (target: JournaledTarget) => Promise<void>,
    private readonly maxBytes = JOURNAL_BYTES,
  ) {
    const [first, second] = journalPaths(directory).map(path => ({
      path,
      file: undefined,
      isNamed: false,
      generation: 0,
      sequence: 0,
      position: 0,
      sizeInBytes: 0,
      unsynced: new Map<JournaledTarget, number>(),
    }))
    this.current = first!
    this.spare = second!
    this.spare.generation = -1
  }

  /** Nothing of an earlier process is needed any more. */
  begin(): void {
    if (this.isOn) return
    for (const path of journalPaths(this.directory)) if (this.files.exists(path)) this.files.remove(path)
    this.isOn = true
  }

  /** Whether it is going to take a group, now or when the one under way is written. */
  get isUsable(): boolean {
    return this.isOn && (this.current.position < this.maxBytes || this.spare.unsynced.size === 0)
  }
  get isBusy(): boolean {
    return this.isWriting
  }

  /**
   * Makes what was appended to the logs durable. Returns those that are not, because the group would be too large or the disk
   * refused: they are to be synced by themselves. One call at a time.
   */
  async commit(targets: readonly JournaledTarget[]): Promise<readonly JournaledTarget[]> {
    if (this.current.position >= this.maxBytes) this.takeTurns()
    const taken = gather(targets)
    this.isWriting = true
    try {
      await this.write([...taken.values()])
    } catch (error) {
      if (!(error instanceof FileError)) throw error
      // There may be space again for the next group.
      if (error.code !== 'ENOSPC') this.isOn = false
      return targets
    } finally {
      this.isWriting = false
    }
    for (const [target, write] of taken) {
      this.current.unsynced.set(target, write.endOffset)
      target.journaled(write)
    }
    return targets.filter(target => !taken.has(target))
  }

  private async write(writes: readonly JournalWrite[]): Promise<void> {
    const { current, files, codecs } = this
    const { generation, sequence } = current
    const group = encodeJournalGroup({ generation, sequence, writes }, codecs)
    current.file ??= files.open(current.path, 'write')
    while (current.position + group.length > current.sizeInBytes) {
      current.file.write(GROWTH, current.sizeInBytes)
      current.sizeInBytes += GROWTH.length
    }
    current.file.write(group, current.position)
    await current.file.sync()
    if (!current.isNamed) await files.syncDirectory(this.directory)
    current.isNamed = true
    current.sequence++
    current.position += group.length
  }

  private takeTurns(): void {
    const full = this.current
    this.current = this.spare
    this.spare = full
    this.current.generation = full.generation + 1
    this.current.sequence = 0
    this.current.position = 0
    void this.drain(full)
  }

  /** Until all of it is in the logs' own files. */
  private async drain({ unsynced }: JournalFile): Promise<void> {
    for (const [target, endOffset] of unsynced) {
      if (!this.isOn) return
      if (target.fileOffset < endOffset) await this.syncFilesOf(target)
      if (target.hasFailed) {
        // The next start needs it.
        this.isOn = false
        return
      }
      unsynced.delete(target)
    }
  }

  /** Every log's own files are durable: the journal goes. */
  remove(): void {
    this.close()
    for (const path of journalPaths(this.directory)) if (this.files.exists(path)) this.files.remove(path)
  }

  /** Takes nothing any more, and leaves the logs' own files alone. What it holds stays. */
  stop(): void {
    this.isOn = false
  }

  close(): void {
    this.stop()
    for (const each of [this.current, this.spare]) {
      each.file?.close()
      each.file = undefined
    }
  }
}

function gather(targets: readonly JournaledTarget[]): Map<JournaledTarget, JournalWrite> {
  const writes = new Map<JournaledTarget, JournalWrite>()
  let bytes = 0
  for (const target of targets) {
    if (bytes >= MAX_GROUP_BYTES) break
    try {
      const write = target.pendingWrite()
      writes.set(target, write)
      bytes += write.bytes.length
    } catch (error) {
      // Its own sync will tell what is wrong with its disk.
      if (!(error instanceof FileError)) throw error
    }
  }
  return writes
}

/** Kafka looks at no such names. */
export function journalPaths(directory: string): readonly string[] {
  return [`${directory}/.sync-journal-0`, `${directory}/.sync-journal-1`]
}
