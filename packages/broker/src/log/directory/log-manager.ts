import { type Clock, type Codecs, FileError, type Files, type Random, type Timers } from '@millrace/platform'
import { dataDirectories, type LogConfig } from '../../config/log-config.ts'
import type { TopicConfig } from '../../config/topic-config.ts'
import { ReusableBuffers } from '../../memory/reusable-buffers.ts'
import { replayJournal } from '../journal/journal-recovery.ts'
import { SyncJournal } from '../journal/sync-journal.ts'
import { createLog, type LoadedLog, loadLog } from '../log-loading.ts'
import type { LogIdentity, LogSurroundings, UnsyncedNames } from '../log-surroundings.ts'
import { offlineLog } from '../offline-log.ts'
import { PartitionLog } from '../partition-log.ts'
import type { StorageFailure } from '../storage-failure.ts'
import { SyncScheduler } from '../sync-scheduler.ts'
import { checkpointKey } from './checkpoint-file.ts'
import { Checkpoints } from './checkpoints.ts'
import { DataDirectories } from './data-directories.ts'
import { type DataDirectory, UnusableDataDirectoryError } from './data-directory.ts'
import { partitionName } from './file-names.ts'
import { type FoundDirectories, PartitionDirectories } from './partition-directories.ts'
import { partitionMetadataPath, readPartitionTopicId, writePartitionMetadata } from './partition-files.ts'
import { RecurringWork } from './recurring-work.ts'

export type { LogIdentity } from '../log-surroundings.ts'

/** Kafka's `log.initial.task.delay.ms`: a start has other things to do than to look for old segments. */
const FIRST_RETENTION_CHECK_MS = 30_000
/** Logs that are looked at in one turn of the event loop. */
const LOGS_PER_TURN = 50

export interface LogPlatform {
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly files: Files
  readonly codecs: Codecs
}

export interface PartitionToOpen extends LogIdentity {
  readonly config: TopicConfig
}

export interface RecoveryProgress {
  readonly partitionsDone: number
  readonly partitionCount: number
  /** `<topic>-<partition>` of the partition last finished. */
  readonly partition: string
  /** False if the partition was stopped cleanly and only opened. */
  readonly wasScanned: boolean
  /** Bytes cut off as a torn tail. */
  readonly truncatedBytes: number
  /** Stretches of damaged records that lie before the end and stay: reading them gives CORRUPT_MESSAGE. */
  readonly damageCount: number
}

interface Opened {
  readonly log: PartitionLog
  readonly found: Pick<LoadedLog, 'wasScanned' | 'truncatedBytes' | 'damageCount'>
}

/** One data directory: its logs and what is written down of them. */
interface Shelf {
  readonly directory: DataDirectory
  /** Kafka's text form. */
  readonly id: string
  readonly logs: Set<PartitionLog>
  readonly checkpoints: Checkpoints
  readonly journal: SyncJournal
}

const NOTHING_UNSYNCED: UnsyncedNames = { directories: [], files: [] }
const NOTHING_FOUND = { wasScanned: false, truncatedBytes: 0, damageCount: 0 }

/** All partition logs of the process, spread over one or several data directories. */
export class LogManager {
  private readonly byTopic = new Map<string, Map<number, PartitionLog>>()
  /** Partitions that could not be created (the disk was full): tried again when asked for. */
  private readonly missing = new Map<string, PartitionToOpen>()
  private readonly shelves: readonly Shelf[]
  private readonly partitionDirectories: PartitionDirectories
  private readonly surroundings: LogSurroundings
  private readonly syncs: SyncScheduler
  private readonly work: RecurringWork
  private isCheckpointDue = false
  private closing: Promise<void> | undefined

