import type { TopicPartition } from '../../cluster/topic-partition.ts'
import type { TimeLimit } from '../../connection/time-limit.ts'
import type { GroupIdentity } from './group-offsets.ts'

/** What a member wants to read: topics by name, or a pattern that the coordinator matches (RE2 syntax, KIP-848 only). */
export type Subscription = { readonly topics: readonly string[] } | { readonly serverPattern: string }

/**
 * This consumer's place in its group, whichever protocol it speaks. Requests run in the background; the application hears
 * of a rebalance only inside `advance`, that is inside its own poll, and is awaited. Heartbeats go on by themselves until
 * the application has not polled for `max.poll.interval.ms`; then the member leaves.
 */
export interface Membership {
  readonly identity: GroupIdentity
  /** False when commits would be refused: the group goes on without this member. */
  readonly isInGroup: boolean
  /** The group waits for topics that do not exist yet, or whose names are not known here. */
  readonly lacksTopics: boolean

  /** Takes effect with the next rebalance, which this asks for if the subscription changed. */
  subscribe(subscription: Subscription): void
  /** The application wants a rebalance, or has reason to believe that one is needed. */
  requestRejoin(): void
  /** A poll begins: `max.poll.interval.ms` stops counting. */
  pollBegan(): void
  pollEnded(): void

  /**
   * Does what the application has to take part in, and starts in the background what it has not. When it resolves, the
   * partitions that the application holds are its to read; `onNews` says when to call again. Rejects with what cannot be
   * mended, and with what the application's listener throws.
   */
  advance(): Promise<void>
  metadataChanged(): void

  /**
   * A commit was answered with an error that says something about the membership. `retry` when it is worth another
   * attempt under the present identity, `lost` when the partitions are not this member's any more.
   */
  commitRefused(errorCode: number, by: GroupIdentity): 'retry' | 'lost' | 'failed'

  /** Gives up the partitions and leaves; a static member keeps its place. Rejects with what the listener throws. */
  leaveGroup(reason: string, limit: TimeLimit): Promise<void>
  /** Leaves, and does nothing any more. */
  close(limit: TimeLimit): Promise<void>
}

/** The application side of a membership. Called inside `advance` and `leaveGroup` only, one at a time, and awaited. */
export interface MembershipHost {
  /** What the application holds now. */
  readonly held: readonly TopicPartition[]
  /** These must be given up and are still ours: progress may be committed. */
  revoke(partitions: readonly TopicPartition[]): Promise<void>
  /** None is ours any more. */
  lose(): Promise<void>
  /** `partitions` is all that is ours from now on, `added` what was not before. */
  assign(partitions: readonly TopicPartition[], added: readonly TopicPartition[]): Promise<void>
  /** There is something to do for `advance`. */
  onNews(): void
}
