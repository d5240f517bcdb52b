/**
 * Asks new leaders whether they have what a consumer has read (KIP-320). After an unclean election a log may end before
 * the position, or hold other records up to it: then reading on would skip or mix them without a word.
 */
import { APIS, ErrorCode, KafkaError } from '@millrace/protocol'
import type { Cluster } from '../cluster/cluster.ts'
import type { Node } from '../cluster/metadata.ts'
import { nameOfPartition, TopicPartitionMap } from '../cluster/topic-partition.ts'
import type { AssignedPartition } from './assigned-partition.ts'
import { BackgroundWork } from './background-work.ts'
import type { ConsumerSettings } from './consumer-config.ts'
import { LogTruncationError } from './consumer-errors.ts'

/** What is asked about a partition, and what must not have changed when the answer comes. */
interface Asked {
  readonly assigned: AssignedPartition
  readonly epoch: number
  readonly position: number
  readonly leaderEpoch: number
}

export class PositionValidator {
  private readonly work: BackgroundWork

  constructor(
    private readonly cluster: Cluster,
    private readonly settings: ConsumerSettings,
    /** Called when a check in the background has ended; with what it failed with, if no retry mends that. */
    onEnd: (failure: Error | undefined) => void,
  ) {
    this.work = new BackgroundWork(cluster.platform.clock, cluster.backoff, onEnd)
  }

  /** Starts a check in the background, one at a time. Returns after how many ms another call is worth it. */
  validate(partitions: readonly AssignedPartition[]): number {
    const { waitMs } = this.work
    if (waitMs === Number.POSITIVE_INFINITY || partitions.length === 0) return Number.POSITIVE_INFINITY
    const { metadata } = this.cluster
    const byLeader = new Map<Node, Asked[]>()
    for (const assigned of partitions) {
      const { topic, partition, epoch, position } = assigned
      const leaderEpoch = metadata.partition(topic, partition)?.leaderEpoch ?? -1
      const leader = metadata.leaderOf(topic, partition)
      if (leader === undefined || position === null || !assigned.needsValidation(leaderEpoch)) continue
      const asked = { assigned, epoch, position, leaderEpoch }
      const others = byLeader.get(leader)
      if (others === undefined) byLeader.set(leader, [asked])
      else others.push(asked)
    }
    if (byLeader.size === 0) return Number.POSITIVE_INFINITY
    if (waitMs > 0) return waitMs
    this.work.start(this.askAll(byLeader))
    return Number.POSITIVE_INFINITY
  }

  private async askAll(byLeader: ReadonlyMap<Node, readonly Asked[]>): Promise<void> {
    try {
      await Promise.all([...byLeader].map(([leader, asked]) => this.ask(leader, asked)))
    } catch (error) {
      this.cluster.learn()
      throw error
    }
  }

  private async ask(node: Node, asked: readonly Asked[]): Promise<void> {
    const topics = TopicPartitionMap.from(asked.map(one => [one.assigned, one]))
    const answer = await this.cluster.request(
      { node, lane: 'main' },
      APIS.OffsetForLeaderEpoch,
      () => ({
        replicaId: -1,
        topics: [...topics.byTopic()].map(([topic, partitions]) => ({
          topic,
          partitions: [...partitions].map(([partition, { assigned, leaderEpoch }]) => ({
            partition,
            currentLeaderEpoch: leaderEpoch,
            leaderEpoch: assigned.positionLeaderEpoch,
          })),
        })),
      }),
      { timeoutMs: this.settings.requestTimeoutMs },
    )
    let failure: KafkaError | undefined
    for (const { topic, partitions } of answer.topics) {
      for (const { partition, errorCode, endOffset } of partitions) {
        const one = topics.get(topic, partition)
        if (one === undefined) continue
        if (errorCode === ErrorCode.NONE) this.judge(one, endOffset)
        else failure ??= new KafkaError(errorCode, `validating the position in ${nameOfPartition(one.assigned)}`)
      }
    }
    if (failure !== undefined) throw failure
  }

  private judge({ assigned, epoch, position, leaderEpoch }: Asked, endOffset: number): void {
    // A seek or more reading has made the answer useless.
    if (assigned.epoch !== epoch || assigned.position !== position) return
    // −1: the leader knows no such epoch, so it is a log that began later; its start and end decide.
    if (endOffset < 0 || endOffset >= position) {
      assigned.validatedLeaderEpoch = leaderEpoch
      return
    }
    if (this.settings.autoOffsetReset === 'none') throw new LogTruncationError(assigned, position, endOffset)
    assigned.seek(endOffset)
  }
}