  private constructor(
    readonly platform: LogPlatform,
    readonly config: LogConfig,
    private readonly dataDirectories: DataDirectories,
    private readonly onFailure: (failure: StorageFailure) => void,
  ) {
    this.syncs = new SyncScheduler(platform.timers)
    this.surroundings = { ...platform, syncs: this.syncs, readBuffers: new ReusableBuffers() }
    this.partitionDirectories = new PartitionDirectories(platform.files, platform.random, dataDirectories)
    this.work = new RecurringWork(platform.timers)
    this.shelves = dataDirectories.usable.map(({ directory, id }) => {
      const logs = new Set<PartitionLog>()
      const { files, codecs } = platform
      return {
        directory,
        id,
        logs,
        checkpoints: new Checkpoints(directory, () => [...logs]),
        journal: new SyncJournal(files, codecs, directory.path, target => this.syncs.syncFilesOf(target)),
      }
    })
  }

  /**
   * Locks the directories, reads or writes their `meta.properties`. No partition is open yet. `onFailure` is told, once each,
   * of directories that cannot be used and of partitions that go offline.
   *
   * Throws DataDirectoryInUseError, InconsistentDataDirectoryError, UnusableDataDirectoryError (the first one, which has the
   * metadata).
   */
  static async open(
    platform: LogPlatform,
    config: LogConfig,
    onFailure: (failure: StorageFailure) => void = () => {},
  ): Promise<LogManager> {
    const directories = await DataDirectories.open(platform, dataDirectories(config), config['node.id'])
    for (const { path, reason } of directories.broken) onFailure({ partition: null, path, reason })
    try {
      for (const directory of directories) replayJournalOf(directory, platform)
    } catch (error) {
      directories.release()
      throw error
    }
    const manager = new LogManager(platform, config, directories, onFailure)
    manager.beginWork()
    return manager
  }

  private beginWork(): void {
    const {
      'log.flush.offset.checkpoint.interval.ms': checkpointMs,
      'log.flush.start.offset.checkpoint.interval.ms': startCheckpointMs,
      'log.retention.check.interval.ms': retentionCheckMs,
      'producer.id.expiration.check.interval.ms': expirationCheckMs,
    } = this.config
    this.work.every(checkpointMs, () => this.checkpointAll())
    this.work.every(startCheckpointMs, () => this.checkpointStarts())
    this.work.every(expirationCheckMs, () => this.expireProducers())
    this.work.every(retentionCheckMs, () => this.checkRetention(), Math.min(FIRST_RETENTION_CHECK_MS, retentionCheckMs))
  }

  get clusterId(): string {
    return this.dataDirectories.clusterId
  }
  get nodeId(): number {
    return this.config['node.id']
  }
  /**
   * Paths and ids (Kafka's text form; empty if it could not be read) of the data directories, as configured. Offline if it
   * cannot be used or one of its partitions is offline.
   */
  get directories(): readonly { readonly path: string; readonly id: string; readonly isOffline: boolean }[] {
    return dataDirectories(this.config).map(path => {
      const shelf = this.shelves.find(each => each.directory.path === path)
      return { path, id: shelf?.id ?? '', isOffline: shelf === undefined || hasFailed(shelf) }
    })
  }
  /** Whether every directory was closed cleanly. */
  get wasCleanlyClosed(): boolean {
    return this.dataDirectories.wereCleanlyClosed
  }

  /** Opens one partition, recovering or creating it if need be. One that a broken directory may have is an error. */
  async openPartition(partition: PartitionToOpen): Promise<PartitionLog> {
    const found = this.findDirectories()
    const path = this.takeOwn(partition, found)
    if (path !== undefined) return (await this.openIn(path, partition)).log
    const broken = this.dataDirectories.broken[0]
    if (broken !== undefined) throw new UnusableDataDirectoryError(broken.path, broken.reason)
    return this.createAnew(partition, found)
  }

