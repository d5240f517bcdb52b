/** JoinGroup (API key 11), v0 to v9. */
import { APIS, type JoinGroupRequest } from '@millrace/protocol'
import type { RequestContext, RequestHandler } from '../server/request-handler.ts'
import { type BrokerServices, handler } from './services.ts'

const FIRST_WITH_REQUIRED_MEMBER_ID = 4
const FIRST_WITH_NULL_PROTOCOL = 7
const FIRST_WITH_SKIPPED_ASSIGNMENT = 9

export function joinGroup({ groups }: BrokerServices): RequestHandler {
  async function handle(request: JoinGroupRequest, { apiVersion, clientId, clientHost }: RequestContext) {
    const { memberId, groupInstanceId, sessionTimeoutMs, rebalanceTimeoutMs, protocolType } = request
    const answered = await groups.members.join(request.groupId, {
      memberId,
      groupInstanceId,
      clientId,
      clientHost: `/${clientHost}`,
      sessionTimeoutMs,
      // v0 has one timeout for both.
      rebalanceTimeoutMs: rebalanceTimeoutMs < 0 ? sessionTimeoutMs : rebalanceTimeoutMs,
      protocolType,
      // The group outlives the frame that these are views of.
      protocols: request.protocols.map(({ name, metadata }) => ({ name, metadata: Buffer.from(metadata) })),
      requiresKnownMemberId: apiVersion >= FIRST_WITH_REQUIRED_MEMBER_ID && groupInstanceId === null,
      supportsSkippingAssignment: apiVersion >= FIRST_WITH_SKIPPED_ASSIGNMENT,
    })
    const { protocolName } = answered
    return { ...answered, protocolName: apiVersion < FIRST_WITH_NULL_PROTOCOL ? (protocolName ?? '') : protocolName }
  }
  return handler(APIS.JoinGroup, 'strict', handle)
}
