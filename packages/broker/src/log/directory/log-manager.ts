import {
  type Clock,
  type Codecs,
  FileError,
  type Files,
  type Random,
  randomUuid,
  type Timer,
  type Timers,
} from '@millrace/platform'
import { dataDirectories, type LogConfig } from '../../config/log-config.ts'
import type { TopicConfig } from '../../config/topic-config.ts'
import { createLog, loadLog } from '../log-loading.ts'
import type { LogIdentity, UnsyncedNames } from '../log-surroundings.ts'
import { PartitionLog } from '../partition-log.ts'
import { ReadBuffers } from '../read-buffers.ts'
import { SyncScheduler } from '../sync-scheduler.ts'
import { checkpointKey, type PartitionOffsets } from './checkpoint-file.ts'
import { CoalescedWrite } from './coalesced-write.ts'
import { DataDirectory, InconsistentDataDirectoryError, newKafkaUuid } from './data-directory.ts'
import {
  isDeletedDirectory,
  parsePartitionDirectory,
  partitionName,
  type RetiredDirectoryKind,
  retiredDirectoryName,
} from './file-names.ts'
import { partitionMetadataPath, readPartitionTopicId, writePartitionMetadata } from './partition-files.ts'

export type { LogIdentity } from '../log-surroundings.ts'

/** How often silent producers are forgotten. */
const PRODUCER_EXPIRATION_CHECK_MS = 600_000
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

interface Identified {
  readonly directory: DataDirectory
  readonly id: string
}

interface Opened {
  readonly log: PartitionLog
  readonly wasScanned: boolean
  readonly truncatedBytes: number
  readonly damageCount: number
}

const NOTHING_UNSYNCED: UnsyncedNames = { directories: [], files: [] }

/** All partition logs of the process, spread over one or several data directories. */
export class LogManager {
  private readonly byTopic = new Map<string, Map<number, PartitionLog>>()
  /** Partitions that could not be created (the disk was full): tried again when asked for. */
  private readonly missing = new Map<string, PartitionToOpen>()
  private retiredTopicIds: ReadonlySet<string> = new Set()
  private readonly syncs: SyncScheduler
  private readonly readBuffers = new ReadBuffers()
  private readonly timers = new Set<Timer>()
  private readonly starts = new Map<DataDirectory, CoalescedWrite>()
  private isCheckpointDue = false
  private closing: Promise<void> | undefined

  private constructor(
    readonly platform: LogPlatform,
    readonly config: LogConfig,
    readonly clusterId: string,
    private readonly identified: readonly Identified[],
  ) {
    this.syncs = new SyncScheduler(platform.timers)
  }

  /**
   * Locks the directories, reads or writes their `meta.properties`. No partition is open yet.
   * Throws DataDirectoryInUseError, InconsistentDataDirectoryError.
   */
  static async open(platform: LogPlatform, config: LogConfig): Promise<LogManager> {
    const opened: DataDirectory[] = []
    try {
      for (const path of dataDirectories(config)) opened.push(DataDirectory.open(platform.files, path))
      const clusterId = commonClusterId(opened, config['node.id']) ?? newKafkaUuid(platform.random)
      const identified: Identified[] = []
      for (const directory of opened)
        identified.push(await identify(directory, clusterId, platform.random, config['node.id']))

      for (const directory of opened) await directory.begin()
      const manager = new LogManager(platform, config, clusterId, identified)
      manager.repeat(config['log.flush.offset.checkpoint.interval.ms'], () => manager.checkpointAll())
      manager.repeat(PRODUCER_EXPIRATION_CHECK_MS, () => manager.expireProducers())
      manager.checkRetentionIn(Math.min(FIRST_RETENTION_CHECK_MS, config['log.retention.check.interval.ms']))
      return manager
    } catch (error) {
      for (const directory of opened) directory.release()
      throw error
    }
  }

