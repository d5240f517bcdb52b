/**
 * Members of a KIP-848 group that speak the classic protocol, while their application is being upgraded or downgraded. JoinGroup
 * brings their subscription and is answered with their member epoch as generation, SyncGroup brings their part, Heartbeat
 * tells them to join again: when the group has a new epoch, when they have to give something up, and when what they wait
 * for is free. They may be eager or cooperative; the broker does not care. Source: KIP-848, "Upgrading".
 */
import { type ConsumerProtocolSubscription, ErrorCode, KafkaError } from '@millrace/protocol'
import type { GroupLimits } from '../classic/classic-draft.ts'
import type { HeartbeatRequest } from '../classic/heartbeat.ts'
import type { JoinRequest } from '../classic/join.ts'
import type { LeavingMember } from '../classic/leave.ts'
import { joinError, syncError } from '../classic/membership.ts'
import { rebalance } from '../classic/rebalance.ts'
import type { SyncRequest } from '../classic/sync.ts'
import { answerOnly, type Decision, decideBoth, type JoinAnswer, type SyncAnswer } from '../decision.ts'
import { assignmentBytes, byTopicId, subscriptionIn } from '../migration/consumer-protocol-bytes.ts'
import { downgrade, mayDowngrade } from '../migration/downgrade.ts'
import { ConsumerDraft, type ConsumerGroupSurroundings } from './consumer-draft.ts'
import {
  type ClassicSpeaker,
  type ConsumerGroup,
  type ConsumerMember,
  isTaken,
  staticMember,
} from './consumer-group.ts'
import { checkRoom, existingMember, joiningMember } from './consumer-members.ts'
import { fenceMembers } from './fence-members.ts'
import { describeMember, reconcileMember } from './membership-change.ts'
import { owns } from './owned-partitions.ts'
import { updateTarget } from './target-assignment.ts'

const PROTOCOL_TYPE = 'consumer'

interface SpeakingMember extends ConsumerMember {
  readonly classic: ClassicSpeaker
}

/** Throws {@link KafkaError}. */
export function joinAsClassic(
  group: ConsumerGroup,
  request: JoinRequest,
  surroundings: ConsumerGroupSurroundings,
): Decision<JoinAnswer> {
  const memberId = request.memberId || request.uuid
  checkSessionTimeout(request.sessionTimeoutMs, surroundings.classic)
  const draft = new ConsumerDraft(group, surroundings)
  checkRoom(draft, memberId)
  const subscription = commonSubscription(group, request)
  if (request.memberId === '' && request.requiresKnownMemberId)
    return answerOnly(group, joinError(memberId, ErrorCode.MEMBER_ID_REQUIRED))
  const replaced = staticMember(group, request.groupInstanceId)
  const before = memberOf(draft, request, memberId)
  const hasSubscriptionChanged = describeMember(draft, before, describedBy(before, request, subscription))
  const members = [...draft.group.members.values()]
  // The static member that comes back with the classic protocol was the last that did not speak it.
  const isDowngrade = replaced !== undefined && replaced.classic === null && mayDowngrade(members, surroundings)
  if (!isDowngrade) updateTarget(draft)
  const reported = byTopicId(subscription.ownedPartitions, surroundings.topics)
  if (!isDowngrade || !hasSubscriptionChanged) reconcileMember(draft, memberId, reported, hasSubscriptionChanged)
  const answer = {
    ...joinError(memberId, ErrorCode.NONE),
    generationId: draft.group.members.get(memberId)!.memberEpoch,
    protocolType: PROTOCOL_TYPE,
    protocolName: request.protocols[0]!.name,
  }
  if (isDowngrade) return downgraded(draft, surroundings, hasSubscriptionChanged, answer)
  draft.disarm({ kind: 'rejoin', memberId })
  draft.arm({ kind: 'member', memberId }, request.sessionTimeoutMs)
  draft.arm({ kind: 'memberSync', memberId }, request.rebalanceTimeoutMs)
  return draft.decide(answer)
}

/** Throws {@link KafkaError}. */
export function syncAsClassic(
  group: ConsumerGroup,
  request: SyncRequest,
  surroundings: ConsumerGroupSurroundings,
): Decision<SyncAnswer> {
  const { protocolType, protocolName, memberId } = request
  const member = speakingMember(group, request)
  const [protocol] = member.classic.protocols
  if (protocolType !== null && protocolType !== PROTOCOL_TYPE) inconsistent(`the protocol type is ${PROTOCOL_TYPE}`)
  if (protocolName !== null && protocolName !== protocol!.name) inconsistent(`the protocol is ${protocol!.name}`)
  const draft = new ConsumerDraft(group, surroundings)
  if (group.groupEpoch > member.memberEpoch && member.state !== 'unrevoked') {
    draft.armUnlessArmed({ kind: 'rejoin', memberId }, member.rebalanceTimeoutMs)
    return draft.decide(syncError(ErrorCode.REBALANCE_IN_PROGRESS))
  }
  draft.disarm({ kind: 'memberSync', memberId })
  draft.arm({ kind: 'member', memberId }, member.classic.sessionTimeoutMs)
  const assignment = assignmentBytes(member.assigned, protocol!, surroundings.topics)
  return draft.decide({ errorCode: ErrorCode.NONE, protocolType, protocolName, assignment })
}

