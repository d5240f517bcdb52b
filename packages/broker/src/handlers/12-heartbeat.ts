/** Heartbeat (API key 12), v0 to v4. */
import { APIS, type HeartbeatRequest } from '@millrace/protocol'
import type { RequestHandler } from '../server/request-handler.ts'
import { type BrokerServices, handler } from './services.ts'

export function heartbeat({ groups }: BrokerServices): RequestHandler {
  async function handle(request: HeartbeatRequest) {
    return { errorCode: await groups.members.heartbeat(request.groupId, request) }
  }
  return handler(APIS.Heartbeat, 'strict', handle)
}
