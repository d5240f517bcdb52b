/** DescribeGroups (API key 15), v0 to v6: classic groups. ConsumerGroupDescribe (69) is for the others. */
import { APIS, type DescribeGroupsRequest, ErrorCode } from '@millrace/protocol'
import { type ClassicGroup, metadataOf } from '../groups/classic/classic-group.ts'
import type { RequestContext, RequestHandler } from '../server/request-handler.ts'
import { GROUP_OPERATIONS, NOT_ASKED_FOR } from './authorized-operations.ts'
import { type BrokerServices, handler } from './services.ts'

/** Below, a missing group is one in state Dead. */
const FIRST_WITH_NOT_FOUND = 6
const NO_BYTES = Buffer.alloc(0)

export function describeGroups({ groups }: BrokerServices): RequestHandler {
  function handle(request: DescribeGroupsRequest, { apiVersion }: RequestContext) {
    const authorizedOperations = request.includeAuthorizedOperations ? GROUP_OPERATIONS : NOT_ASKED_FOR
    return {
      groups: request.groups.map(groupId => ({ ...describe(groupId, apiVersion), authorizedOperations })),
    }
  }

  function describe(groupId: string, apiVersion: number) {
    const { errorCode, group } = groups.describe(groupId)
    if (errorCode === ErrorCode.NONE && group?.type === 'classic') return described(group)
    const nothing = { groupId, protocolType: '', protocolData: '', members: [] }
    if (errorCode !== ErrorCode.NONE) return { ...nothing, errorCode, groupState: '' }
    if (apiVersion < FIRST_WITH_NOT_FOUND) return { ...nothing, errorCode, groupState: 'Dead' }
    const errorMessage =
      group === undefined ? `Group ${groupId} not found.` : `Group ${groupId} is not a classic group.`
    return { ...nothing, errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage, groupState: 'Dead' }
  }

  return handler(APIS.DescribeGroups, 'strict', handle)
}

/** Subscriptions and assignments are shown when they are settled only. */
function described(group: ClassicGroup) {
  const isStable = group.state === 'Stable'
  return {
    errorCode: ErrorCode.NONE,
    groupId: group.groupId,
    groupState: group.state,
    protocolType: group.protocolType ?? '',
    protocolData: isStable ? (group.protocolName ?? '') : '',
    members: [...group.members.values()].map(member => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      memberMetadata: isStable ? metadataOf(member, group.protocolName) : NO_BYTES,
      memberAssignment: isStable ? member.assignment : NO_BYTES,
    })),
  }
}
