import {
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
  type ErrorCode,
  encodeConsumerProtocol,
} from '@millrace/protocol'
import type { ClassicGroup } from '../../../src/groups/classic/classic-group.ts'
import { heartbeat } from '../../../src/groups/classic/heartbeat.ts'
import { type JoinRequest, join } from '../../../src/groups/classic/join.ts'
import { joinError, syncError } from '../../../src/groups/classic/membership.ts'
import { type SyncRequest, sync } from '../../../src/groups/classic/sync.ts'
import { heartbeatAsClassic, joinAsClassic, syncAsClassic } from '../../../src/groups/consumer/classic-speakers.ts'
import type { ConsumerHeartbeat } from '../../../src/groups/consumer/consumer-heartbeat.ts'
import { consumerHeartbeat } from '../../../src/groups/consumer/consumer-heartbeat.ts'
import { decideBoth, type JoinAnswer, type SyncAnswer } from '../../../src/groups/decision.ts'
import { upgrade } from '../../../src/groups/migration/upgrade.ts'
import { ConsumerGroupDriver, nameOf } from '../consumer/consumer-group-driver.ts'

export type Owned = Readonly<Record<string, readonly number[]>>

export function subscription(topics: readonly string[], owned: Owned = {}): Buffer {
  const ownedPartitions = Object.entries(owned).map(([topic, partitions]) => ({ topic, partitions: [...partitions] }))
  return encodeConsumerProtocol(ConsumerProtocolSubscription, { topics: [...topics], ownedPartitions })
}

/** Sends the requests of members of either protocol to the group, whichever type it has. */
export class MixedDriver extends ConsumerGroupDriver {
  private ids = 0

  joinClassic(memberId: string, topics: readonly string[], owned: Owned = {}, request: Partial<JoinRequest> = {}) {
    const full: JoinRequest = {
      memberId,
      groupInstanceId: null,
      clientId: 'classic',
      clientHost: '/127.0.0.1',
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 30_000,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: subscription(topics, owned) }],
      requiresKnownMemberId: false,
      supportsSkippingAssignment: true,
      uuid: `classic-${++this.ids}`,
      ...request,
    }
    const { group } = this
    return this.decide<JoinAnswer>(
      () =>
        group.type === 'classic'
          ? join(group, full, this.limits, this.nowMs)
          : joinAsClassic(group, full, this.surroundings),
      code => joinError(memberId, code),
    )
  }

  syncClassic(memberId: string, generationId: number, request: Partial<SyncRequest> = {}) {
    const full: SyncRequest = {
      memberId,
      generationId,
      groupInstanceId: null,
      protocolType: null,
      protocolName: null,
      assignments: [],
      ...request,
    }
    const { group } = this
    return this.decide<SyncAnswer>(
      () =>
        group.type === 'classic'
          ? sync(group, full, this.limits, this.nowMs)
          : syncAsClassic(group, full, this.surroundings),
      syncError,
    )
  }

  heartbeatClassic(memberId: string, generationId: number): keyof typeof ErrorCode {
    const request = { memberId, generationId, groupInstanceId: null }
    const { group } = this
    const code = this.decide<ErrorCode>(
      () =>
        group.type === 'classic'
          ? heartbeat(group, request, this.limits, this.nowMs)
          : heartbeatAsClassic(group, request, this.surroundings),
      refused => refused,
    )
    return nameOf(code)
  }

  /** A consumer of the new protocol joins a group with classic members. */
  joinAndUpgrade(memberId: string, topics: readonly string[] = ['orders'], request: Partial<ConsumerHeartbeat> = {}) {
    const { group } = this
    if (group.type === 'consumer') return this.join(memberId, topics, request)
    const full: ConsumerHeartbeat = {
      groupId: 'g',
      memberId,
      memberEpoch: 0,
      instanceId: null,
      rackId: null,
      rebalanceTimeoutMs: 60_000,
      subscribedTopicNames: [...topics],
      subscribedTopicRegex: null,
      serverAssignor: null,
      topicPartitions: [],
      clientId: 'client',
      clientHost: '/127.0.0.1',
      ...request,
    }
    return this.decide(
      () => {
        const upgraded = upgrade(group, this.surroundings)
        return decideBoth(upgraded, consumerHeartbeat(upgraded.group, full, this.surroundings))
      },
      errorCode => ({ errorCode, memberEpoch: 0, heartbeatIntervalMs: 0 }),
    )
  }

  /** Classic members that share the partitions of orders, as their leader divided them; the first one leads. */
  classicMembers(...parts: (readonly number[])[]): string[] {
    for (const _ of parts) this.joinClassic('', ['orders'])
    const [leader = ''] = this.group.members.keys()
    if (parts.length > 1) this.joinClassic(leader, ['orders'])
    const group = this.group as ClassicGroup
    const memberIds = [...group.members.keys()]
    const assignments = memberIds.map((memberId, index) => ({
      memberId,
      assignment: encodeConsumerProtocol(ConsumerProtocolAssignment, {
        assignedPartitions: [{ topic: 'orders', partitions: [...parts[index]!] }],
      }),
    }))
    this.syncClassic(leader, group.generationId, { assignments })
    for (const memberId of memberIds.slice(1)) this.syncClassic(memberId, group.generationId)
    return memberIds
  }
}