  /**
   * Opens existing partitions, recovering those that need it, a few at a time in each data directory; creates those that
   * are missing. Those that the disk does not give are offline. Directories of other partitions are put aside.
   */
  async openAll(
    partitions: readonly PartitionToOpen[],
    onProgress: (progress: RecoveryProgress) => void = () => {},
  ): Promise<void> {
    const found = this.findDirectories()
    let partitionsDone = 0
    const open = async (partition: PartitionToOpen) => {
      const { log, found: outcome } = await this.openOrCreate(partition, found)
      partitionsDone++
      onProgress({ ...outcome, partitionsDone, partitionCount: partitions.length, partition: log.name })
    }
    const queue = partitions.filter(({ topic, partition }) => this.get(topic, partition) === undefined).values()
    const laneCount = this.config['num.recovery.threads.per.data.dir'] * this.shelves.length
    await Promise.all(
      Array.from({ length: laneCount }, async () => {
        for (const partition of queue) await open(partition)
      }),
    )
    for (const path of found.allLeft) this.partitionDirectories.retire(path)
    for (const shelf of this.shelves) {
      const { directory, checkpoints, journal } = shelf
      // What the journal has of an offline log is needed at the next start.
      if (!hasFailed(shelf)) journal.begin()
      if (!directory.wasCleanlyClosed) await this.platform.files.syncDirectory(directory.path)
      // A topic that was deleted and comes again must not inherit the offsets of the old one.
      await checkpoints.write().catch(ignoreFileError)
    }
  }

  /** The directories of these deleted topics may still be there: {@link openAll} removes them. */
  retireTopics(topicIds: ReadonlySet<string>): void {
    this.partitionDirectories.retiredTopicIds = topicIds
  }

  /**
   * A new, empty partition, in the first of the emptiest directories that takes it. Its files become durable with its first
   * records. If all disks are full there is none yet; `get` tries again.
   */
  create(identity: LogIdentity, config: TopicConfig): PartitionLog | undefined {
    const name = partitionName(identity.topic, identity.partition)
    for (const shelf of this.emptiestFirst())
      try {
        const log = this.createIn(shelf, identity, config)
        this.missing.delete(name)
        return log
      } catch (error) {
        ignoreFileError(error)
      }
    this.missing.set(name, { ...identity, config })
    return undefined
  }

  /** Undefined when there is none. */
  get(topic: string, partition: number): PartitionLog | undefined {
    const log = this.byTopic.get(topic)?.get(partition)
    if (log !== undefined || this.missing.size === 0) return log
    const missing = this.missing.get(partitionName(topic, partition))
    if (missing === undefined) return undefined
    return this.create({ topic, topicId: missing.topicId, partition }, missing.config)
  }

  /** Takes the partition out of service at once; its files go after `file.delete.delay.ms`. Missing: does nothing. */
  delete(topic: string, partition: number): void {
    this.missing.delete(partitionName(topic, partition))
    const log = this.byTopic.get(topic)?.get(partition)
    if (log === undefined) return
    this.unregister(log)
    log.abandon()
    this.checkpointSoon()
    try {
      const path = this.partitionDirectories.setAside(log.directory, 'delete')
      this.work.after(log.config['file.delete.delay.ms'], () => this.removeTree(path))
    } catch (error) {
      // The next start finds the directory of a deleted topic.
      ignoreFileError(error)
    }
  }

  private removeTree(path: string): void {
    try {
      this.platform.files.removeTree(path)
    } catch (error) {
      ignoreFileError(error)
    }
  }

  *logs(): Generator<PartitionLog, void, undefined> {
    for (const partitions of this.byTopic.values()) yield* partitions.values()
  }

  /** Syncs everything, writes indexes, producer snapshots, checkpoints and the clean-shutdown marks, unlocks. Idempotent. */
  close(): Promise<void> {
    this.closing ??= this.closeDirectories()
    return this.closing
  }

  /** Drops everything as `kill -9` would; only the locks are given back. */
  halt(): void {
    this.closing ??= Promise.resolve()
    this.work.stop()
    this.syncs.halt()
    for (const log of this.logs()) log.abandon()
    for (const { journal } of this.shelves) journal.close()
    this.dataDirectories.release()
  }

  private async closeDirectories(): Promise<void> {
    this.work.stop()
    for (const { directory, logs, checkpoints, journal } of this.shelves) {
      journal.stop()
      const closed = await Promise.all([...logs].map(log => log.close()))
      try {
        await checkpoints.writeAll()
        if (closed.every(isClean => isClean)) {
          journal.remove()
          await directory.markClean()
        }
      } catch (error) {
        // Without the mark the next start recovers.
        ignoreFileError(error)
      } finally {
        journal.close()
        directory.release()
      }
    }
    for (const log of this.logs()) log.abandon()
  }

