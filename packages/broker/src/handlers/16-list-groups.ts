/** ListGroups (API key 16), v0 to v5. */
import { APIS, ErrorCode, type ListGroupsRequest } from '@millrace/protocol'
import type { RequestHandler } from '../server/request-handler.ts'
import { type BrokerServices, handler } from './services.ts'

const GROUP_TYPE = 'classic'

export function listGroups({ groups }: BrokerServices): RequestHandler {
  function handle({ statesFilter, typesFilter }: ListGroupsRequest) {
    const states = statesFilter.map(state => state.toLowerCase())
    const hasType = typesFilter.length === 0 || typesFilter.some(type => type.toLowerCase() === GROUP_TYPE)
    const wanted = [...groups.groups()].filter(
      ({ state }) => hasType && (states.length === 0 || states.includes(state.toLowerCase())),
    )
    return {
      errorCode: groups.isLoading ? ErrorCode.COORDINATOR_LOAD_IN_PROGRESS : ErrorCode.NONE,
      groups: wanted.map(({ groupId, protocolType, state: groupState }) => ({
        groupId,
        protocolType: protocolType ?? '',
        groupState,
        groupType: GROUP_TYPE,
      })),
    }
  }
  return handler(APIS.ListGroups, 'strict', handle)
}
