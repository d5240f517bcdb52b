/**
 * What a heartbeat says (KIP-848): everything when the member joins or when the coordinator may have missed something,
 * afterwards what has changed since it last answered. Pure.
 */
import type { ConsumerGroupHeartbeatRequest, InputOf } from '@millrace/protocol'

/** What the coordinator is to know of a member. */
export interface MemberReport {
  readonly instanceId: string | null
  readonly rackId: string | null
  readonly rebalanceTimeoutMs: number
  /** Null with a pattern. */
  readonly topics: readonly string[] | null
  /** RE2; null with topics. */
  readonly pattern: string | null
  /** Null: the broker's choice. */
  readonly serverAssignor: string | null
  /** By topic id. */
  readonly owned: ReadonlyMap<string, readonly number[]>
}

type Fields = Omit<InputOf<typeof ConsumerGroupHeartbeatRequest>, 'groupId' | 'memberId' | 'memberEpoch'>

export class HeartbeatReporter {
  /** What the coordinator knows, as text; empty when everything has to be said. */
  private known = new Map<string, string>()
  private sent = new Map<string, string>()

  /** Everything has to be said again. */
  forget(): void {
    this.known.clear()
  }

  fields(report: MemberReport): Fields {
    const { instanceId, rackId, rebalanceTimeoutMs, topics, pattern, serverAssignor, owned } = report
    const topicPartitions = [...owned].map(([topicId, partitions]) => ({ topicId, partitions: [...partitions] }))
    this.sent = new Map()
    return {
      // Says who the member is, so it is never left out.
      instanceId,
      ...this.changed('rackId', rackId),
      ...this.changed('rebalanceTimeoutMs', rebalanceTimeoutMs),
      // No topics and no pattern are said as such: the member may have had the other before.
      ...this.changed('subscribedTopicNames', topics ?? []),
      ...(pattern === null && !this.known.has('subscribedTopicRegex')
        ? {}
        : this.changed('subscribedTopicRegex', pattern ?? '')),
      ...this.changed('serverAssignor', serverAssignor),
      ...this.changed('topicPartitions', topicPartitions),
    }
  }

  /** The coordinator has got the fields of the last call. */
  acknowledged(): void {
    for (const [field, text] of this.sent) this.known.set(field, text)
  }

  private changed<F extends keyof Fields>(field: F, value: Fields[F]): Partial<Fields> {
    const text = JSON.stringify(value)
    if (this.known.get(field) === text) return {}
    this.sent.set(field, text)
    return { [field]: value }
  }
}
