import type { GroupRecord, InputOf, JoinGroupResponse, SyncGroupResponse } from '@millrace/protocol'
import type { Group } from './group.ts'

/** What the core decided. Nothing in it has happened yet: the shell appends, takes the group over, arms and replies. */
export interface Decision<Answer> {
  /** The group after it, in force as soon as `records` are in the log. */
  readonly group: Group
  /** For `__consumer_offsets`; answers and replies wait until they are durable. */
  readonly records: readonly GroupRecord[]
  /** For the request that asked, unless it is parked. */
  readonly answer: Answer | Parked
  /** For requests parked by earlier decisions, or by this one. */
  readonly replies: readonly Reply[]
  readonly timers: readonly TimerChange[]
  /** Subscriptions by pattern that have to be looked up among the topics. */
  readonly patternsToResolve?: ReadonlySet<string>
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
 * Of a classic group: `join`, the wait for members to rejoin ends; `sync`, the wait for members to sync ends. Of any
 * group: `member`, that member, or pending member, has been silent for too long. Of a KIP-848 group: `revocation`, the
 * member takes too long to give partitions up; `rejoin` and `memberSync`, one that speaks the classic protocol takes too
 * long to join again, or to ask for its assignment.
 */
export type GroupTimer =
  | { readonly kind: 'join' | 'sync' }
  | { readonly kind: 'member' | 'rejoin' | 'memberSync'; readonly memberId: string }
  | { readonly kind: 'revocation'; readonly memberId: string; readonly memberEpoch: number }
export interface TimerChange {
  readonly timer: GroupTimer
  /** From now on, replacing what was armed; null disarms. */
  readonly afterMs: number | null
  /** An armed timer goes on as it was. */
  readonly unlessArmed?: true
}

/** Collects one decision. The group it starts from is not touched. */
export class DecisionDraft<G extends Group> {
  protected readonly records: GroupRecord[] = []
  private readonly replies: Reply[] = []
  private readonly timers: TimerChange[] = []
  protected patternsToResolve: ReadonlySet<string> = new Set()

  constructor(
    public group: G,
    readonly nowMs: number,
  ) {}

  reply(reply: Reply): void {
    this.replies.push(reply)
  }
  arm(timer: GroupTimer, afterMs: number): void {
    this.timers.push({ timer, afterMs })
  }
  armUnlessArmed(timer: GroupTimer, afterMs: number): void {
    this.timers.push({ timer, afterMs, unlessArmed: true })
  }
  disarm(timer: GroupTimer): void {
    this.timers.push({ timer, afterMs: null })
  }
  decide<Answer>(answer: Answer): Decision<Answer> {
    const { group, records, replies, timers, patternsToResolve } = this
    return { group, records, answer, replies, timers, patternsToResolve }
  }
  /** The request waits for a reply to `memberId`, which this decision may already hold. */
  park<Answer>(memberId: string): Decision<Answer> {
    const { group, records, replies, timers } = this
    return { group, records, answer: { parkedFor: memberId }, replies, timers }
  }
}

/** A decision that changes nothing. */
export function answerOnly<Answer>(group: Group, answer: Answer): Decision<Answer> {
  return { group, records: [], answer, replies: [], timers: [] }
}

/** What `first` decided, and on top of it `then`. The answer is that of `then`. */
export function decideBoth<Answer>(first: Decision<unknown>, then: Decision<Answer>): Decision<Answer> {
  return {
    group: then.group,
    records: [...first.records, ...then.records],
    answer: then.answer,
    replies: [...first.replies, ...then.replies],
    timers: [...first.timers, ...then.timers],
  }
}
