import { ErrorCode } from '@millrace/protocol'
import type { ConsumerGroupDriver } from './consumer-group-driver.ts'

/**
 * A client of KIP-848 as Java's: it reads what it has been told to read, gives up what is not in its assignment any more
 * before it takes anything new, and says so with its next heartbeat.
 */
export class SimulatedConsumer {
  memberEpoch = 0
  /** What it reads. A partition is `topic id/number`. */
  readonly owned = new Set<string>()
  private assignment: ReadonlySet<string> | null = null
  /** An answer was lost: the next request has everything in it. */
  private isFull = true
  private hasLeft = false

  constructor(
    private readonly driver: ConsumerGroupDriver,
    readonly memberId: string,
    public topics: readonly string[],
    readonly instanceId: string | null = null,
    public pattern = '',
  ) {}

  /** False once it has left; it does not read then. */
  get isIn(): boolean {
    return !this.hasLeft && this.memberEpoch > 0
  }

  /**
   * `isLost`: the broker gets the request, the client does not get the answer. `isBusy`: it has not got round to following
   * the last answer, as while the application's rebalance listener runs.
   */
  heartbeat({ isLost = false, isBusy = false } = {}): void {
    if (this.hasLeft) return
    if (!isBusy) this.reconcile()
    const isJoin = this.memberEpoch === 0
    const isFull = isJoin || this.isFull
    const { memberId, memberEpoch, instanceId } = this
    const answer = this.driver.heartbeat({
      memberId,
      memberEpoch,
      instanceId,
      rebalanceTimeoutMs: isFull ? 60_000 : -1,
      subscribedTopicNames: isFull ? [...this.topics] : null,
      subscribedTopicRegex: isFull ? this.pattern : null,
      topicPartitions: isJoin ? [] : isBusy && !isFull ? null : this.rows(),
    })
    this.isFull = true
    if (isLost) return
    if (answer.errorCode === ErrorCode.NONE) this.follow(answer)
    else if (answer.errorCode === ErrorCode.UNRELEASED_INSTANCE_ID) this.hasLeft = true
    else this.abandon()
  }

  subscribe(topics: readonly string[], pattern = ''): void {
    this.topics = topics
    this.pattern = pattern
    this.isFull = true
  }

  leave(memberEpoch: -1 | -2 = -1): void {
    if (this.isIn) {
      const { memberId, instanceId } = this
      this.owned.clear()
      this.driver.heartbeat({ memberId, memberEpoch, instanceId })
    }
    this.hasLeft = true
    this.abandon()
  }

  private follow(answer: ReturnType<ConsumerGroupDriver['heartbeat']>): void {
    this.isFull = false
    this.memberEpoch = answer.memberEpoch
    const { assignment } = answer
    if (assignment === null || assignment === undefined) return
    this.assignment = new Set(
      assignment.topicPartitions.flatMap(({ topicId, partitions }) => partitions.map(one => `${topicId}/${one}`)),
    )
  }

  /** First gives up, then takes; what is given up is only free for others once the heartbeat has said so. */
  private reconcile(): void {
    const { assignment } = this
    if (assignment === null) return
    for (const partition of [...this.owned]) if (!assignment.has(partition)) this.owned.delete(partition)
    for (const partition of assignment) this.owned.add(partition)
  }

  private abandon(): void {
    this.owned.clear()
    this.assignment = null
    this.memberEpoch = 0
    this.isFull = true
  }

  private rows(): { topicId: string; partitions: number[] }[] {
    const byTopic = new Map<string, number[]>()
    for (const partition of this.owned) {
      const [topicId = '', number] = partition.split('/')
      byTopic.set(topicId, [...(byTopic.get(topicId) ?? []), Number(number)])
    }
    return [...byTopic].map(([topicId, partitions]) => ({ topicId, partitions }))
  }
}
