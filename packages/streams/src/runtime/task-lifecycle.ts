/** The tasks of a thread from assignment to close: opened, restored, running, suspended in a rebalance, closed. */
import type { Consumer } from '@millrace/client'
import type { Clock } from '@millrace/platform'
import type { ActiveTask } from './active-task.ts'
import { gapsOf } from './changelog-gaps.ts'
import type { ChangelogRestorer } from './changelog-restorer.ts'
import type { Logger } from './logger.ts'
import type { TaskPlan } from './task-assignment.ts'
import type { TaskOpener } from './task-opener.ts'

export interface TaskLifecycleOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly opener: TaskOpener
  readonly restorer: ChangelogRestorer
  readonly restoreConsumer: Consumer
  /** Shared by the tasks. */
  readonly readCacheBytes: number
}

export class TaskLifecycle {
  readonly #options: TaskLifecycleOptions
  readonly #active = new Map<string, ActiveTask>()
  /** Committed and revoked; if the next assignment has them they go on with the state they hold. */
  readonly #suspended = new Map<string, ActiveTask>()

  constructor(options: TaskLifecycleOptions) {
    this.#options = options
  }

  /** In the order they were assigned. */
  get active(): Iterable<ActiveTask> {
    return this.#active.values()
  }

  get(taskId: string): ActiveTask | undefined {
    return this.#active.get(taskId)
  }

  /** The task is here, be it suspended. */
  owns(taskId: string): boolean {
    return this.#active.has(taskId) || this.#suspended.has(taskId)
  }

  get isRestoring(): boolean {
    return !this.#options.restorer.isIdle
  }

  /** Takes over what was assigned and closes what did not come back. The new tasks run at once or once restored. */
  async assigned(plans: readonly TaskPlan[]): Promise<readonly ActiveTask[]> {
    const { opener, readCacheBytes } = this.#options
    const taskIds = new Set(plans.map(({ taskId }) => taskId))
    for (const task of this.#suspended.values()) if (!taskIds.has(task.taskId)) await this.#close(task)
    const cacheBytes = Math.floor(readCacheBytes / Math.max(1, plans.length))
    const tasks: ActiveTask[] = []
    for (const plan of plans) {
      const suspended = this.#suspended.get(plan.taskId)
      const task = suspended === undefined ? await opener.open(plan, cacheBytes) : opener.resume(suspended)
      this.#active.set(plan.taskId, task)
      this.#suspended.delete(plan.taskId)
      tasks.push(task)
    }
    return this.#restore(tasks, cacheBytes)
  }

  /** Brings restoring tasks on. Returns those that run from now on. */
  async turn(maxWaitMs: number): Promise<readonly ActiveTask[]> {
    const restored = await this.#options.restorer.turn(maxWaitMs)
    for (const task of restored) task.run()
    return restored
  }

  /** The group takes the tasks back after a commit. */
  suspend(): void {
    for (const task of this.#active.values()) {
      this.#stop(task)
      this.#suspended.set(task.taskId, task)
    }
    this.#active.clear()
  }

  /** Others may run the tasks already, or they failed: what is not on disk is dropped. */
  async drop(): Promise<void> {
    for (const task of this.#active.values()) this.#stop(task)
    // A failure between two assignments finds suspended tasks too; their engines must not stay open.
    for (const task of [...this.#active.values(), ...this.#suspended.values()]) await task.state.close()
    this.#active.clear()
    this.#suspended.clear()
  }

  /** Persists what is committed and closes everything. */
  async close(): Promise<void> {
    this.suspend()
    for (const task of this.#suspended.values()) await this.#close(task)
  }

  #stop(task: ActiveTask): void {
    this.#options.restorer.remove(task)
    if (task.isRunning) task.task.close()
    else task.restoreCommitted() // The next restore goes on from here.
  }

  async #close(task: ActiveTask): Promise<void> {
    this.#suspended.delete(task.taskId)
    await task.state.persistent.persist(this.#options.clock.nowMs())
    await task.state.close()
  }

  /** Returns the tasks as they are now: one whose state was worth nothing has been replaced. */
  async #restore(tasks: readonly ActiveTask[], readCacheBytes: number): Promise<readonly ActiveTask[]> {
    const { opener, restorer, restoreConsumer, clock, logger } = this.#options
    const ready: ActiveTask[] = []
    for (const [task, needs] of await gapsOf(tasks, restoreConsumer, clock.nowMs())) {
      if (needs.kind === 'start-over') {
        logger.warn(`task ${task.taskId}: its local state is removed and restored anew: ${needs.reason}`)
        const fresh = await opener.startOver(task, readCacheBytes)
        this.#active.set(task.taskId, fresh)
        ready.push(...(await this.#restore([fresh], readCacheBytes)))
        continue
      }
      if (needs.gaps.length === 0) task.run()
      else restorer.add(task, needs.gaps)
      ready.push(task)
    }
    return ready
  }
}
