/** The part of a classic group that its leader plays: it divides the partitions, and watches for reasons to do it again. */
import { ErrorCode, type JoinGroupResponse, KafkaError } from '@millrace/protocol'
import type { Cluster } from '../../../cluster/cluster.ts'
import type { TimeLimit } from '../../../connection/time-limit.ts'
import { type Assignor, checkAssignment, type GroupMember } from '../assignors/assignor.ts'
import { decodeSubscription, encodeAssignment } from './consumer-protocol.ts'

export class GroupLeader {
  /** Partitions per topic that the assignment was made from, 0 for those that did not exist; undefined for followers. */
  private counts: ReadonlyMap<string, number> | undefined

  constructor(
    private readonly cluster: Cluster,
    private readonly assignors: readonly Assignor[],
  ) {}

  /** Topics of the subscriptions did not exist when partitions were assigned. */
  get lacksTopics(): boolean {
    for (const count of this.counts?.values() ?? []) if (count === 0) return true
    return false
  }
  /** Topics have more partitions now, or appeared. */
  get isOutdated(): boolean {
    for (const [topic, count] of this.counts ?? []) if (this.partitionCount(topic) !== count) return true
    return false
  }

  /** This member leads no more. */
  resign(): void {
    this.counts = undefined
  }

  /** What SyncGroup is to bring to the members; nothing for followers. */
  async assign(answer: JoinGroupResponse, limit: TimeLimit) {
    this.resign()
    if (answer.leader !== answer.memberId) return []
    const assignor = this.assignors.find(({ name }) => name === answer.protocolName)
    if (assignor === undefined)
      throw new KafkaError(ErrorCode.INCONSISTENT_GROUP_PROTOCOL, `assignor ${answer.protocolName}`)
    const members = answer.members.map(({ memberId, groupInstanceId, metadata }) =>
      decodeSubscription(memberId, groupInstanceId, metadata),
    )
    const counts = await this.partitionCounts(members, limit)
    this.counts = counts
    if (answer.skipAssignment) return []
    const existing = new Map([...counts].filter(([, count]) => count > 0))
    const assignment = assignor.assign(existing, members)
    checkAssignment(assignor, existing, members, assignment)
    return members.map(({ memberId }) => ({ memberId, assignment: encodeAssignment(assignment.get(memberId) ?? []) }))
  }

  /** Of all topics that any member wants; 0 for those that do not exist. */
  private async partitionCounts(members: readonly GroupMember[], limit: TimeLimit): Promise<Map<string, number>> {
    const topics = [...new Set(members.flatMap(member => member.topics))]
    this.cluster.useTopics(topics)
    if (topics.some(topic => this.cluster.metadata.topic(topic) === undefined))
      await this.cluster.retrying('fetching metadata', limit, remaining => this.cluster.refreshMetadata(remaining))
    return new Map(topics.map(topic => [topic, this.partitionCount(topic)]))
  }
  private partitionCount(topic: string): number {
    return this.cluster.metadata.topic(topic)?.partitions.length ?? 0
  }
}