  private async openOrCreate(partition: PartitionToOpen, found: FoundDirectories): Promise<Opened> {
    const path = this.takeOwn(partition, found)
    if (path !== undefined) {
      try {
        return await this.openIn(path, partition)
      } catch (error) {
        if (!(error instanceof FileError)) throw error
        this.onFailure({ partition: partitionName(partition.topic, partition.partition), path, reason: error })
        return { log: this.offline(partition, this.dataDirectories.of(path).path, error), found: NOTHING_FOUND }
      }
    }
    // A directory that cannot be read may have it: a new one would hide the records there.
    const broken = this.dataDirectories.broken[0]
    const log =
      broken === undefined ? this.createAnew(partition, found) : this.offline(partition, broken.path, broken.reason)
    return { log, found: NOTHING_FOUND }
  }

  private takeOwn({ topic, topicId, partition }: LogIdentity, found: FoundDirectories): string | undefined {
    return found.take(topic, partition, path => {
      const writtenId = readPartitionTopicId(this.platform.files, path)
      // An unreadable id is one that a crash kept from the disk, and every record of the partition with it.
      return writtenId === undefined || writtenId === topicId
    })
  }

  private createAnew(partition: PartitionToOpen, found: FoundDirectories): PartitionLog {
    for (const path of found.left(partition.topic, partition.partition)) this.partitionDirectories.retire(path)
    return this.createIn(this.emptiestFirst()[0]!, identityOf(partition), partition.config)
  }

  private async openIn(path: string, partition: PartitionToOpen): Promise<Opened> {
    const { files, codecs, clock } = this.platform
    const { directory } = this.shelfOf(path)
    const key = checkpointKey(partition.topic, partition.partition)
    const compactedOffset = directory.compactedOffsets.get(key)
    const loaded = await loadLog({
      files,
      codecs,
      directory: path,
      config: partition.config,
      wasCleanlyClosed: directory.wasCleanlyClosed,
      recoveryPoint: directory.recoveryPointOf(partition.topic, partition.partition),
      logStartOffset: directory.logStartOffsets.get(key) ?? 0,
      nowMs: clock.nowMs(),
    })
    if (loaded.wasScanned) writePartitionMetadata(files, path, partition.topicId)
    const unsynced = loaded.wasScanned ? newNames(directory, path) : NOTHING_UNSYNCED
    const log = this.register(path, identityOf(partition), partition.config, loaded, unsynced)
    log.compactedOffset = compactedOffset
    return { log, found: loaded }
  }

  private createIn({ directory }: Shelf, identity: LogIdentity, config: TopicConfig): PartitionLog {
    const { files, clock } = this.platform
    const path = `${directory.path}/${partitionName(identity.topic, identity.partition)}`
    if (files.exists(path)) this.partitionDirectories.retire(path)
    const loaded = createLog(files, path, identity.topicId, clock.nowMs())
    return this.register(path, identity, config, loaded, newNames(directory, path))
  }

  private register(
    path: string,
    identity: LogIdentity,
    config: TopicConfig,
    loaded: LoadedLog,
    unsynced: UnsyncedNames,
  ): PartitionLog {
    const { logs, checkpoints, journal } = this.shelfOf(path)
    const log = new PartitionLog(this.surroundings, {
      identity,
      config,
      directory: path,
      unsynced,
      loaded,
      jitterShare: this.platform.random.next(),
      checkpointStart: () => checkpoints.requestStarts(),
      journal,
      onOffline: reason => this.onFailure({ partition: log.name, path, reason }),
    })
    logs.add(log)
    this.enter(log)
    return log
  }