  get nodeId(): number {
    return this.config['node.id']
  }
  /** Paths and ids (Kafka's text form) of the data directories; offline if one of their partitions is. */
  get directories(): readonly { readonly path: string; readonly id: string; readonly isOffline: boolean }[] {
    return this.identified.map(({ directory, id }) => ({
      path: directory.path,
      id,
      isOffline: this.logsIn(directory).some(log => log.offlineReason !== undefined),
    }))
  }
  /** Whether every directory was closed cleanly. */
  get wasCleanlyClosed(): boolean {
    return this.identified.every(({ directory }) => directory.wasCleanlyClosed)
  }

  /** Opens one partition, recovering or creating it if need be. */
  async openPartition(partition: PartitionToOpen): Promise<PartitionLog> {
    return (await this.openOrCreate(partition, this.findDirectories())).log
  }

  /**
   * Opens existing partitions, recovering those that need it, a few at a time in each data directory; creates those that
   * are missing. Directories of other partitions are put aside.
   */
  async openAll(
    partitions: readonly PartitionToOpen[],
    onProgress: (progress: RecoveryProgress) => void = () => {},
  ): Promise<void> {
    const found = this.findDirectories()
    let partitionsDone = 0
    const open = async (partition: PartitionToOpen) => {
      const { log, wasScanned, truncatedBytes, damageCount } = await this.openOrCreate(partition, found)
      partitionsDone++
      const partitionCount = partitions.length
      onProgress({ partitionsDone, partitionCount, partition: log.name, wasScanned, truncatedBytes, damageCount })
    }
    const queue = partitions.filter(({ topic, partition }) => this.get(topic, partition) === undefined).values()
    const laneCount = this.config['num.recovery.threads.per.data.dir'] * this.identified.length
    await Promise.all(
      Array.from({ length: laneCount }, async () => {
        for (const partition of queue) await open(partition)
      }),
    )
    for (const paths of found.values()) for (const path of paths) this.retire(path)
    for (const { directory } of this.identified) {
      if (!directory.wasCleanlyClosed) await this.platform.files.syncDirectory(directory.path)
      // A topic that was deleted and comes again must not inherit the offsets of the old one.
      await this.writeCheckpoints(directory).catch(ignoreFileError)
    }
  }

  /** The directories of these deleted topics may still be there: {@link openAll} removes them. */
  retireTopics(topicIds: ReadonlySet<string>): void {
    this.retiredTopicIds = topicIds
  }

  /**
   * A new, empty partition. Its files become durable with its first records. On a full disk there is none yet; `get` tries
   * again.
   */
  create(identity: LogIdentity, config: TopicConfig): PartitionLog | undefined {
    const name = partitionName(identity.topic, identity.partition)
    try {
      const log = this.createIn(this.emptiestDirectory(), identity, config)
      this.missing.delete(name)
      return log
    } catch (error) {
      ignoreFileError(error)
      this.missing.set(name, { ...identity, config })
      return undefined
    }
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
      const path = this.setAside(log.directory, 'delete')
      this.after(log.config['file.delete.delay.ms'], () => this.removeTree(path))
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
    this.cancelTimers()
    this.syncs.halt()
    for (const log of this.logs()) log.abandon()
    for (const { directory } of this.identified) directory.release()
  }

  private async closeDirectories(): Promise<void> {
    this.cancelTimers()
    for (const { directory } of this.identified) {
      const closed = await Promise.all(this.logsIn(directory).map(log => log.close()))
      try {
        await this.writeCheckpoints(directory)
        if (closed.every(isClean => isClean)) await directory.markClean()
      } catch (error) {
        // Without the mark the next start recovers.
        ignoreFileError(error)
      } finally {
        directory.release()
      }
    }
  }

  private async openOrCreate(partition: PartitionToOpen, found: ReadonlyMap<string, string[]>): Promise<Opened> {
    const { topic, topicId, partition: index, config } = partition
    const identity = { topic, topicId, partition: index }
    const paths = found.get(partitionName(topic, index)) ?? []
    const own = paths.findIndex(path => {
      const writtenId = readPartitionTopicId(this.platform.files, path)
      // An unreadable id is one that a crash kept from the disk, and every record of the partition with it.
      return writtenId === undefined || writtenId === topicId
    })
    if (own >= 0) return await this.openIn(paths.splice(own, 1)[0]!, identity, config)
    for (const path of paths.splice(0)) this.retire(path)
    const log = this.createIn(this.emptiestDirectory(), identity, config)
    return { log, wasScanned: false, truncatedBytes: 0, damageCount: 0 }
  }

