/** SyncGroup (API key 14), v0 to v5. */
import { APIS, type SyncGroupRequest } from '@millrace/protocol'
import type { RequestHandler } from '../server/request-handler.ts'
import { type BrokerServices, handler } from './services.ts'

export function syncGroup({ groups }: BrokerServices): RequestHandler {
  function handle(request: SyncGroupRequest) {
    const { groupId, memberId, groupInstanceId, generationId, protocolType, protocolName } = request
    // The group outlives the frame that these are views of.
    const assignments = request.assignments.map(row => ({
      memberId: row.memberId,
      assignment: Buffer.from(row.assignment),
    }))
    const identity = { memberId, groupInstanceId, generationId }
    return groups.members.sync(groupId, { ...identity, protocolType, protocolName, assignments })
  }
  return handler(APIS.SyncGroup, 'strict', handle)
}
