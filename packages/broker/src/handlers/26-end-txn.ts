/** EndTxn (API key 26), v0 to v5. Answers once the decision is durable; the markers follow. */
import { APIS, type EndTxnRequest, ErrorCode } from '@millrace/protocol'
import type { RequestContext, RequestHandler } from '../server/request-handler.ts'
import { EPOCH_PER_TRANSACTION } from '../transactions/transaction.ts'
import { fencedAsKnown } from './producer-fenced.ts'
import { type BrokerServices, handler } from './services.ts'

const FIRST_WITH_EPOCH_PER_TRANSACTION = 5

export function endTxn({ transactions }: BrokerServices): RequestHandler {
  async function handle(request: EndTxnRequest, { apiVersion }: RequestContext) {
    const { transactionalId, producerId, producerEpoch, committed } = request
    const answer = await transactions.endTransaction(transactionalId, {
      producerId,
      producerEpoch,
      verdict: committed ? 'commit' : 'abort',
      clientTransactionVersion: apiVersion < FIRST_WITH_EPOCH_PER_TRANSACTION ? 0 : EPOCH_PER_TRANSACTION,
    })
    if (typeof answer === 'number') return { errorCode: fencedAsKnown(answer, 'EndTxn', apiVersion) }
    return { errorCode: ErrorCode.NONE, ...answer }
  }
  return handler(APIS.EndTxn, 'strict', handle)
}
