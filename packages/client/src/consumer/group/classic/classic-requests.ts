/** The requests of a member of a classic group. Single attempts; a coordinator that cannot be reached is looked for anew. */
import { APIS, type JoinGroupResponse, KafkaError, type SyncGroupResponse } from '@millrace/protocol'
import type { Cluster } from '../../../cluster/cluster.ts'
import type { Node } from '../../../cluster/metadata.ts'
import type { TopicPartition } from '../../../cluster/topic-partition.ts'
import type { TimeLimit } from '../../../connection/time-limit.ts'
import type { ConsumerSettings } from '../../consumer-config.ts'
import type { Assignor } from '../assignors/assignor.ts'
import type { GroupIdentity } from '../group-offsets.ts'
import { encodeSubscription } from './consumer-protocol.ts'

const PROTOCOL_TYPE = 'consumer'

export interface JoiningMember {
  readonly identity: GroupIdentity
  readonly topics: readonly string[]
  readonly assignors: readonly Assignor[]
  /** What a cooperative member keeps while it joins; eager ones hold nothing then. */
  readonly owned: readonly TopicPartition[]
}

export class ClassicRequests {
  constructor(
    private readonly cluster: Cluster,
    private readonly settings: ConsumerSettings,
  ) {}

  forgetCoordinator(): void {
    this.cluster.forgetCoordinator('group', this.settings.groupId)
  }

  /** Waits for the other members, so it has all of `limit`. */
  join(member: JoiningMember, limit: TimeLimit): Promise<JoinGroupResponse> {
    const { identity, topics, assignors, owned } = member
    const { sessionTimeoutMs, maxPollIntervalMs, clientRack } = this.settings
    const protocols = assignors.map(assignor => ({
      name: assignor.name,
      metadata: encodeSubscription({
        topics,
        userData: toBuffer(assignor.userData?.(topics, identity.generationId) ?? null),
        ownedPartitions: owned,
        generationId: identity.generationId,
        rackId: clientRack === '' ? null : clientRack,
      }),
    }))
    return this.ask(limit, node =>
      this.cluster.request(
        { node, lane: 'group' },
        APIS.JoinGroup,
        () => ({
          ...identity,
          sessionTimeoutMs,
          rebalanceTimeoutMs: maxPollIntervalMs,
          protocolType: PROTOCOL_TYPE,
          protocols,
        }),
        limit,
        { requestTimeoutMs: limit.timeoutMs },
      ),
    )
  }

  /** Waits for the leader's assignment. */
  sync(
    identity: GroupIdentity,
    protocolName: string | null,
    assignments: readonly { readonly memberId: string; readonly assignment: Buffer }[],
    limit: TimeLimit,
  ): Promise<SyncGroupResponse> {
    return this.ask(limit, node =>
      this.cluster.request(
        { node, lane: 'group' },
        APIS.SyncGroup,
        () => ({ ...identity, protocolType: PROTOCOL_TYPE, protocolName, assignments }),
        limit,
        { requestTimeoutMs: limit.timeoutMs },
      ),
    )
  }

  /** The error code of the answer. */
  async heartbeat(identity: GroupIdentity, limit: TimeLimit): Promise<number> {
    const { timeoutMs } = limit
    const answer = await this.ask(limit, node =>
      this.cluster.request({ node, lane: 'group' }, APIS.Heartbeat, () => identity, limit, {
        requestTimeoutMs: timeoutMs,
      }),
    )
    return answer.errorCode
  }

  /** Not on the group's lane: a join may be waiting there. */
  async leave(identity: GroupIdentity, reason: string, limit: TimeLimit): Promise<void> {
    const { groupId, memberId, groupInstanceId } = identity
    const members = [{ memberId, groupInstanceId, reason }]
    await this.ask(limit, node =>
      this.cluster.request({ node, lane: 'main' }, APIS.LeaveGroup, () => ({ groupId, members }), limit),
    )
  }

  private async ask<T>(limit: TimeLimit, request: (coordinator: Node) => Promise<T>): Promise<T> {
    try {
      return await request(await this.cluster.coordinator('group', this.settings.groupId, limit))
    } catch (error) {
      // It may have lost the group to another broker.
      if (!(error instanceof KafkaError)) this.forgetCoordinator()
      throw error
    }
  }
}

function toBuffer(bytes: Uint8Array | null): Buffer | null {
  return bytes === null ? null : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}
