/** The directories of partitions: finding them at a start, and putting away those that no partition has any more. */
import { type Files, type Random, randomUuid } from '@millrace/platform'
import type { DataDirectories } from './data-directories.ts'
import {
  isDeletedDirectory,
  parsePartitionDirectory,
  partitionName,
  type RetiredDirectoryKind,
  retiredDirectoryName,
} from './file-names.ts'
import { readPartitionTopicId } from './partition-files.ts'

/** What was found, by `<topic>-<partition>`: more than one directory if a topic of the same name was deleted before. */
export class FoundDirectories {
  private readonly paths = new Map<string, string[]>()

  add(name: string, path: string): void {
    this.paths.set(name, [...(this.paths.get(name) ?? []), path])
  }

  /** Takes the first of the partition's directories for which `isOwn` holds. */
  take(topic: string, partition: number, isOwn: (path: string) => boolean): string | undefined {
    const paths = this.paths.get(partitionName(topic, partition)) ?? []
    const own = paths.findIndex(isOwn)
    return own < 0 ? undefined : paths.splice(own, 1)[0]
  }

  /** Those of the partition that nobody took. */
  left(topic: string, partition: number): readonly string[] {
    return this.paths.get(partitionName(topic, partition))?.splice(0) ?? []
  }

  get allLeft(): readonly string[] {
    return [...this.paths.values()].flat()
  }
}

export class PartitionDirectories {
  /** Deleted topics whose directories may still be there. */
  retiredTopicIds: ReadonlySet<string> = new Set()

  constructor(
    private readonly files: Files,
    private readonly random: Random,
    private readonly directories: DataDirectories,
  ) {}

  /** All partition directories but those that are open. Finishes deletions on the way. */
  find(isOpen: (topic: string, partition: number) => boolean): FoundDirectories {
    const { files } = this
    const found = new FoundDirectories()
    for (const directory of this.directories)
      for (const name of files.list(directory.path)) {
        const path = `${directory.path}/${name}`
        if (isDeletedDirectory(name)) files.removeTree(path)
        const parsed = parsePartitionDirectory(name)
        if (parsed === undefined || isOpen(parsed.topic, parsed.partition) || !files.stat(path).isDirectory) continue
        found.add(name, path)
      }
    return found
  }

  /** A directory that no partition has: removed if its topic was deleted, else kept under another name. */
  retire(path: string): void {
    const topicId = readPartitionTopicId(this.files, path)
    const wasDeleted = topicId !== undefined && this.retiredTopicIds.has(topicId)
    const retiredPath = this.setAside(path, wasDeleted ? 'delete' : 'stray')
    if (wasDeleted) this.files.removeTree(retiredPath)
  }

  /** Its new path. */
  setAside(path: string, kind: RetiredDirectoryKind): string {
    const slash = path.lastIndexOf('/')
    const uniqueHex = randomUuid(this.random).replaceAll('-', '')
    const retiredPath = `${path.slice(0, slash)}/${retiredDirectoryName(path.slice(slash + 1), uniqueHex, kind)}`
    this.files.rename(path, retiredPath)
    return retiredPath
  }
}
