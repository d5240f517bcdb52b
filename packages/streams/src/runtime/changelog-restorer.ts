/**
 * Brings the stores of tasks up to their changelogs, many at a time, with a consumer of its own. What was restored is
 * committed and persisted on the way, so that an interrupted restore goes on where it was.
 */
import { type Consumer, type ConsumerRecord, nameOfPartition } from '@millrace/client'
import type { ActiveTask, TaskChangelog } from './active-task.ts'
import type { Logger } from './logger.ts'
import type { StateRestoreListener } from './state-restore-listener.ts'

/** The part of a changelog that a store lacks. */
export interface ChangelogGap {
  readonly changelog: TaskChangelog
  readonly fromOffset: number
  /** Not included. */
  readonly toOffset: number
}

interface Restore extends ChangelogGap {
  readonly task: ActiveTask
  records: number
}

export interface ChangelogRestorerOptions {
  readonly consumer: Consumer
  readonly listener: StateRestoreListener
  readonly logger: Logger
  /** Restored writes of a task that may wait in memory until they are persisted. */
  readonly bufferBytes: number
  nowMs(): number
}

export class ChangelogRestorer {
  readonly #options: ChangelogRestorerOptions
  /** By partition name. */
  readonly #restores = new Map<string, Restore>()

  constructor(options: ChangelogRestorerOptions) {
    this.#options = options
  }

  get isIdle(): boolean {
    return this.#restores.size === 0
  }

  /** Starts on what the stores of a task lack. */
  add(task: ActiveTask, gaps: readonly ChangelogGap[]): void {
    const { consumer, listener, logger } = this.#options
    for (const gap of gaps) {
      const { changelog, fromOffset, toOffset } = gap
      this.#restores.set(nameOfPartition(changelog), { ...gap, task, records: 0 })
      listener.onRestoreStart?.(changelog, changelog.storeName, fromOffset, toOffset)
      logger.info(`task ${task.taskId}: restoring ${changelog.storeName} from ${fromOffset} to ${toOffset}`)
    }
    this.#assign()
    for (const { changelog, fromOffset } of gaps) consumer.seek(changelog, fromOffset)
  }

  /** Forgets a task that is leaving. */
  remove(task: ActiveTask): void {
    const before = this.#restores.size
    for (const [name, restore] of this.#restores) if (restore.task === task) this.#restores.delete(name)
    if (this.#restores.size !== before) this.#assign()
  }

  /** Restores what is at hand, waiting up to `maxWaitMs` for it. Returns the tasks that are complete now. */
  async turn(maxWaitMs: number): Promise<ActiveTask[]> {
    const { consumer, listener } = this.#options
    const touched = new Set<ActiveTask>()
    for (const { topic, partition, records, nextOffset } of await consumer.poll({ maxWaitMs })) {
      const restore = this.#restores.get(nameOfPartition({ topic, partition }))
      if (restore === undefined) continue
      const restored = restoreRecords(restore, records)
      restore.records += restored
      restore.task.restoredTo(restore.changelog.storeName, Math.min(nextOffset, restore.toOffset))
      listener.onBatchRestored?.(restore.changelog, restore.changelog.storeName, nextOffset, restored)
      touched.add(restore.task)
    }
    await this.#persistIfMany([...touched])
    return this.#finish()
  }

  async #persistIfMany(tasks: readonly ActiveTask[]): Promise<void> {
    const { bufferBytes, nowMs } = this.#options
    if (tasks.reduce((bytes, { state }) => bytes + state.openBytes, 0) < bufferBytes) return
    for (const task of tasks) {
      task.restoreCommitted()
      await task.state.persistent.persist(nowMs())
    }
  }

  /** Ends the restores whose end is reached, be it by records or by what is none for users. */
  async #finish(): Promise<ActiveTask[]> {
    const { consumer, listener, logger } = this.#options
    const ended = new Set<ActiveTask>()
    for (const [name, { task, changelog, toOffset, records }] of this.#restores) {
      if ((await consumer.position(changelog)) < toOffset) continue
      this.#restores.delete(name)
      ended.add(task)
      task.restoredTo(changelog.storeName, toOffset)
      listener.onRestoreEnd?.(changelog, changelog.storeName, records)
      logger.info(`task ${task.taskId}: restored ${changelog.storeName}, ${records} records`)
    }
    if (ended.size === 0) return []
    this.#assign()
    for (const { task } of this.#restores.values()) ended.delete(task)
    for (const task of ended) task.restoreCommitted()
    return [...ended]
  }

  #assign(): void {
    this.#options.consumer.assign([...this.#restores.values()].map(({ changelog }) => changelog))
  }
}

/** Returns how many records were the store's. */
function restoreRecords({ task, changelog, toOffset }: Restore, records: readonly ConsumerRecord[]): number {
  const store = task.stores.get(changelog.storeName)!
  let restored = 0
  for (const { offset, key, value, timestampMs } of records) {
    if (offset >= toOffset) break
    if (key === null) continue
    store.restore(key, value, timestampMs)
    restored++
  }
  return restored
}
