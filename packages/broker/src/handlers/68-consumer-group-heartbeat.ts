/** ConsumerGroupHeartbeat (API key 68), v0 to v1. */
import { APIS, type ConsumerGroupHeartbeatRequest, ErrorCode } from '@millrace/protocol'
import type { RequestContext, RequestHandler } from '../server/request-handler.ts'
import { type BrokerServices, handler } from './services.ts'

export function consumerGroupHeartbeat({ groups, config, metadata }: BrokerServices): RequestHandler {
  function handle(request: ConsumerGroupHeartbeatRequest, { apiVersion, clientId, clientHost }: RequestContext) {
    const isOn =
      config['group.coordinator.rebalance.protocols'].includes('consumer') &&
      metadata.image.features.of('group.version') > 0
    if (!isOn) return { errorCode: ErrorCode.UNSUPPORTED_VERSION, memberEpoch: 0, heartbeatIntervalMs: 0 }
    return groups.members.consumerHeartbeat(request, apiVersion, { clientId, clientHost: `/${clientHost}` })
  }
  return handler(APIS.ConsumerGroupHeartbeat, 'strict', handle)
}
