/**
 * Finds where partitions without a position begin: the reset that was asked for; otherwise the group's committed offset;
 * otherwise `auto.offset.reset`.
 */
import type { Cluster } from '../cluster/cluster.ts'
import { lookUpOffsets, type OffsetSpec } from '../cluster/offset-lookup.ts'
import { type TopicPartition, TopicPartitionMap } from '../cluster/topic-partition.ts'
import type { TimeLimit } from '../connection/time-limit.ts'
import type { AssignedPartition } from './assigned-partition.ts'
import { BackgroundWork } from './background-work.ts'
import type { ConsumerSettings } from './consumer-config.ts'
import { NoOffsetError } from './consumer-errors.ts'
import { fetchOffsets } from './group/group-offsets.ts'
import { resetBy } from './offset-reset.ts'

export class PositionFinder {
  private readonly work: BackgroundWork

  constructor(
    private readonly cluster: Cluster,
    private readonly settings: ConsumerSettings,
    /** Called when a search in the background has ended; with what it failed with, if no retry mends that. */
    onEnd: (failure: Error | undefined) => void,
  ) {
    this.work = new BackgroundWork(cluster.platform.clock, cluster.backoff, onEnd)
  }

  /** Starts a search in the background, one at a time. Returns after how many ms another call is worth it. */
  find(partitions: Iterable<AssignedPartition>): number {
    const lost = [...partitions].filter(({ position, isPaused }) => position === null && !isPaused)
    if (lost.length === 0) return Number.POSITIVE_INFINITY
    const { waitMs } = this.work
    if (waitMs > 0) return waitMs
    this.work.start(this.lookUp(lost, { timeoutMs: this.settings.defaultApiTimeoutMs }))
    return Number.POSITIVE_INFINITY
  }

  /** Partitions that got a position by other means meanwhile keep it. Rejects with {@link NoOffsetError} among others. */
  async lookUp(lost: readonly AssignedPartition[], limit: TimeLimit): Promise<void> {
    const epochs = new Map(lost.map(assigned => [assigned, assigned.epoch]))
    const stillLost = () =>
      lost.filter(assigned => assigned.position === null && assigned.epoch === epochs.get(assigned))
    await this.takeCommitted(lost, stillLost, limit)
    const specs = new TopicPartitionMap<OffsetSpec>()
    const homeless: TopicPartition[] = []
    const { autoOffsetReset, isolationLevel } = this.settings
    for (const { topic, partition, reset } of stillLost()) {
      const spec = reset ?? resetBy(autoOffsetReset, this.cluster.platform.clock)
      if (spec === null) homeless.push({ topic, partition })
      else specs.set(topic, partition, spec)
    }
    if (homeless.length > 0) throw new NoOffsetError(homeless)
    if (specs.size === 0) return
    const offsets = await lookUpOffsets(this.cluster, specs, isolationLevel, limit)
    for (const assigned of stillLost()) {
      const found = offsets.get(assigned.topic, assigned.partition)
      // No record at or after that time: the end is where the next one will be.
      if (found?.offset === null) assigned.resetTo('latest')
      else if (found !== undefined) assigned.seek(found.offset)
    }
  }

  private async takeCommitted(
    lost: readonly AssignedPartition[],
    stillLost: () => AssignedPartition[],
    limit: TimeLimit,
  ): Promise<void> {
    const asked = lost.filter(({ reset }) => reset === null)
    if (this.settings.groupId === '' || asked.length === 0) return
    const committed = await fetchOffsets(this.cluster, this.settings.groupId, asked, true, limit)
    for (const assigned of stillLost()) {
      const found = committed.get(assigned.topic, assigned.partition)
      if (found === undefined || assigned.reset !== null) continue
      assigned.position = found.offset
      assigned.positionLeaderEpoch = found.leaderEpoch
      assigned.committed = found.offset
    }
  }
}