  private offline(partition: PartitionToOpen, directory: string, reason: Error): PartitionLog {
    const shelf = this.shelves.find(each => each.directory.path === directory)
    const key = checkpointKey(partition.topic, partition.partition)
    const log = offlineLog(
      {
        identity: identityOf(partition),
        config: partition.config,
        directory,
        reason,
        logStartOffset: shelf?.directory.logStartOffsets.get(key) ?? 0,
        recoveryPoint: shelf?.directory.recoveryPoints.get(key) ?? 0,
      },
      this.surroundings,
    )
    log.compactedOffset = shelf?.directory.compactedOffsets.get(key)
    shelf?.logs.add(log)
    this.enter(log)
    return log
  }

  private enter(log: PartitionLog): void {
    const partitions = this.byTopic.get(log.topic) ?? new Map<number, PartitionLog>()
    this.byTopic.set(log.topic, partitions.set(log.partition, log))
  }

  private unregister(log: PartitionLog): void {
    const partitions = this.byTopic.get(log.topic)!
    partitions.delete(log.partition)
    if (partitions.size === 0) this.byTopic.delete(log.topic)
    for (const { logs } of this.shelves) logs.delete(log)
  }

  private shelfOf(partitionPath: string): Shelf {
    const directory = this.dataDirectories.of(partitionPath)
    return this.shelves.find(shelf => shelf.directory === directory)!
  }

  /** Those without failures before the others. */
  private emptiestFirst(): readonly Shelf[] {
    return this.shelves.toSorted((a, b) => Number(hasFailed(a)) - Number(hasFailed(b)) || a.logs.size - b.logs.size)
  }

  private findDirectories(): FoundDirectories {
    return this.partitionDirectories.find((topic, partition) => this.byTopic.get(topic)?.has(partition) === true)
  }

  private checkpointSoon(): void {
    if (this.isCheckpointDue) return
    this.isCheckpointDue = true
    this.platform.timers.soon(() => {
      this.isCheckpointDue = false
      if (this.closing === undefined) this.checkpointAll()
    })
  }

  /** Writes down how far the logs of this one's directory are durable and compacted; resolves once that is durable. */
  async checkpoint(log: { readonly directory: string }): Promise<void> {
    await this.shelfOf(log.directory).checkpoints.write()
  }

  /** Failing is harmless: recovery then begins earlier. */
  private checkpointAll(): void {
    for (const { checkpoints } of this.shelves) checkpoints.writeAll().catch(ignoreFileError)
  }

  private checkpointStarts(): void {
    for (const { checkpoints } of this.shelves) checkpoints.requestStarts().catch(ignoreFileError)
  }

  private expireProducers(): void {
    const nowMs = this.platform.clock.nowMs()
    for (const log of this.logs()) log.expireProducers(nowMs, this.config['producer.id.expiration.ms'])
  }

  private async checkRetention(): Promise<void> {
    const nowMs = this.platform.clock.nowMs()
    let looked = 0
    for (const log of [...this.logs()]) {
      await log.deleteOldSegments(nowMs)
      if (++looked % LOGS_PER_TURN === 0) await new Promise<void>(resolve => this.platform.timers.soon(resolve))
    }
  }
}

function identityOf({ topic, topicId, partition }: LogIdentity): LogIdentity {
  return { topic, topicId, partition }
}

function hasFailed({ logs }: Shelf): boolean {
  for (const log of logs) if (log.offlineReason !== undefined) return true
  return false
}

/** A directory that was closed cleanly may have one that is older than that. */
function replayJournalOf(directory: DataDirectory, { files, codecs }: LogPlatform): void {
  if (directory.wasCleanlyClosed) return
  const recoveryPointOf = (topic: string, partition: number) => directory.recoveryPointOf(topic, partition)
  try {
    replayJournal(files, directory.path, recoveryPointOf, codecs)
  } catch (error) {
    throw error instanceof FileError ? new UnusableDataDirectoryError(directory.path, error) : error
  }
}

function newNames(directory: DataDirectory, path: string): UnsyncedNames {
  return { directories: [directory.path, path], files: [partitionMetadataPath(path)] }
}

function ignoreFileError(error: unknown): void {
  if (!(error instanceof FileError)) throw error
}
