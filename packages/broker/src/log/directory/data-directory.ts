/**
 * One data directory: its lock, its identity (`meta.properties`), the checkpoints of its partitions and the mark of a clean
 * stop. File by file as Apache Kafka keeps them.
 */
import { FileError, type FileLock, type Files, type Random, randomUuid } from '@millrace/platform'
import { MillraceError } from '@millrace/protocol'
import {
  checkpointKey,
  type PartitionOffsets,
  parseOffsetCheckpoint,
  printOffsetCheckpoint,
} from './checkpoint-file.ts'

const LOCK = '.lock'
const META_PROPERTIES = 'meta.properties'
const CLEAN_SHUTDOWN = '.kafka_cleanshutdown'
const RECOVERY_POINTS = 'recovery-point-offset-checkpoint'
const HIGH_WATERMARKS = 'replication-offset-checkpoint'
const LOG_START_OFFSETS = 'log-start-offset-checkpoint'
const COMPACTED_OFFSETS = 'cleaner-offset-checkpoint'

export class DataDirectoryInUseError extends MillraceError {
  readonly code = 'DATA_DIRECTORY_IN_USE'
  constructor(readonly path: string) {
    super(`data directory ${path} is in use by another process; stop it or choose another log.dirs`)
  }
}

export class InconsistentDataDirectoryError extends MillraceError {
  readonly code = 'INCONSISTENT_DATA_DIRECTORY'
  constructor(
    readonly path: string,
    reason: string,
  ) {
    super(`data directory ${path} ${reason}`)
  }
}

export class UnusableDataDirectoryError extends MillraceError {
  readonly code = 'UNUSABLE_DATA_DIRECTORY'
  constructor(
    readonly path: string,
    cause: FileError,
  ) {
    super(`data directory ${path} cannot be used (${cause.message}); mend it or name another one in log.dirs`, {
      cause,
    })
  }
}

export interface DirectoryIdentity {
  readonly clusterId: string
  readonly nodeId: number
  /** Kafka's text form of a UUID. */
  readonly directoryId: string
}

/** A random UUID in Kafka's text form, which no tool takes for an option: it does not begin with a dash. */
export function newKafkaUuid(random: Random): string {
  for (;;) {
    const id = Buffer.from(randomUuid(random).replaceAll('-', ''), 'hex').toString('base64url')
    if (!id.startsWith('-')) return id
  }
}

/** Held by this process from {@link DataDirectory.open} to {@link DataDirectory.release}. */
export class DataDirectory {
  private constructor(
    private readonly files: Files,
    readonly path: string,
    private readonly lock: FileLock,
    /** Directories above that may hold names which are not durable yet. */
    private readonly newNamesIn: readonly string[],
    readonly wasCleanlyClosed: boolean,
    /** As of the last stop or checkpoint. */
    readonly recoveryPoints: PartitionOffsets,
    readonly logStartOffsets: PartitionOffsets,
    /** Where compaction of the compacted logs goes on. */
    readonly compactedOffsets: PartitionOffsets,
  ) {}

  /** Creates the directory if it is missing. Throws {@link DataDirectoryInUseError}. */
  static open(files: Files, path: string): DataDirectory {
    const newNamesIn = parentsOfMissing(files, path)
    files.makeDirectory(path)
    const lock = lockOrRefuse(files, path)
    try {
      return DataDirectory.read(files, path, lock, newNamesIn)
    } catch (error) {
      lock.release()
      throw error
    }
  }

  private static read(files: Files, path: string, lock: FileLock, newNamesIn: readonly string[]): DataDirectory {
    const offsetsIn = (name: string) =>
      files.exists(`${path}/${name}`) ? parseOffsetCheckpoint(files.read(`${path}/${name}`)) : undefined
    const recoveryPoints = offsetsIn(RECOVERY_POINTS)
    return new DataDirectory(
      files,
      path,
      lock,
      newNamesIn,
      files.exists(`${path}/${CLEAN_SHUTDOWN}`),
      recoveryPoints ?? new Map(),
      offsetsIn(LOG_START_OFFSETS) ?? new Map(),
      offsetsIn(COMPACTED_OFFSETS) ?? new Map(),
    )
  }

