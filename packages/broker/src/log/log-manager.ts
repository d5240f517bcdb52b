import type { Clock, Codecs, Files, Random, Timers } from '@millrace/platform'
import type { LogConfig } from '../config/log-config.ts'
import type { TopicConfig } from '../config/topic-config.ts'
import type { PartitionLog } from './partition-log.ts'

export interface LogPlatform {
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly files: Files
  readonly codecs: Codecs
}

/** Which partition a log belongs to. */
export interface LogIdentity {
  readonly topic: string
  readonly topicId: string
  readonly partition: number
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
}

/** All partition logs of the process, spread over one or several data directories. */
export declare class LogManager {
  /**
   * Locks the directories, reads or writes their `meta.properties`. No partition is open yet.
   * Throws DataDirectoryInUseError, InconsistentDataDirectoryError.
   */
  static open(platform: LogPlatform, config: LogConfig): Promise<LogManager>
  readonly clusterId: string
  readonly nodeId: number
  /** Paths and ids (Kafka's text form) of the data directories. */
  readonly directories: readonly { readonly path: string; readonly id: string; readonly isOffline: boolean }[]
  /** Whether every directory was closed cleanly. */
  readonly wasCleanlyClosed: boolean

  /** Opens existing partitions, recovering those that need it, a few at a time; creates those that are missing. */
  openAll(
    partitions: readonly (LogIdentity & { readonly config: TopicConfig })[],
    onProgress?: (progress: RecoveryProgress) => void,
  ): Promise<void>
  /** A new, empty partition. Its files become durable with its first records. */
  create(identity: LogIdentity, config: TopicConfig): PartitionLog
  /** Undefined when there is none. */
  get(topic: string, partition: number): PartitionLog | undefined
  /** Takes the partition out of service at once; its files go after `file.delete.delay.ms`. Missing: does nothing. */
  delete(topic: string, partition: number): void
  logs(): Iterable<PartitionLog>
  /** Syncs everything, writes indexes, producer snapshots, checkpoints and the clean-shutdown marks, unlocks. */
  close(): Promise<void>
  /** Drops everything as `kill -9` would; only the locks are given back. */
  halt(): void
}
