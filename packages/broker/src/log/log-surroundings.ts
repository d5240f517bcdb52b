import type { Clock, Codecs, Files, Timers } from '@millrace/platform'
import type { ReusableBuffers } from '../memory/reusable-buffers.ts'
import type { SyncScheduler } from './sync-scheduler.ts'

/** Which partition a log belongs to. */
export interface LogIdentity {
  readonly topic: string
  /** Kafka's text form. */
  readonly topicId: string
  readonly partition: number
}

/** What all logs of a process share. */
export interface LogSurroundings {
  readonly clock: Clock
  readonly timers: Timers
  readonly files: Files
  readonly codecs: Codecs
  readonly syncs: SyncScheduler
  readonly readBuffers: ReusableBuffers
}

/** Directories that hold new names, and small files. */
export interface UnsyncedNames {
  readonly directories: readonly string[]
  readonly files: readonly string[]
}
