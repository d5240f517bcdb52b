import { FileError, type Files } from '@millrace/platform'
import type { TopicConfig } from '../config/topic-config.ts'
import { partitionName } from './directory/file-names.ts'
import { LeaderEpochs } from './directory/leader-epochs.ts'
import { SyncJournal } from './journal/sync-journal.ts'
import type { LogIdentity, LogSurroundings } from './log-surroundings.ts'
import { PartitionLog } from './partition-log.ts'
import { ProducerStates } from './producers/producer-state.ts'
import { Segment } from './segment/segment.ts'

export interface OfflineLogOptions {
  readonly identity: LogIdentity
  readonly config: TopicConfig
  /** The data directory. */
  readonly directory: string
  readonly reason: Error
  /** As of the last checkpoint: the next one must not forget them. */
  readonly logStartOffset: number
  readonly recoveryPoint: number
}

/** A partition that is there, but not to be had: every call gives KAFKA_STORAGE_ERROR until a restart. It touches no file. */
export function offlineLog(options: OfflineLogOptions, surroundings: LogSurroundings): PartitionLog {
  const { identity, config, directory, reason, logStartOffset, recoveryPoint } = options
  const files = filesOutOfReach(reason)
  const log = new PartitionLog(
    { ...surroundings, files },
    {
      identity,
      config,
      directory: `${directory}/${partitionName(identity.topic, identity.partition)}`,
      unsynced: { directories: [], files: [] },
      loaded: {
        segments: [new Segment(files, directory, 0, 0)],
        logStartOffset,
        logEndOffset: Math.max(logStartOffset, recoveryPoint),
        producers: new ProducerStates(),
        epochs: new LeaderEpochs(),
        wasScanned: false,
        truncatedBytes: 0,
        damageCount: 0,
      },
      jitterShare: 0,
      checkpointStart: () => Promise.reject(reason),
      journal: new SyncJournal(files, surroundings.codecs, directory, async () => {}),
      onOffline: () => {},
    },
  )
  log.takeOffline(reason)
  return log
}

function filesOutOfReach(reason: Error): Files {
  const refuse = (operation: string) => (path: string) => {
    throw new FileError('EIO', operation, path, { cause: reason })
  }
  return {
    exists: () => false,
    list: () => [],
    open: refuse('open'),
    stat: refuse('stat'),
    read: refuse('read'),
    makeDirectory: refuse('mkdir'),
    rename: refuse('rename'),
    remove: refuse('unlink'),
    removeTree: refuse('rm'),
    syncDirectory: async path => refuse('fsync')(path),
    replace: async path => refuse('replace')(path),
    lock: refuse('lock'),
    freeBytes: () => Infinity,
    capacityBytes: () => Infinity,
  }
}
