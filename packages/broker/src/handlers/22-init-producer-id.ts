/** InitProducerId (API key 22), v0 to v5. */
import { APIS, ErrorCode, type InitProducerIdRequest } from '@millrace/protocol'
import type { RequestContext, RequestHandler } from '../server/request-handler.ts'
import type { ProducerAnswer } from '../transactions/decision.ts'
import { fencedAsKnown } from './producer-fenced.ts'
import { type BrokerServices, handler } from './services.ts'

export function initProducerId({ transactions }: BrokerServices): RequestHandler {
  async function handle(request: InitProducerIdRequest, { apiVersion }: RequestContext) {
    const answer = await initialize(request)
    if (typeof answer !== 'number') return { errorCode: ErrorCode.NONE, ...answer }
    return {
      errorCode: fencedAsKnown(answer, 'InitProducerId', apiVersion),
      producerId: -1,
      producerEpoch: -1,
    }
  }

  function initialize(request: InitProducerIdRequest): ProducerAnswer | Promise<ProducerAnswer> {
    const { transactionalId, transactionTimeoutMs: timeoutMs, producerId, producerEpoch } = request
    // One without the other means nothing.
    if (producerId < 0 !== producerEpoch < 0) return ErrorCode.INVALID_REQUEST
    const expected = producerId < 0 ? undefined : { producerId, producerEpoch }
    if (transactionalId === null) return transactions.newProducer()
    return transactions.initProducerId({ transactionalId, timeoutMs, expected })
  }

  return handler(APIS.InitProducerId, 'strict', handle)
}
