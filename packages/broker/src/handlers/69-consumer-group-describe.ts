/** ConsumerGroupDescribe (API key 69), v0 to v1: KIP-848 groups. Clients try it first, and DescribeGroups (15) for the rest. */
import { APIS, type ConsumerGroupDescribeRequest, ErrorCode } from '@millrace/protocol'
import { type ConsumerGroup, type ConsumerMember, stateOf } from '../groups/consumer/consumer-group.ts'
import { rowsOf } from '../groups/consumer/owned-partitions.ts'
import { assignorOf } from '../groups/consumer/target-assignment.ts'
import type { RequestHandler } from '../server/request-handler.ts'
import { GROUP_OPERATIONS, NOT_ASKED_FOR } from './authorized-operations.ts'
import { type BrokerServices, handler } from './services.ts'

/** `MemberType` of Kafka. */
const CLASSIC = 0
const CONSUMER = 1

type Partitions = Parameters<typeof rowsOf>[0]

export function consumerGroupDescribe({ groups, topics, config }: BrokerServices): RequestHandler {
  function handle({ groupIds, includeAuthorizedOperations }: ConsumerGroupDescribeRequest) {
    const authorizedOperations = includeAuthorizedOperations ? GROUP_OPERATIONS : NOT_ASKED_FOR
    return { groups: groupIds.map(groupId => ({ ...describe(groupId), authorizedOperations })) }
  }

  function describe(groupId: string) {
    const nothing = { groupId, groupState: '', groupEpoch: 0, assignmentEpoch: 0, assignorName: '', members: [] }
    if (groupId === '') return { ...nothing, errorCode: ErrorCode.INVALID_GROUP_ID }
    const { errorCode, group } = groups.describe(groupId)
    if (errorCode !== ErrorCode.NONE) return { ...nothing, errorCode }
    if (group?.type === 'consumer') return described(group)
    const errorMessage =
      group === undefined ? `Group ${groupId} not found.` : `Group ${groupId} is not a consumer group.`
    return { ...nothing, errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage }
  }

  function described(group: ConsumerGroup) {
    return {
      errorCode: ErrorCode.NONE,
      groupId: group.groupId,
      groupState: stateOf(group),
      groupEpoch: group.groupEpoch,
      assignmentEpoch: group.targetEpoch,
      assignorName: assignorOf(group, config['group.consumer.assignors']),
      members: [...group.members.values()].map(member => describedMember(group, member)),
    }
  }

  function describedMember(group: ConsumerGroup, member: ConsumerMember) {
    const { memberId, memberEpoch, rackId, clientId, clientHost } = member
    return {
      memberId,
      memberEpoch,
      rackId,
      clientId,
      clientHost,
      instanceId: member.groupInstanceId,
      subscribedTopicNames: [...member.topics].sort(),
      subscribedTopicRegex: member.pattern,
      assignment: { topicPartitions: named(member.assigned) },
      targetAssignment: { topicPartitions: named(group.targets.get(memberId) ?? new Map()) },
      memberType: member.classic === null ? CONSUMER : CLASSIC,
    }
  }

  /** Topics that are gone are left out. */
  function named(partitions: Partitions) {
    return rowsOf(partitions).flatMap(row => {
      const topic = topics.byId(row.topicId)
      return topic === undefined ? [] : [{ ...row, topicName: topic.name }]
    })
  }

  return handler(APIS.ConsumerGroupDescribe, 'strict', handle)
}
