import { ConsumerProtocolAssignment, decodeConsumerProtocol } from '@millrace/protocol'
import { nameOf } from '../consumer/consumer-group-driver.ts'
import type { MixedDriver } from './mixed-driver.ts'

/**
 * A client of the classic protocol in a consumer group. An eager one gives everything up before it joins, a cooperative one
 * goes on with what it has, and joins again once it has given up what it lost.
 */
export class SimulatedClassicConsumer {
  memberId = ''
  /** What it reads. A partition is `topic id/number`. */
  readonly owned = new Set<string>()
  private generationId = -1
  private next: 'join' | 'sync' | 'heartbeat' = 'join'

  constructor(
    private readonly driver: MixedDriver,
    public topics: readonly string[],
    private readonly isEager: boolean,
  ) {}

  /** Sends one request. */
  step(): void {
    if (this.next === 'join') this.join()
    else if (this.next === 'sync') this.sync()
    else this.follow(this.driver.heartbeatClassic(this.memberId, this.generationId))
  }
  subscribe(topics: readonly string[]): void {
    this.topics = topics
    this.next = 'join'
  }

  private join(): void {
    if (this.isEager) this.owned.clear()
    const answer = this.driver.joinClassic(this.memberId, this.topics, this.ownedByName())
    const error = nameOf(answer.errorCode ?? 0)
    if (error !== 'NONE') return this.abandon()
    this.memberId = answer.memberId
    this.generationId = answer.generationId!
    this.next = 'sync'
  }

  private sync(): void {
    const answer = this.driver.syncClassic(this.memberId, this.generationId)
    const error = nameOf(answer.errorCode ?? 0)
    if (error !== 'NONE') return this.follow(error)
    const { assignedPartitions } = decodeConsumerProtocol(ConsumerProtocolAssignment, answer.assignment as Buffer)
    const assigned = new Set(
      assignedPartitions.flatMap(({ topic, partitions }) => {
        const { id } = this.driver.topics.topics.get(topic)!
        return partitions.map(partition => `${id}/${partition}`)
      }),
    )
    const lost = [...this.owned].filter(partition => !assigned.has(partition))
    for (const partition of lost) this.owned.delete(partition)
    for (const partition of assigned) this.owned.add(partition)
    this.next = lost.length > 0 ? 'join' : 'heartbeat'
  }

  private follow(error: ReturnType<typeof nameOf>): void {
    if (error === 'REBALANCE_IN_PROGRESS') this.next = 'join'
    else if (error !== 'NONE') this.abandon()
  }

  private abandon(): void {
    this.owned.clear()
    this.memberId = ''
    this.generationId = -1
    this.next = 'join'
  }

  private ownedByName(): Record<string, number[]> {
    const byName: Record<string, number[]> = Object.create(null)
    for (const partition of this.owned) {
      const [topicId = '', number] = partition.split('/')
      const name = this.driver.topics.nameOf(topicId)
      byName[name] = [...(byName[name] ?? []), Number(number)]
    }
    return byName
  }
}
