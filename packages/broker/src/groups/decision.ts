import type { GroupRecord, InputOf, JoinGroupResponse, SyncGroupResponse } from '@millrace/protocol'
import type { ClassicGroup } from './classic/classic-group.ts'
import { type GroupEvent, move } from './classic/group-moves.ts'

/** What the core decided. Nothing in it has happened yet: the shell appends, takes the group over, arms and replies. */
export interface Decision<Answer> {
  /** The group after it, in force as soon as `records` are in the log. */
  readonly group: ClassicGroup
  /** For `__consumer_offsets`; answers and replies wait until they are durable. */
  readonly records: readonly GroupRecord[]
  /** For the request that asked, unless it is parked. */
  readonly answer: Answer | Parked
  /** For requests parked by earlier decisions, or by this one. */
  readonly replies: readonly Reply[]
  readonly timers: readonly TimerChange[]
}

/** The request waits: a reply of this or a later decision answers it. Replaces one the member had parked before. */
export interface Parked {
  readonly parkedFor: string
}
export type JoinAnswer = InputOf<typeof JoinGroupResponse>
export type SyncAnswer = InputOf<typeof SyncGroupResponse>

/** An answer to the parked request of a member. */
export type Reply =
  | { readonly to: string; readonly join: JoinAnswer }
  | { readonly to: string; readonly sync: SyncAnswer }

/**
 * `join`: the wait for members to rejoin ends. `sync`: the wait for members to sync ends. `member`: that member, or
 * pending member, has been silent for too long.
 */
export type GroupTimer =
  | { readonly kind: 'join' }
  | { readonly kind: 'sync' }
  | { readonly kind: 'member'; readonly memberId: string }
export interface TimerChange {
  readonly timer: GroupTimer
  /** From now on, replacing what was armed; null disarms. */
  readonly afterMs: number | null
}

/** The bounds of GROUP_CONFIG as the core needs them. */
export interface GroupLimits {
  readonly minSessionTimeoutMs: number
  readonly maxSessionTimeoutMs: number
  readonly maxMembers: number
  readonly initialRebalanceDelayMs: number
}

/** Collects one decision. The group it starts from is not touched. */
export class DecisionDraft {
  private readonly records: GroupRecord[] = []
  private readonly replies: Reply[] = []
  private readonly timers: TimerChange[] = []

  constructor(
    public group: ClassicGroup,
    readonly limits: GroupLimits,
    readonly nowMs: number,
  ) {}

  change(change: Partial<ClassicGroup>): void {
    this.group = { ...this.group, ...change }
  }
  move(event: GroupEvent): void {
    this.change({ state: move(this.group.state, event), stateSinceMs: this.nowMs })
  }
  append(record: GroupRecord): void {
    this.records.push(record)
  }
  reply(reply: Reply): void {
    this.replies.push(reply)
  }
  arm(timer: GroupTimer, afterMs: number): void {
    this.timers.push({ timer, afterMs })
  }
  disarm(timer: GroupTimer): void {
    this.timers.push({ timer, afterMs: null })
  }
  decide<Answer>(answer: Answer): Decision<Answer> {
    return { group: this.group, records: this.records, answer, replies: this.replies, timers: this.timers }
  }
  /** The request waits for a reply to `memberId`, which this decision may already hold. */
  park<Answer>(memberId: string): Decision<Answer> {
    const { group, records, replies, timers } = this
    return { group, records, answer: { parkedFor: memberId }, replies, timers }
  }
}

/** A decision that changes nothing. */
export function answerOnly<Answer>(group: ClassicGroup, answer: Answer): Decision<Answer> {
  return { group, records: [], answer, replies: [], timers: [] }
}
