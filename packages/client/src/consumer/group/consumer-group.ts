/** A consumer's part in its group: the membership, the commits, and what both do to the application. */
import type { Cluster } from '../../cluster/cluster.ts'
import type { Assignment } from '../assignment.ts'
import type { ConsumerSettings } from '../consumer-config.ts'
import type { ConsumerEvents } from '../consumer-events.ts'
import { RebalanceHost } from '../rebalance-host.ts'
import type { Assignor } from './assignors/assignor.ts'
import { ClassicMembership } from './classic/classic-membership.ts'
import { Committer } from './committer.ts'
import { ConsumerMembership } from './consumer/consumer-membership.ts'
import type { Membership } from './membership.ts'

export interface ConsumerGroup {
  readonly membership: Membership
  readonly committer: Committer
  readonly host: RebalanceHost
}

export interface ConsumerGroupParts {
  readonly cluster: Cluster
  readonly settings: ConsumerSettings
  readonly assignors: readonly Assignor[]
  readonly assigned: Assignment
  readonly onCommit: ConsumerEvents['onCommit']
  /** Partitions come from the group, not from `assign`. */
  isSubscribed(): boolean
  /** A poll that waits should look again. */
  onNews(): void
}

/** Joins nothing yet. */
export function consumerGroup(parts: ConsumerGroupParts): ConsumerGroup {
  const { cluster, settings, assignors, assigned, onCommit, isSubscribed, onNews } = parts
  const { groupId, groupProtocol } = settings
  const host = new RebalanceHost(assigned, {
    commitFinally: () => committer.commitFinally(),
    rebalanced: (kind, partitions, assignedCount) =>
      cluster.telemetry.rebalanced(groupId, kind, partitions, assignedCount),
    onNews,
  })
  const membership =
    groupProtocol === 'consumer'
      ? new ConsumerMembership(cluster, settings, host)
      : new ClassicMembership(cluster, settings, assignors, host)
  const committer = new Committer(cluster, settings, membership, assigned, isSubscribed, onCommit)
  return { membership, committer, host }
}
