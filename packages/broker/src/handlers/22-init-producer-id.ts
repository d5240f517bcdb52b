/** InitProducerId (API key 22), v0 to v5, for idempotent producers. Transactions are not served yet. */
import { APIS, ErrorCode, type InitProducerIdRequest, KafkaError } from '@millrace/protocol'
import type { RequestHandler } from '../server/request-handler.ts'
import { type BrokerServices, handler } from './services.ts'

export function initProducerId({ producerIds }: BrokerServices): RequestHandler {
  async function handle({ transactionalId }: InitProducerIdRequest) {
    if (transactionalId === '') return failed(ErrorCode.INVALID_REQUEST)
    if (transactionalId !== null) return failed(ErrorCode.UNSUPPORTED_VERSION)
    try {
      return { errorCode: ErrorCode.NONE, producerId: await producerIds.next(), producerEpoch: 0 }
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      return failed(ErrorCode.COORDINATOR_NOT_AVAILABLE)
    }
  }
  return handler(APIS.InitProducerId, 'strict', handle)
}

function failed(errorCode: ErrorCode) {
  return { errorCode, producerId: -1, producerEpoch: -1 }
}
