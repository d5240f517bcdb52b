/** Commits a consumer's offsets, one request after the other: a commit never overtakes one that was asked for before. */
import { KafkaError } from '@millrace/protocol'
import type { Cluster } from '../../cluster/cluster.ts'
import type { TimeLimit } from '../../connection/time-limit.ts'
import type { Assignment } from '../assignment.ts'
import type { ConsumerSettings } from '../consumer-config.ts'
import { CommitFailedError } from '../consumer-errors.ts'
import type { ConsumerEvents } from '../consumer-events.ts'
import { commitOffsets, type OffsetToCommit } from './group-offsets.ts'
import type { Membership } from './membership.ts'

export class Committer {
  private queue: Promise<void> = Promise.resolve()
  private nextAutomaticMs: number

  constructor(
    private readonly cluster: Cluster,
    private readonly settings: ConsumerSettings,
    private readonly membership: Membership,
    private readonly assignment: Assignment,
    /** Partitions come from the group, not from `assign`. */
    private readonly isSubscribed: () => boolean,
    private readonly onCommit: ConsumerEvents['onCommit'],
  ) {
    this.nextAutomaticMs = cluster.platform.clock.monotonicMs() + settings.autoCommitIntervalMs
  }

  /** Positions that are not committed yet. */
  get uncommitted(): OffsetToCommit[] {
    const offsets: OffsetToCommit[] = []
    for (const { topic, partition, position, positionLeaderEpoch, committed } of this.assignment.values())
      if (position !== null && position !== committed)
        offsets.push({ topic, partition, offset: position, leaderEpoch: positionLeaderEpoch })
    return offsets
  }

  /** Rejects with {@link CommitFailedError} if the group has gone on without this member. */
  commit(offsets: readonly OffsetToCommit[], limit: TimeLimit): Promise<void> {
    const committing = this.queue.then(() => this.commitNow(offsets, limit))
    this.queue = committing.catch(() => {})
    return committing
  }

  /** If it is time: what polls before the one that begins now returned. In the background; polls do not wait for it. */
  commitAutomatically(): void {
    const nowMs = this.cluster.platform.clock.monotonicMs()
    if (!this.settings.enableAutoCommit || nowMs < this.nextAutomaticMs) return
    this.nextAutomaticMs = nowMs + this.settings.autoCommitIntervalMs
    this.commit(this.uncommitted, { timeoutMs: this.settings.defaultApiTimeoutMs }).catch(() => {
      // The same offsets, or later ones, are due with the next poll.
      this.nextAutomaticMs = 0
    })
  }

  /** Before partitions go to others; another member reads again what could not be committed. */
  async commitFinally(): Promise<void> {
    if (!this.settings.enableAutoCommit) return
    await this.commit(this.uncommitted, { timeoutMs: this.settings.requestTimeoutMs }).catch(() => {})
  }

  /** Resolves when everything asked for so far has an outcome. */
  async settled(): Promise<void> {
    await this.queue
  }

  private async commitNow(offsets: readonly OffsetToCommit[], limit: TimeLimit): Promise<void> {
    if (offsets.length === 0) return
    const { membership } = this
    const { groupId } = this.settings
    const { platform, telemetry } = this.cluster
    const beganMs = platform.clock.monotonicMs()
    const took = (error?: Error) => {
      telemetry.committed(groupId, offsets.length, platform.clock.monotonicMs() - beganMs, error)
      this.onCommit?.(offsets, error)
    }
    for (;;) {
      if (this.isSubscribed() && !membership.isInGroup) throw new CommitFailedError(groupId)
      const { identity } = membership
      try {
        await commitOffsets(this.cluster, identity, offsets, limit)
        break
      } catch (error) {
        const meaning = error instanceof KafkaError ? membership.commitRefused(error.errorCode, identity) : 'failed'
        // The member has got another epoch meanwhile, so the next attempt is under that one.
        if (meaning === 'retry') continue
        took(error as Error)
        throw meaning === 'lost' ? new CommitFailedError(groupId, { cause: error }) : error
      }
    }
    took()
    for (const offset of offsets) {
      const assigned = this.assignment.get(offset)
      if (assigned !== undefined) assigned.committed = offset.offset
    }
  }
}