  private async openIn(path: string, identity: LogIdentity, config: TopicConfig): Promise<Opened> {
    const { files, codecs, clock, random } = this.platform
    const name = partitionName(identity.topic, identity.partition)
    const { directory } = this.identified.find(each => path === `${each.directory.path}/${name}`)!
    const key = checkpointKey(identity.topic, identity.partition)
    const compactedOffset = directory.compactedOffsets.get(key)
    const loaded = await loadLog({
      files,
      codecs,
      directory: path,
      config,
      wasCleanlyClosed: directory.wasCleanlyClosed,
      // Only durable records are compacted.
      recoveryPoint: Math.max(directory.recoveryPoints.get(key) ?? 0, compactedOffset ?? 0),
      logStartOffset: directory.logStartOffsets.get(key) ?? 0,
      nowMs: clock.nowMs(),
    })
    const { wasScanned, truncatedBytes, damageCount } = loaded
    if (wasScanned) writePartitionMetadata(files, path, identity.topicId)
    const unsynced = wasScanned ? newNames(directory, path) : NOTHING_UNSYNCED
    const log = new PartitionLog(
      { ...this.platform, syncs: this.syncs, readBuffers: this.readBuffers },
      {
        identity,
        config,
        directory: path,
        unsynced,
        loaded,
        jitterShare: random.next(),
        checkpointStart: () => this.startsOf(directory).request(),
      },
    )
    log.compactedOffset = compactedOffset
    this.register(log)
    return { log, wasScanned, truncatedBytes, damageCount }
  }

  private createIn(directory: DataDirectory, identity: LogIdentity, config: TopicConfig): PartitionLog {
    const { files, clock, random } = this.platform
    const path = `${directory.path}/${partitionName(identity.topic, identity.partition)}`
    if (files.exists(path)) this.retire(path)
    const log = new PartitionLog(
      { ...this.platform, syncs: this.syncs, readBuffers: this.readBuffers },
      {
        identity,
        config,
        directory: path,
        unsynced: newNames(directory, path),
        loaded: createLog(files, path, identity.topicId, clock.nowMs()),
        jitterShare: random.next(),
        checkpointStart: () => this.startsOf(directory).request(),
      },
    )
    this.register(log)
    return log
  }

  /** Partition directories that are not open, by name. Finishes deletions on the way. */
  private findDirectories(): Map<string, string[]> {
    const { files } = this.platform
    const found = new Map<string, string[]>()
    for (const { directory } of this.identified)
      for (const name of files.list(directory.path)) {
        const path = `${directory.path}/${name}`
        if (isDeletedDirectory(name)) files.removeTree(path)
        const parsed = parsePartitionDirectory(name)
        if (
          parsed === undefined ||
          this.byTopic.get(parsed.topic)?.has(parsed.partition) ||
          !files.stat(path).isDirectory
        )
          continue
        found.set(name, [...(found.get(name) ?? []), path])
      }
    return found
  }

  /** A partition's directory that no topic has: removed if its topic was deleted, else kept under another name. */
  private retire(path: string): void {
    const { files } = this.platform
    const topicId = readPartitionTopicId(files, path)
    const wasDeleted = topicId !== undefined && this.retiredTopicIds.has(topicId)
    const retiredPath = this.setAside(path, wasDeleted ? 'delete' : 'stray')
    if (wasDeleted) files.removeTree(retiredPath)
  }

  private setAside(path: string, kind: RetiredDirectoryKind): string {
    const { files, random } = this.platform
    const slash = path.lastIndexOf('/')
    const uniqueHex = randomUuid(random).replaceAll('-', '')
    const retiredPath = `${path.slice(0, slash)}/${retiredDirectoryName(path.slice(slash + 1), uniqueHex, kind)}`
    files.rename(path, retiredPath)
    return retiredPath
  }

  private register(log: PartitionLog): void {
    const partitions = this.byTopic.get(log.topic) ?? new Map<number, PartitionLog>()
    this.byTopic.set(log.topic, partitions.set(log.partition, log))
  }

