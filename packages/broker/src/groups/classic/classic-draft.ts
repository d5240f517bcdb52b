import type { GroupRecord } from '@millrace/protocol'
import { DecisionDraft } from '../decision.ts'
import type { ClassicGroup } from './classic-group.ts'
import { type GroupEvent, move } from './group-moves.ts'

/** The bounds of GROUP_CONFIG as the core needs them. */
export interface GroupLimits {
  readonly minSessionTimeoutMs: number
  readonly maxSessionTimeoutMs: number
  readonly maxMembers: number
  readonly initialRebalanceDelayMs: number
}

/** A decision about a classic group. */
export class ClassicDraft extends DecisionDraft<ClassicGroup> {
  constructor(
    group: ClassicGroup,
    readonly limits: GroupLimits,
    nowMs: number,
  ) {
    super(group, nowMs)
  }

  change(change: Partial<ClassicGroup>): void {
    this.group = { ...this.group, ...change }
  }
  move(event: GroupEvent): void {
    this.change({ state: move(this.group.state, event), stateSinceMs: this.nowMs })
  }
  append(record: GroupRecord): void {
    this.records.push(record)
  }
}
