/**
 * What members ask of their groups, of either protocol: each request meets the pure core here, and {@link LiveGroups} carries
 * its decision out. Error codes stand for everything a client can be told; a rejection is a bug.
 */
import { type Random, randomUuid } from '@millrace/platform'
import { type ConsumerGroupHeartbeatRequest, ErrorCode, KafkaError } from '@millrace/protocol'
import { emptyGroup } from '../groups/classic/classic-group.ts'
import { type HeartbeatRequest, heartbeat } from '../groups/classic/heartbeat.ts'
import { type JoinRequest, join } from '../groups/classic/join.ts'
import { type LeavingMember, leave } from '../groups/classic/leave.ts'
import { joinError, syncError } from '../groups/classic/membership.ts'
import { type SyncRequest, sync } from '../groups/classic/sync.ts'
import {
  heartbeatAsClassic,
  joinAsClassic,
  leaveAsClassic,
  syncAsClassic,
} from '../groups/consumer/classic-speakers.ts'
import type { ConsumerGroupSurroundings } from '../groups/consumer/consumer-draft.ts'
import { JOIN, newConsumerGroup } from '../groups/consumer/consumer-group.ts'
import { consumerGroupTombstones } from '../groups/consumer/consumer-group-records.ts'
import {
  type ConsumerHeartbeat,
  type ConsumerHeartbeatAnswer,
  checkHeartbeat,
  consumerHeartbeat,
} from '../groups/consumer/consumer-heartbeat.ts'
import { answerOnly, type Decision, decideBoth, type JoinAnswer, type SyncAnswer } from '../groups/decision.ts'
import type { Group } from '../groups/group.ts'
import { upgrade } from '../groups/migration/upgrade.ts'
import { newKafkaUuid } from '../log/directory/data-directory.ts'
import { type LiveGroup, type LiveGroups, logErrorCode } from './live-groups.ts'

export interface ClientIdentity {
  readonly clientId: string
  readonly clientHost: string
}

export class GroupMembers {
  constructor(
    private readonly live: LiveGroups,
    private readonly surroundingsOf: (groupId: string) => ConsumerGroupSurroundings,
    private readonly random: Random,
  ) {}

  join(groupId: string, request: Omit<JoinRequest, 'uuid'>): Promise<JoinAnswer> {
    const { memberId } = request
    const refused = (code: ErrorCode) => joinError(memberId, code)
    const refusal = this.refusal(groupId)
    if (refusal !== ErrorCode.NONE) return Promise.resolve(refused(refusal))
    const known = this.live.get(groupId)
    // Only a member without an id may create a group, or take one over that has no members.
    const isStranger = memberId !== '' && (known === undefined || isEmptyConsumerGroup(known.group))
    if (isStranger) return Promise.resolve(refused(ErrorCode.UNKNOWN_MEMBER_ID))
    const live = known ?? this.live.create(groupId)
    const withUuid = { ...request, uuid: randomUuid(this.random) }
    const decide = () => this.decideJoin(live.group, withUuid)
    return this.carryOut(live, decide, refused, parkedFor => live.parked.join(parkedFor))
  }

  private decideJoin(group: Group, request: JoinRequest): Decision<JoinAnswer> {
    const surroundings = this.surroundingsOf(group.groupId)
    const { classic: limits, nowMs } = surroundings
    if (group.type === 'classic') return join(group, request, limits, nowMs)
    if (group.members.size > 0) return joinAsClassic(group, request, surroundings)
    const classic = emptyGroup(group.groupId, nowMs)
    const converted = { ...answerOnly(classic, undefined), records: consumerGroupTombstones(group) }
    return decideBoth(converted, join(classic, request, limits, nowMs))
  }

  sync(groupId: string, request: SyncRequest): Promise<SyncAnswer> {
    const refusal = this.refusal(groupId)
    // The rebalance in which the assignment belongs is lost with the restart: the member has to join again.
    if (refusal === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)
      return Promise.resolve(syncError(ErrorCode.REBALANCE_IN_PROGRESS))
    if (refusal !== ErrorCode.NONE) return Promise.resolve(syncError(refusal))
    const live = this.live.get(groupId)
    if (live === undefined) return Promise.resolve(syncError(ErrorCode.UNKNOWN_MEMBER_ID))
    const { group } = live
    const surroundings = this.surroundingsOf(groupId)
    const decide = () =>
      group.type === 'classic'
        ? sync(group, request, surroundings.classic, surroundings.nowMs)
        : syncAsClassic(group, request, surroundings)
    return this.carryOut(live, decide, syncError, memberId => live.parked.sync(memberId))
  }

