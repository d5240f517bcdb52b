import type { StateStore } from '../../src/state/state-store.ts'
import type { StoreBuilder } from '../../src/state/store-builder.ts'
import type { StoreContext } from '../../src/state/stores/store-context.ts'
import type { TaskState } from '../../src/state/task-state.ts'

export interface LoggedChange {
  readonly key: Buffer
  readonly value: Buffer | null
  readonly timestampMs: number
}

/** A task as its stores see it: time set by hand, changelog records collected. */
export class StoreHome implements StoreContext {
  timestampMs = 0
  expired = 0
  readonly changelog: LoggedChange[] = []

  constructor(readonly state: TaskState) {}

  changelogTopic(storeName: string): string {
    return `app-${storeName}-changelog`
  }

  logChange(_: string, key: Uint8Array, value: Uint8Array | null, timestampMs: number): void {
    this.changelog.push({ key: Buffer.from(key), value: value === null ? null : Buffer.from(value), timestampMs })
  }

  dropExpired(): void {
    this.expired++
  }

  commit(): void {
    this.state.commit({ changelogs: new Map(), inputs: [] })
  }
}

/** The store as a fresh task builds it from a changelog. */
export function restored<S extends StateStore>(
  builder: StoreBuilder<S>,
  home: StoreHome,
  changes: readonly LoggedChange[],
): S {
  const store = builder.build(home)
  for (const { key, value, timestampMs } of changes) store.restore(key, value, timestampMs)
  return store
}
