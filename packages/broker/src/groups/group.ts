import type { ClassicGroup } from './classic/classic-group.ts'
import type { ConsumerGroup } from './consumer/consumer-group.ts'

/** Told apart by `type`. Immutable: a decision carries the next one. */
export type Group = ClassicGroup | ConsumerGroup
