/** LeaveGroup (API key 13), v0 to v5. Up to v2 for one member, from v3 on for several (KIP-345). */
import { APIS, type LeaveGroupRequest } from '@millrace/protocol'
import type { RequestContext, RequestHandler } from '../server/request-handler.ts'
import { type BrokerServices, handler } from './services.ts'

const FIRST_WITH_SEVERAL_MEMBERS = 3

export function leaveGroup({ groups }: BrokerServices): RequestHandler {
  async function handle({ groupId, memberId, members }: LeaveGroupRequest, { apiVersion }: RequestContext) {
    const isOne = apiVersion < FIRST_WITH_SEVERAL_MEMBERS
    const leaving = isOne ? [{ memberId, groupInstanceId: null }] : members
    const { errorCode, members: errors } = await groups.members.leave(groupId, leaving)
    if (isOne) return { errorCode: errors[0] ?? errorCode }
    return {
      errorCode,
      members: errors.map((error, index) => {
        const { memberId: leftId, groupInstanceId } = leaving[index]!
        return { memberId: leftId, groupInstanceId, errorCode: error }
      }),
    }
  }
  return handler(APIS.LeaveGroup, 'strict', handle)
}