  /** Records of the partition below were durable in its own files. */
  recoveryPointOf(topic: string, partition: number): number {
    const key = checkpointKey(topic, partition)
    // Only durable records are compacted.
    return Math.max(this.recoveryPoints.get(key) ?? 0, this.compactedOffsets.get(key) ?? 0)
  }

  /** Undefined in a new directory. Throws {@link InconsistentDataDirectoryError}. */
  readIdentity(): DirectoryIdentity | undefined {
    const path = `${this.path}/${META_PROPERTIES}`
    if (!this.files.exists(path)) return undefined
    const properties = parseProperties(this.files.read(path).toString('utf8'))
    const clusterId = properties.get('cluster.id')
    const nodeId = Number(properties.get('node.id'))
    const directoryId = properties.get('directory.id')
    if (properties.get('version') !== '1' || !clusterId || !directoryId || !Number.isInteger(nodeId))
      throw new InconsistentDataDirectoryError(this.path, `has a ${META_PROPERTIES} that is not complete`)
    return { clusterId, nodeId, directoryId }
  }

  writeIdentity({ clusterId, nodeId, directoryId }: DirectoryIdentity): Promise<void> {
    const lines = ['#', `node.id=${nodeId}`, `directory.id=${directoryId}`, 'version=1', `cluster.id=${clusterId}`, '']
    return this.files.replace(`${this.path}/${META_PROPERTIES}`, Buffer.from(lines.join('\n')))
  }

  /** From here on a stop without {@link markClean} needs recovery. The directory's own name is durable then. */
  async begin(): Promise<void> {
    if (this.wasCleanlyClosed) {
      this.files.remove(`${this.path}/${CLEAN_SHUTDOWN}`)
      await this.files.syncDirectory(this.path)
    } else {
      for (const parent of this.newNamesIn) await this.syncParent(parent)
    }
  }

  private async syncParent(parent: string): Promise<void> {
    try {
      await this.files.syncDirectory(parent)
    } catch (error) {
      // Who may use a directory need not be allowed to open the one above it.
      if (!(error instanceof FileError) || error.code !== 'EACCES') throw error
    }
  }

  /** The last thing to be written: everything else is durable. */
  markClean(): Promise<void> {
    return this.files.replace(`${this.path}/${CLEAN_SHUTDOWN}`, Buffer.from('{"version":0,"brokerEpoch":0}'))
  }

  writeRecoveryPoints(offsets: PartitionOffsets): Promise<void> {
    return this.files.replace(`${this.path}/${RECOVERY_POINTS}`, printOffsetCheckpoint(offsets))
  }

  /** Never read here: a log is durable up to its high watermark. For who takes the directory over with Kafka. */
  writeHighWatermarks(offsets: PartitionOffsets): Promise<void> {
    return this.files.replace(`${this.path}/${HIGH_WATERMARKS}`, printOffsetCheckpoint(offsets))
  }

  writeLogStartOffsets(offsets: PartitionOffsets): Promise<void> {
    return this.files.replace(`${this.path}/${LOG_START_OFFSETS}`, printOffsetCheckpoint(offsets))
  }

  writeCompactedOffsets(offsets: PartitionOffsets): Promise<void> {
    return this.files.replace(`${this.path}/${COMPACTED_OFFSETS}`, printOffsetCheckpoint(offsets))
  }

  /** Idempotent. */
  release(): void {
    this.lock.release()
  }
}

/** The directory above `path`, and those above each directory on the way that does not exist. */
function parentsOfMissing(files: Files, path: string): string[] {
  const slash = path.replace(/\/+$/, '').lastIndexOf('/')
  const parent = slash < 0 ? '.' : path.slice(0, Math.max(slash, 1))
  return files.exists(parent) ? [parent] : [parent, ...parentsOfMissing(files, parent)]
}

function lockOrRefuse(files: Files, path: string): FileLock {
  try {
    return files.lock(`${path}/${LOCK}`)
  } catch (error) {
    if (error instanceof FileError && error.code === 'ELOCKED') throw new DataDirectoryInUseError(path)
    throw error
  }
}

function parseProperties(text: string): ReadonlyMap<string, string> {
  const properties = new Map<string, string>()
  for (const line of text.split('\n')) {
    const match = /^\s*([^#!\s=]+)\s*=\s*(.*?)\s*$/.exec(line)
    if (match !== null) properties.set(match[1]!, match[2]!)
  }
  return properties
}