  private unregister(log: PartitionLog): void {
    const partitions = this.byTopic.get(log.topic)!
    partitions.delete(log.partition)
    if (partitions.size === 0) this.byTopic.delete(log.topic)
  }

  private logsIn({ path }: DataDirectory): PartitionLog[] {
    return [...this.logs()].filter(log => log.directory === `${path}/${log.name}`)
  }

  private emptiestDirectory(): DataDirectory {
    const [first, ...others] = this.identified.map(({ directory }) => directory)
    if (others.length === 0) return first!
    const countOf = (directory: DataDirectory) => this.logsIn(directory).length
    return others.reduce((emptiest, each) => (countOf(each) < countOf(emptiest) ? each : emptiest), first!)
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
    for (const { directory } of this.identified)
      if (log.directory.startsWith(`${directory.path}/`)) await this.writeCheckpoints(directory)
  }

  /** Failing is harmless: recovery then begins earlier. */
  private checkpointAll(): void {
    for (const { directory } of this.identified) this.writeCheckpoints(directory).catch(ignoreFileError)
  }

  private async writeCheckpoints(directory: DataDirectory): Promise<void> {
    const logs = this.logsIn(directory)
    await directory.writeRecoveryPoints(offsetsOf(logs, log => log.recoveryPoint))
    await this.writeStarts(directory)
    const compacted = logs.filter(log => log.compactedOffset !== undefined)
    await directory.writeCompactedOffsets(offsetsOf(compacted, log => log.compactedOffset ?? 0))
  }

  private writeStarts(directory: DataDirectory): Promise<void> {
    const withCutStart = this.logsIn(directory).filter(log => log.hasCutStart)
    return directory.writeLogStartOffsets(offsetsOf(withCutStart, log => log.logStartOffset))
  }

  private startsOf(directory: DataDirectory): CoalescedWrite {
    const known = this.starts.get(directory)
    if (known !== undefined) return known
    const write = new CoalescedWrite(() => this.writeStarts(directory))
    this.starts.set(directory, write)
    return write
  }

  private checkRetentionIn(delayMs: number): void {
    this.after(delayMs, () => {
      this.checkRetention().finally(() => this.checkRetentionIn(this.config['log.retention.check.interval.ms']))
    })
  }

  private async checkRetention(): Promise<void> {
    const nowMs = this.platform.clock.nowMs()
    let looked = 0
    for (const log of [...this.logs()]) {
      await log.deleteOldSegments(nowMs)
      if (++looked % LOGS_PER_TURN === 0) await new Promise<void>(resolve => this.platform.timers.soon(resolve))
    }
  }

  private expireProducers(): void {
    const nowMs = this.platform.clock.nowMs()
    for (const log of this.logs()) log.expireProducers(nowMs, this.config['producer.id.expiration.ms'])
  }

  private repeat(intervalMs: number, work: () => void): void {
    this.after(intervalMs, () => {
      this.repeat(intervalMs, work)
      work()
    })
  }

  private after(delayMs: number, work: () => void): void {
    if (this.closing !== undefined) return
    const timer = this.platform.timers.after(delayMs, () => {
      this.timers.delete(timer)
      work()
    })
    this.timers.add(timer)
  }

  private cancelTimers(): void {
    for (const timer of this.timers) timer.cancel()
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

async function identify(
  directory: DataDirectory,
  clusterId: string,
  random: Random,
  nodeId: number,
): Promise<Identified> {
  const known = directory.readIdentity()
  if (known !== undefined) return { directory, id: known.directoryId }
  const id = newKafkaUuid(random)
  await directory.writeIdentity({ clusterId, nodeId, directoryId: id })
  return { directory, id }
}

function offsetsOf(logs: readonly PartitionLog[], offsetOf: (log: PartitionLog) => number): PartitionOffsets {
  return new Map(logs.map(log => [checkpointKey(log.topic, log.partition), offsetOf(log)]))
}

function newNames(directory: DataDirectory, path: string): UnsyncedNames {
  return { directories: [directory.path, path], files: [partitionMetadataPath(path)] }
}

function ignoreFileError(error: unknown): void {
  if (!(error instanceof FileError)) throw error
}
