/** ListTransactions (API key 66), v0 to v2 (KIP-664, KIP-994, KIP-1152). */
import { APIS, ErrorCode, KafkaError, type ListTransactionsRequest } from '@millrace/protocol'
import type { RequestHandler } from '../server/request-handler.ts'
import { transactionFilter, unknownStates } from '../transactions/transaction-list.ts'
import { type BrokerServices, handler } from './services.ts'

export function listTransactions({ transactions, clock }: BrokerServices): RequestHandler {
  function handle(request: ListTransactionsRequest) {
    const unknownStateFilters = unknownStates(request.stateFilters)
    if (transactions.isLoading) return failed(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)
    try {
      const matches = filterOf(request)
      const transactionStates = [...transactions.transactions()]
        .filter(matches)
        .map(({ transactionalId, producerId, state }) => ({ transactionalId, producerId, transactionState: state }))
      return { errorCode: ErrorCode.NONE, unknownStateFilters, transactionStates }
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      return failed(error.errorCode)
    }
  }

  function filterOf(request: ListTransactionsRequest) {
    const filter = {
      states: request.stateFilters,
      producerIds: request.producerIdFilters,
      durationMs: request.durationFilter,
      idPattern: request.transactionalIdPattern,
    }
    return transactionFilter(filter, clock.nowMs())
  }

  return handler(APIS.ListTransactions, 'read', handle)
}

function failed(errorCode: number) {
  return { errorCode, unknownStateFilters: [], transactionStates: [] }
}
