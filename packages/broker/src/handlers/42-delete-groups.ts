/** DeleteGroups (API key 42), v0 to v2. */
import { APIS, type DeleteGroupsRequest } from '@millrace/protocol'
import type { RequestHandler } from '../server/request-handler.ts'
import { type BrokerServices, handler } from './services.ts'

export function deleteGroups({ groups }: BrokerServices): RequestHandler {
  async function handle({ groupsNames }: DeleteGroupsRequest) {
    const results: { groupId: string; errorCode: number }[] = []
    for (const groupId of new Set(groupsNames)) results.push({ groupId, errorCode: await groups.delete(groupId) })
    return { results }
  }
  return handler(APIS.DeleteGroups, 'strict', handle)
}
