/** ListGroups (API key 16), v0 to v5. */
import { APIS, ErrorCode, type ListGroupsRequest } from '@millrace/protocol'
import { stateOf } from '../groups/consumer/consumer-group.ts'
import type { Group } from '../groups/group.ts'
import type { RequestHandler } from '../server/request-handler.ts'
import { type BrokerServices, handler } from './services.ts'

export function listGroups({ groups }: BrokerServices): RequestHandler {
  function handle({ statesFilter, typesFilter }: ListGroupsRequest) {
    const states = new Set(statesFilter.map(state => state.toLowerCase()))
    const types = new Set(typesFilter.map(type => type.toLowerCase()))
    const listed = [...groups.groups()].map(listedGroup)
    return {
      errorCode: groups.isLoading ? ErrorCode.COORDINATOR_LOAD_IN_PROGRESS : ErrorCode.NONE,
      groups: listed.filter(
        ({ groupState, groupType }) =>
          (states.size === 0 || states.has(groupState.toLowerCase())) && (types.size === 0 || types.has(groupType)),
      ),
    }
  }
  return handler(APIS.ListGroups, 'strict', handle)
}

function listedGroup(group: Group) {
  const { groupId, type: groupType } = group
  return group.type === 'classic'
    ? { groupId, groupType, groupState: group.state, protocolType: group.protocolType ?? '' }
    : { groupId, groupType, groupState: stateOf(group), protocolType: 'consumer' }
}
