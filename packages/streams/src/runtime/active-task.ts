/** A task on this thread: the task itself, its state, and how far its changelogs are contained in that state. */
import type { OffsetToCommit } from '@millrace/client'
import type { ChangelogPosition, Checkpoint, InputPosition } from '../state/manifest.ts'
import type { StateStore } from '../state/state-store.ts'
import type { StoreLayout } from '../state/store-layout.ts'
import type { TaskState } from '../state/task-state.ts'
import type { StreamTask } from '../task/stream-task.ts'
import type { TaskPlan } from './task-assignment.ts'

/** The changelog of one store of one task. */
export interface TaskChangelog {
  readonly storeName: string
  readonly topic: string
  readonly partition: number
  /** Null from brokers that do not tell. */
  readonly topicId: string | null
  /** Of the store's rows. */
  readonly layout: StoreLayout
}

/** Where acknowledged changelog records end. */
export interface ChangelogEnds {
  /** Undefined when nothing was acknowledged. */
  endOffset(topic: string, partition: number): number | undefined
}

export class ActiveTask {
  readonly plan: TaskPlan
  readonly state: TaskState
  readonly changelogs: readonly TaskChangelog[]
  readonly #task: StreamTask
  readonly #ends: ChangelogEnds
  /** By store name: the next changelog offset that the restored state does not contain. */
  readonly #restoredTo = new Map<string, number>()
  /** By topic: positions that moved and are not committed yet. */
  readonly #uncommitted = new Map<string, OffsetToCommit>()
  /** By topic. */
  readonly #committed = new Map<string, number>()
  #isRunning = false

  constructor(
    plan: TaskPlan,
    task: StreamTask,
    state: TaskState,
    changelogs: readonly TaskChangelog[],
    ends: ChangelogEnds,
  ) {
    this.plan = plan
    this.#task = task
    this.state = state
    this.changelogs = changelogs
    this.#ends = ends
    for (const { topic, offset } of state.persistent.checkpoint.inputs) this.#committed.set(topic, offset)
  }

  get taskId(): string {
    return this.plan.taskId
  }

  get stores(): ReadonlyMap<string, StateStore> {
    return this.#task.stores
  }

  get task(): StreamTask {
    return this.#task
  }

  /** Its stores are restored and it processes records. */
  get isRunning(): boolean {
    return this.#isRunning
  }

  /** The store contains its changelog up to `offset`. */
  restoredTo(storeName: string, offset: number): void {
    this.#restoredTo.set(storeName, offset)
  }

  /** The next changelog offset that the store does not contain; undefined when nothing is known. */
  positionOf({ storeName, topic, partition }: TaskChangelog): number | undefined {
    return this.#ends.endOffset(topic, partition) ?? this.#restoredTo.get(storeName)
  }

  /** All stores are restored. */
  run(): void {
    this.#task.start()
    this.#isRunning = true
  }

  /** The positions to commit: those that moved since the last commit that was {@link committed}. May forward records. */
  prepareCommit(): readonly OffsetToCommit[] {
    this.#task.flush()
    for (const offset of this.#task.committableOffsets()) this.#uncommitted.set(offset.topic, offset)
    return [...this.#uncommitted.values()]
  }

  /** Kafka has committed what `prepareCommit` gave, and everything it sent before is acknowledged. */
  committed(): void {
    if (this.#uncommitted.size === 0 && !this.state.hasOpenWrites) return
    for (const { topic, offset } of this.#uncommitted.values()) this.#committed.set(topic, offset)
    this.#uncommitted.clear()
    this.state.commit(this.#checkpoint())
  }

  /** Promotes what was restored so far, so that a restart goes on from here. */
  restoreCommitted(): void {
    this.state.commit(this.#checkpoint())
  }

  /** The positions that are committed, as far as this task has committed any. */
  get committedInputs(): readonly InputPosition[] {
    const { partition } = this.plan
    return [...this.#committed].map(([topic, offset]) => ({ topic, partition, offset }))
  }

  #checkpoint(): Checkpoint {
    const changelogs = new Map<string, ChangelogPosition>()
    for (const changelog of this.changelogs) {
      const { storeName, topic, partition, topicId, layout } = changelog
      if (this.stores.get(storeName)?.persistent !== true) continue
      const offset = this.positionOf(changelog)
      if (offset !== undefined) changelogs.set(storeName, { topic, topicId, partition, offset, layout })
    }
    return { changelogs, inputs: this.committedInputs }
  }
}
