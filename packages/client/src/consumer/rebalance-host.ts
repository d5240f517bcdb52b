/** What a rebalance does to the application: progress is committed, its listener is awaited, its partitions change. */
import type { TopicPartition } from '../cluster/topic-partition.ts'
import type { Assignment } from './assignment.ts'
import type { MembershipHost } from './group/membership.ts'
import type { RebalanceListener } from './rebalance-listener.ts'

export interface RebalanceHooks {
  /** Before partitions go to others, as far as that is automatic. Never rejects. */
  commitFinally(): Promise<void>
  /** For those who watch; `assignedCount` is what the consumer has afterwards. */
  rebalanced(kind: 'assigned' | 'revoked' | 'lost', partitions: readonly TopicPartition[], assignedCount: number): void
  onNews(): void
}

export class RebalanceHost implements MembershipHost {
  listener: RebalanceListener = {}
  /** The listener is running. */
  isInListener = false

  constructor(
    private readonly assignment: Assignment,
    private readonly hooks: RebalanceHooks,
  ) {}

  get held(): readonly TopicPartition[] {
    return this.assignment.all
  }
  onNews(): void {
    this.hooks.onNews()
  }

  async revoke(partitions: readonly TopicPartition[]): Promise<void> {
    await this.hooks.commitFinally()
    await this.release('revoked', partitions, this.listener.onPartitionsRevoked)
  }

  async lose(): Promise<void> {
    await this.release('lost', this.held, this.listener.onPartitionsLost ?? this.listener.onPartitionsRevoked)
  }

  async assign(partitions: readonly TopicPartition[], added: readonly TopicPartition[]): Promise<void> {
    this.assignment.set(partitions)
    this.hooks.rebalanced('assigned', added, partitions.length)
    await this.tell(this.listener.onPartitionsAssigned, added)
  }

  private async release(
    kind: 'revoked' | 'lost',
    partitions: readonly TopicPartition[],
    callback: RebalanceListener['onPartitionsRevoked'],
  ): Promise<void> {
    this.hooks.rebalanced(kind, partitions, this.assignment.size - partitions.length)
    try {
      await this.tell(callback, partitions)
    } finally {
      this.assignment.remove(partitions)
    }
  }

  private async tell(
    callback: RebalanceListener['onPartitionsAssigned'],
    partitions: readonly TopicPartition[],
  ): Promise<void> {
    if (callback === undefined) return
    this.isInListener = true
    try {
      await callback.call(this.listener, partitions)
    } finally {
      this.isInListener = false
    }
  }
}
