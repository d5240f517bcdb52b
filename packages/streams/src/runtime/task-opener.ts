import type { Platform } from '@millrace/platform'
import type { StateEngines } from '../state/engine/state-engine.ts'
import { TaskState } from '../state/task-state.ts'
import { StreamTask } from '../task/stream-task.ts'
import type { TaskSettings } from '../task/task.ts'
import type { SubTopology } from '../topology/processor-topology.ts'
import { ActiveTask, type TaskChangelog } from './active-task.ts'
import type { ProducerCollector } from './producer-collector.ts'
import type { StateDirectory } from './state-directory.ts'
import type { TaskPlan } from './task-assignment.ts'

export interface TaskOpenerOptions {
  readonly applicationId: string
  readonly platform: Pick<Platform, 'clock' | 'timers' | 'random'>
  readonly subTopologies: readonly SubTopology[]
  readonly collector: ProducerCollector
  readonly settings: TaskSettings
  readonly engines: StateEngines
  /** Undefined when no store of the application is kept on disk. */
  readonly directory: StateDirectory | undefined
  /** Ids of the changelog topics, as far as the cluster tells them. */
  readonly topicIds: ReadonlyMap<string, string>
}

/** Makes tasks with their state, from what is on disk or from what a task before them held. */
export class TaskOpener {
  readonly #options: TaskOpenerOptions
  /** Spreads keys differently in each process. */
  readonly #seed: number

  constructor(options: TaskOpenerOptions) {
    this.#options = options
    this.#seed = options.platform.random.integer(2 ** 31)
  }

  /** Rejects with a StateEngineError when its files cannot be used. */
  async open(plan: TaskPlan, readCacheBytes: number): Promise<ActiveTask> {
    const task = this.#taskOver(plan, await this.#openState(plan, readCacheBytes))
    for (const changelog of task.changelogs) {
      this.#options.collector.forget(changelog.topic, changelog.partition)
      const position = task.state.persistent.checkpoint.changelogs.get(changelog.storeName)
      if (position !== undefined) task.restoredTo(changelog.storeName, position.offset)
    }
    return task
  }

  /** A task that goes on with the state of one that was stopped after a commit. */
  resume(stopped: ActiveTask): ActiveTask {
    const task = this.#taskOver(stopped.plan, stopped.state)
    for (const changelog of task.changelogs) {
      const offset = stopped.positionOf(changelog)
      if (offset !== undefined) task.restoredTo(changelog.storeName, offset)
    }
    return task
  }

  /** The same task without any state: what it has on disk is removed. */
  async startOver(task: ActiveTask, readCacheBytes: number): Promise<ActiveTask> {
    await task.state.close()
    await this.discard(task.taskId)
    return this.open(task.plan, readCacheBytes)
  }

  /** Tasks that have state on disk. */
  storedTaskIds(): string[] {
    return this.#options.directory?.taskIds() ?? []
  }

  /** Removes what a task that is not open has on disk. */
  async discard(taskId: string): Promise<void> {
    const { engines, directory } = this.#options
    if (directory === undefined) return
    await engines.remove(directory.engineDirectory(taskId))
    directory.removeTask(taskId)
  }

  async #openState({ taskId, subTopologyId }: TaskPlan, readCacheBytes: number): Promise<TaskState> {
    const { engines, directory, platform, subTopologies } = this.#options
    const isPersistent = subTopologies[subTopologyId]!.stores.some(({ supplier }) => supplier.persistent)
    if (!isPersistent || directory === undefined) return TaskState.inMemory(this.#seed, platform.timers)
    const path = directory.engineDirectory(taskId)
    const engine = await engines.open(path)
    return TaskState.over(engine, { timers: platform.timers, seed: this.#seed, readCacheBytes, directory: path })
  }

  #taskOver(plan: TaskPlan, state: TaskState): ActiveTask {
    const { applicationId, subTopologies, collector, platform, settings, topicIds } = this.#options
    const { partition, topics } = plan
    const subTopology = subTopologies[plan.subTopologyId]!
    const task = new StreamTask({
      applicationId,
      subTopology,
      partition,
      inputTopics: topics,
      state,
      collector,
      clock: platform.clock,
      settings,
    })
    const changelogs = subTopology.stores.flatMap(({ name: storeName, layout }): TaskChangelog[] => {
      const topic = subTopology.changelogTopics.get(storeName)?.name
      return topic === undefined ? [] : [{ storeName, topic, partition, topicId: topicIds.get(topic) ?? null, layout }]
    })
    return new ActiveTask(plan, task, state, changelogs, collector)
  }
}
