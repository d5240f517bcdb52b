/** ConsumerGroupHeartbeat (API key 68): joining, living and leaving in a KIP-848 group. Source: KIP-848. */
import {
  type ConsumerGroupHeartbeatRequest,
  type ConsumerGroupHeartbeatResponse,
  ErrorCode,
  type InputOf,
  KafkaError,
} from '@millrace/protocol'
import type { Decision } from '../decision.ts'
import { type AssignorName, ConsumerDraft, type ConsumerGroupSurroundings } from './consumer-draft.ts'
import { AWAY, type ConsumerGroup, type ConsumerMember, JOIN, LEAVE } from './consumer-group.ts'
import { currentAssignmentRecord } from './consumer-group-records.ts'
import { checkMemberEpoch, checkRoom, existingMember, joiningMember } from './consumer-members.ts'
import { fenceMembers } from './fence-members.ts'
import { describeMember, reconcileMember } from './membership-change.ts'
import { NOTHING_OWNED, rowsOf, samePartitions } from './owned-partitions.ts'
import { updateTarget } from './target-assignment.ts'

export interface ConsumerHeartbeat extends ConsumerGroupHeartbeatRequest {
  readonly clientId: string
  readonly clientHost: string
}
export type ConsumerHeartbeatAnswer = InputOf<typeof ConsumerGroupHeartbeatResponse>

const FIRST_WITH_OWN_MEMBER_IDS = 1

/** Throws {@link KafkaError} for a request that makes no sense, whatever the group. */
export function checkHeartbeat(
  request: ConsumerGroupHeartbeatRequest,
  apiVersion: number,
  assignors: readonly AssignorName[],
): void {
  const { memberId, memberEpoch, groupId, instanceId, rackId, serverAssignor } = request
  const needsMemberId = apiVersion >= FIRST_WITH_OWN_MEMBER_IDS || memberEpoch > JOIN || memberEpoch === LEAVE
  if (needsMemberId && isBlank(memberId)) refuse("MemberId can't be empty.")
  if (isBlank(groupId)) refuse("GroupId can't be empty.")
  if (isBlank(instanceId)) refuse("InstanceId can't be empty.")
  if (isBlank(rackId)) refuse("RackId can't be empty.")
  if (memberEpoch === JOIN) checkJoin(request)
  if (memberEpoch === AWAY && instanceId === null) refuse("InstanceId can't be null.")
  if (memberEpoch < AWAY) refuse('MemberEpoch is invalid.')
  if (serverAssignor !== null && !assignors.some(name => name === serverAssignor))
    throw new KafkaError(
      ErrorCode.UNSUPPORTED_ASSIGNOR,
      `ServerAssignor ${serverAssignor} is not supported. Supported assignors: ${assignors.join(', ')}.`,
    )
}

function checkJoin(request: ConsumerGroupHeartbeatRequest): void {
  if (request.rebalanceTimeoutMs === -1) refuse('RebalanceTimeoutMs must be provided in first request.')
  if (request.topicPartitions?.length !== 0) refuse('TopicPartitions must be empty when (re-)joining.')
  if (request.subscribedTopicNames === null && request.subscribedTopicRegex === null)
    refuse('Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.')
}

/**
 * `group`: an empty one when there is none yet, which only a member that joins may create. To be asked after
 * {@link checkHeartbeat}; the member id is not empty. Throws {@link KafkaError}.
 */
export function consumerHeartbeat(
  group: ConsumerGroup,
  request: ConsumerHeartbeat,
  surroundings: ConsumerGroupSurroundings,
): Decision<ConsumerHeartbeatAnswer> {
  const { memberId, memberEpoch, topicPartitions: reported } = request
  if (memberEpoch < JOIN) return leave(group, request, surroundings)
  const draft = new ConsumerDraft(group, surroundings)
  checkRoom(draft, memberId)
  const before = memberOf(draft, request)
  const hasSubscriptionChanged = describeMember(draft, before, describedBy(before, request))
  updateTarget(draft)
  const member = reconcileMember(draft, memberId, reported, hasSubscriptionChanged)
  draft.arm({ kind: 'member', memberId }, surroundings.rules.sessionTimeoutMs)
  const hasToKnow = memberEpoch === JOIN || isFull(request) || !samePartitions(before.assigned, member.assigned)
  return draft.decide({
    errorCode: ErrorCode.NONE,
    memberId,
    memberEpoch: member.memberEpoch,
    heartbeatIntervalMs: surroundings.rules.heartbeatIntervalMs,
    assignment: hasToKnow ? { topicPartitions: rowsOf(member.assigned) } : null,
  })
}

function memberOf(draft: ConsumerDraft, request: ConsumerHeartbeat): ConsumerMember {
  const { memberId, memberEpoch, instanceId, topicPartitions: reported } = request
  if (memberEpoch !== JOIN) {
    const member = existingMember(draft.group, memberId, instanceId)
    checkMemberEpoch(member, memberEpoch, reported)
    return member
  }
  const member = joiningMember(draft, memberId, instanceId, false)
  // A static member that comes back starts anew; any other that joins may be one that repeats its join.
  if (instanceId === null) checkMemberEpoch(member, memberEpoch, reported)
  return member
}

/** Null in the request: unchanged. */
function describedBy(member: ConsumerMember, request: ConsumerHeartbeat): ConsumerMember {
  const { subscribedTopicNames } = request
  return {
    ...member,
    groupInstanceId: request.instanceId ?? member.groupInstanceId,
    rackId: request.rackId ?? member.rackId,
    rebalanceTimeoutMs: request.rebalanceTimeoutMs === -1 ? member.rebalanceTimeoutMs : request.rebalanceTimeoutMs,
    serverAssignor: request.serverAssignor ?? member.serverAssignor,
    topics: subscribedTopicNames === null ? member.topics : new Set(subscribedTopicNames),
    pattern: request.subscribedTopicRegex ?? member.pattern,
    clientId: request.clientId,
    clientHost: request.clientHost,
    classic: null,
  }
}

/** A member that lost an answer sends all it knows, to be told all. */
function isFull({ rebalanceTimeoutMs, topicPartitions, ...request }: ConsumerHeartbeat): boolean {
  const hasSubscription = request.subscribedTopicNames !== null || request.subscribedTopicRegex !== null
  return rebalanceTimeoutMs !== -1 && hasSubscription && topicPartitions !== null
}

function leave(
  group: ConsumerGroup,
  { memberId, memberEpoch, instanceId }: ConsumerHeartbeat,
  surroundings: ConsumerGroupSurroundings,
): Decision<ConsumerHeartbeatAnswer> {
  const member = existingMember(group, memberId, instanceId)
  const answer = { errorCode: ErrorCode.NONE, memberId, memberEpoch, heartbeatIntervalMs: 0 }
  if (memberEpoch !== AWAY) return fenceMembers(group, [member], answer, surroundings)
  // Its session goes on: it may come back within it, under whatever member id.
  const draft = new ConsumerDraft(group, surroundings)
  draft.append(currentAssignmentRecord(group.groupId, { ...member, memberEpoch: AWAY, revoking: NOTHING_OWNED }))
  draft.disarmRevocation(memberId)
  return draft.decide(answer)
}

function isBlank(text: string | null): boolean {
  return text !== null && text.trim() === ''
}

function refuse(message: string): never {
  throw new KafkaError(ErrorCode.INVALID_REQUEST, message)
}
