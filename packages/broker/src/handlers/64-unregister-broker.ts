/** UnregisterBroker (API key 64), v0. The only broker there is cannot be given up. */
import { APIS, ErrorCode, type UnregisterBrokerRequest } from '@millrace/protocol'
import type { RequestHandler } from '../server/request-handler.ts'
import { type BrokerServices, handler } from './services.ts'

export function unregisterBroker({ config }: BrokerServices): RequestHandler {
  return handler(APIS.UnregisterBroker, 'strict', ({ brokerId }: UnregisterBrokerRequest) =>
    brokerId === config['node.id']
      ? { errorCode: ErrorCode.INVALID_REQUEST, errorMessage: `broker ${brokerId} is the only one` }
      : { errorCode: ErrorCode.BROKER_ID_NOT_REGISTERED, errorMessage: `there is no broker ${brokerId}` },
  )
}