/** Throws {@link KafkaError}. */
export function heartbeatAsClassic(
  group: ConsumerGroup,
  request: HeartbeatRequest,
  surroundings: ConsumerGroupSurroundings,
): Decision<ErrorCode> {
  const member = speakingMember(group, request)
  const { memberId } = member
  const draft = new ConsumerDraft(group, surroundings)
  draft.arm({ kind: 'member', memberId }, member.classic.sessionTimeoutMs)
  if (!hasToRejoin(group, member)) return draft.decide(ErrorCode.NONE)
  draft.armUnlessArmed({ kind: 'rejoin', memberId }, member.rebalanceTimeoutMs)
  return draft.decide(ErrorCode.REBALANCE_IN_PROGRESS)
}

/** An error code for each of `leaving`, in order. Members of either protocol can be removed so. */
export function leaveAsClassic(
  group: ConsumerGroup,
  leaving: readonly LeavingMember[],
  surroundings: ConsumerGroupSurroundings,
): Decision<readonly ErrorCode[]> {
  const gone = new Set<ConsumerMember>()
  const errors = leaving.map(({ memberId, groupInstanceId }) => {
    // An administrator names the instance only.
    const id = memberId === '' && groupInstanceId !== null ? staticMember(group, groupInstanceId)?.memberId : memberId
    try {
      gone.add(existingMember(group, id ?? '', groupInstanceId))
      return ErrorCode.NONE
    } catch (error) {
      if (error instanceof KafkaError) return error.errorCode as ErrorCode
      throw error
    }
  })
  return fenceMembers(group, [...gone], errors, surroundings)
}

function memberOf(
  draft: ConsumerDraft,
  { memberId: given, groupInstanceId }: JoinRequest,
  memberId: string,
): ConsumerMember {
  if (given !== '' && groupInstanceId !== null) return existingMember(draft.group, given, groupInstanceId)
  return joiningMember(draft, memberId, groupInstanceId, true)
}

function describedBy(
  member: ConsumerMember,
  request: JoinRequest,
  subscription: ConsumerProtocolSubscription,
): ConsumerMember {
  const { groupInstanceId, rebalanceTimeoutMs, clientId, clientHost, sessionTimeoutMs, protocols } = request
  return {
    ...member,
    groupInstanceId: groupInstanceId ?? member.groupInstanceId,
    rackId: subscription.rackId || member.rackId,
    rebalanceTimeoutMs,
    topics: new Set(subscription.topics),
    // There are no patterns in the classic protocol: its members look topics up themselves.
    pattern: '',
    clientId,
    clientHost,
    classic: { sessionTimeoutMs, protocols },
  }
}

/** All protocols of a consumer carry one subscription. Throws INCONSISTENT_GROUP_PROTOCOL. */
function commonSubscription(group: ConsumerGroup, request: JoinRequest): ConsumerProtocolSubscription {
  const { protocolType, protocols } = request
  const speakers = [...group.members.values()].flatMap(member => member.classic ?? [])
  const isCommon = (name: string) => speakers.every(speaker => speaker.protocols.some(one => one.name === name))
  if (protocolType !== PROTOCOL_TYPE || !protocols.some(({ name }) => isCommon(name)))
    return inconsistent('the member shares no protocol with the others')
  return subscriptionIn(protocols[0]!.metadata) ?? inconsistent('the subscription is malformed')
}

function downgraded(
  draft: ConsumerDraft,
  surroundings: ConsumerGroupSurroundings,
  hasSubscriptionChanged: boolean,
  answer: JoinAnswer,
): Decision<JoinAnswer> {
  const classic = downgrade(draft.group, [...draft.group.members.values()], surroundings)
  if (hasSubscriptionChanged) rebalance(classic, 'joined')
  return decideBoth(draft.decide(undefined), classic.decide(answer))
}

function hasToRejoin(group: ConsumerGroup, member: ConsumerMember): boolean {
  if (member.memberEpoch < group.groupEpoch || member.state === 'unrevoked') return true
  return member.state === 'unreleased' && !waitsForOthers(group, member)
}

function waitsForOthers(group: ConsumerGroup, member: ConsumerMember): boolean {
  for (const [topicId, partitions] of group.targets.get(member.memberId) ?? [])
    for (const partition of partitions)
      if (!owns(member.assigned, topicId, partition) && isTaken(group, topicId, partition)) return true
  return false
}

/** Throws UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID, ILLEGAL_GENERATION. */
function speakingMember(
  group: ConsumerGroup,
  request: Pick<HeartbeatRequest, 'memberId' | 'groupInstanceId' | 'generationId'>,
): SpeakingMember {
  const member = existingMember(group, request.memberId, request.groupInstanceId)
  if (!isSpeaking(member))
    throw new KafkaError(ErrorCode.UNKNOWN_MEMBER_ID, `${member.memberId} does not use the classic protocol`)
  if (request.generationId !== member.memberEpoch)
    throw new KafkaError(ErrorCode.ILLEGAL_GENERATION, `${member.memberId} is in generation ${member.memberEpoch}`)
  return member
}

function isSpeaking(member: ConsumerMember): member is SpeakingMember {
  return member.classic !== null
}

function checkSessionTimeout(sessionTimeoutMs: number, limits: GroupLimits): void {
  if (sessionTimeoutMs < limits.minSessionTimeoutMs || sessionTimeoutMs > limits.maxSessionTimeoutMs)
    throw new KafkaError(ErrorCode.INVALID_SESSION_TIMEOUT)
}

function inconsistent(message: string): never {
  throw new KafkaError(ErrorCode.INCONSISTENT_GROUP_PROTOCOL, message)
}
