import { FileError, type Files, type Random } from '@millrace/platform'
import {
  DataDirectory,
  InconsistentDataDirectoryError,
  newKafkaUuid,
  UnusableDataDirectoryError,
} from './data-directory.ts'

export interface UsableDirectory {
  readonly directory: DataDirectory
  /** Kafka's text form. */
  readonly id: string
}

/** One that could not be used at the start. Its partitions are offline until a start finds it mended. */
export interface BrokenDirectory {
  readonly path: string
  readonly reason: FileError
}

/**
 * The data directories of a broker, each locked, and all of one cluster and node. One that the file system refuses leaves the
 * others in service, unless it is the first, which holds the metadata.
 */
export class DataDirectories {
  private constructor(
    readonly clusterId: string,
    readonly usable: readonly UsableDirectory[],
    readonly broken: readonly BrokenDirectory[],
  ) {}

  /** Throws DataDirectoryInUseError, InconsistentDataDirectoryError, UnusableDataDirectoryError. */
  static async open(
    platform: { readonly files: Files; readonly random: Random },
    paths: readonly string[],
    nodeId: number,
  ): Promise<DataDirectories> {
    const opened: DataDirectory[] = []
    const broken: BrokenDirectory[] = []
    const orBroken = async <T>(path: string, use: () => T | Promise<T>): Promise<T | undefined> => {
      try {
        return await use()
      } catch (reason) {
        if (!(reason instanceof FileError)) throw reason
        if (path === paths[0]) throw new UnusableDataDirectoryError(path, reason)
        broken.push({ path, reason })
        return undefined
      }
    }
    try {
      for (const path of paths) {
        const directory = await orBroken(path, () => DataDirectory.open(platform.files, path))
        if (directory !== undefined) opened.push(directory)
      }
      const clusterId = commonClusterId(opened, nodeId) ?? newKafkaUuid(platform.random)
      const usable: UsableDirectory[] = []
      for (const directory of opened) {
        const begun = await orBroken(directory.path, async () => {
          const id = await identify(directory, clusterId, platform.random, nodeId)
          await directory.begin()
          return { directory, id }
        })
        if (begun === undefined) directory.release()
        else usable.push(begun)
      }
      return new DataDirectories(clusterId, usable, broken)
    } catch (error) {
      for (const directory of opened) directory.release()
      throw error
    }
  }

  *[Symbol.iterator](): Generator<DataDirectory, void, undefined> {
    for (const { directory } of this.usable) yield directory
  }

  /** Whether every directory was closed cleanly. */
  get wereCleanlyClosed(): boolean {
    return this.broken.length === 0 && this.usable.every(({ directory }) => directory.wasCleanlyClosed)
  }

  /** The one that a partition's directory lies in. */
  of(partitionPath: string): DataDirectory {
    const { directory } = this.usable.find(each => partitionPath.startsWith(`${each.directory.path}/`))!
    return directory
  }

  release(): void {
    for (const directory of this) directory.release()
  }
}

/** All data directories belong to one node of one cluster. Undefined if they are new. */
function commonClusterId(directories: readonly DataDirectory[], nodeId: number): string | undefined {
  let clusterId: string | undefined
  for (const directory of directories) {
    const identity = directory.readIdentity()
    if (identity === undefined) continue
    if (identity.nodeId !== nodeId)
      throw new InconsistentDataDirectoryError(
        directory.path,
        `belongs to node ${identity.nodeId}, node.id is ${nodeId}`,
      )
    if (clusterId !== undefined && identity.clusterId !== clusterId)
      throw new InconsistentDataDirectoryError(
        directory.path,
        `belongs to cluster ${identity.clusterId}, not ${clusterId}`,
      )
    clusterId = identity.clusterId
  }
  return clusterId
}

async function identify(directory: DataDirectory, clusterId: string, random: Random, nodeId: number): Promise<string> {
  const known = directory.readIdentity()
  if (known !== undefined) return known.directoryId
  const directoryId = newKafkaUuid(random)
  await directory.writeIdentity({ clusterId, nodeId, directoryId })
  return directoryId
}