  heartbeat(groupId: string, request: HeartbeatRequest): Promise<ErrorCode> {
    const refusal = this.refusal(groupId)
    // Nothing is known of the member yet, and nothing is held against it.
    if (refusal === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS) return Promise.resolve(ErrorCode.NONE)
    if (refusal !== ErrorCode.NONE) return Promise.resolve(refusal)
    const live = this.live.get(groupId)
    if (live === undefined) return Promise.resolve(ErrorCode.UNKNOWN_MEMBER_ID)
    const { group } = live
    const surroundings = this.surroundingsOf(groupId)
    const decide = () =>
      group.type === 'classic'
        ? heartbeat(group, request, surroundings.classic, surroundings.nowMs)
        : heartbeatAsClassic(group, request, surroundings)
    return this.carryOut(live, decide, code => code)
  }

  /** The error of the whole request, or one per leaving member. */
  leave(
    groupId: string,
    leaving: readonly LeavingMember[],
  ): Promise<{ errorCode: ErrorCode; members: readonly ErrorCode[] }> {
    const refused = (errorCode: ErrorCode) => ({ errorCode, members: [] })
    const refusal = this.refusal(groupId)
    if (refusal !== ErrorCode.NONE) return Promise.resolve(refused(refusal))
    const live = this.live.get(groupId)
    const unknown = leaving.map(() => ErrorCode.UNKNOWN_MEMBER_ID)
    if (live === undefined) return Promise.resolve({ errorCode: ErrorCode.NONE, members: unknown })
    const { group } = live
    const surroundings = this.surroundingsOf(groupId)
    const decide = (): Decision<{ errorCode: ErrorCode; members: readonly ErrorCode[] }> => {
      const decision =
        group.type === 'classic'
          ? leave(group, leaving, surroundings.classic, surroundings.nowMs)
          : leaveAsClassic(group, leaving, surroundings)
      return { ...decision, answer: { errorCode: ErrorCode.NONE, members: decision.answer as readonly ErrorCode[] } }
    }
    return this.carryOut(live, decide, refused)
  }

  /** ConsumerGroupHeartbeat. */
  consumerHeartbeat(
    request: ConsumerGroupHeartbeatRequest,
    apiVersion: number,
    client: ClientIdentity,
  ): Promise<ConsumerHeartbeatAnswer> {
    const { groupId } = request
    const surroundings = this.surroundingsOf(groupId)
    try {
      checkHeartbeat(request, apiVersion, surroundings.rules.assignors)
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      return Promise.resolve(heartbeatError(error.errorCode as ErrorCode, error.message))
    }
    const refusal = this.refusal(groupId)
    if (refusal !== ErrorCode.NONE) return Promise.resolve(heartbeatError(refusal, null))
    // Members made their ids themselves from v1 on.
    const memberId = request.memberId || newKafkaUuid(this.random)
    const live = this.live.get(groupId) ?? this.live.create(groupId)
    const decide = () => this.decideHeartbeat(live, { ...request, ...client, memberId }, surroundings)
    return this.carryOut(live, decide, heartbeatError)
  }

  private decideHeartbeat(
    live: LiveGroup,
    request: ConsumerHeartbeat,
    surroundings: ConsumerGroupSurroundings,
  ): Decision<ConsumerHeartbeatAnswer> {
    const { group } = live
    if (group.type === 'consumer') return consumerHeartbeat(group, request, surroundings)
    if (request.memberEpoch !== JOIN)
      throw new KafkaError(ErrorCode.GROUP_ID_NOT_FOUND, `Group ${group.groupId} is not a consumer group.`)
    if (this.live.get(group.groupId) === undefined)
      return consumerHeartbeat(newConsumerGroup(group.groupId), request, surroundings)
    const upgraded = upgrade(group, surroundings)
    return decideBoth(upgraded, consumerHeartbeat(upgraded.group, request, surroundings))
  }

  /** Groups with members have an id. */
  private refusal(groupId: string): ErrorCode {
    return groupId === '' ? ErrorCode.INVALID_GROUP_ID : this.live.refusal(groupId)
  }

  /** What the core or the log refuses is told as an error. */
  private async carryOut<Answer>(
    live: LiveGroup,
    decide: () => Decision<Answer>,
    errorAnswer: (code: ErrorCode, message: string | null) => Answer,
    park?: (memberId: string) => Promise<Answer>,
  ): Promise<Answer> {
    let decision: Decision<Answer>
    try {
      decision = decide()
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      return errorAnswer(error.errorCode as ErrorCode, error.message)
    }
    try {
      return await this.live.carryOut(live, decision, park)
    } catch (error) {
      return errorAnswer(logErrorCode(error), null)
    }
  }
}

function isEmptyConsumerGroup(group: Group): boolean {
  return group.type === 'consumer' && group.members.size === 0
}

function heartbeatError(errorCode: ErrorCode, errorMessage: string | null): ConsumerHeartbeatAnswer {
  return { errorCode, errorMessage, memberId: null, memberEpoch: 0, heartbeatIntervalMs: 0, assignment: null }
}
