import type { Timers } from '@millrace/platform'
import type { StateEngine } from './engine/state-engine.ts'
import { Generations, type GenerationsOptions } from './generations.ts'
import type { Checkpoint } from './manifest.ts'

/** All state of one task: the stores that live on disk and those that live in memory, which move together. */
export class TaskState {
  private constructor(
    readonly persistent: Generations,
    readonly memory: Generations,
  ) {}

  /** Nothing is kept on disk: for tasks without persistent stores, and for the test driver. See {@link Generations.inMemory}. */
  static inMemory(seed: number, timers?: Timers): TaskState {
    return new TaskState(Generations.inMemory(seed, timers), Generations.inMemory(seed, timers))
  }

  static over(engine: StateEngine, options: GenerationsOptions): TaskState {
    return new TaskState(Generations.over(engine, options), Generations.inMemory(options.seed, options.timers))
  }

  /** Kafka has committed everything up to `checkpoint`. */
  commit(checkpoint: Checkpoint): void {
    this.persistent.commit(checkpoint)
    this.memory.commit(checkpoint)
  }

  /** Kafka has aborted what was written since the last commit. */
  rollback(): void {
    this.persistent.rollback()
    this.memory.rollback()
  }

  get hasOpenWrites(): boolean {
    return this.persistent.hasOpenWrites || this.memory.hasOpenWrites
  }

  /** Memory held by writes that wait for a commit. */
  get openBytes(): number {
    return this.persistent.openBytes + this.memory.openBytes
  }

  /** See {@link Generations.close}. */
  close(): Promise<void> {
    return this.persistent.close()
  }
}
