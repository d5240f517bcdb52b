/** DescribeTransactions (API key 65), v0 (KIP-664). */
import { APIS, type DescribeTransactionsRequest, ErrorCode } from '@millrace/protocol'
import type { RequestHandler } from '../server/request-handler.ts'
import { type BrokerServices, handler } from './services.ts'

export function describeTransactions({ transactions }: BrokerServices): RequestHandler {
  function handle({ transactionalIds }: DescribeTransactionsRequest) {
    return { transactionStates: transactionalIds.map(described) }
  }

  function described(transactionalId: string) {
    const { errorCode, transaction } = transactions.describe(transactionalId)
    if (errorCode !== ErrorCode.NONE) return failed(transactionalId, errorCode)
    if (transaction === undefined) return failed(transactionalId, ErrorCode.TRANSACTIONAL_ID_NOT_FOUND)
    return {
      errorCode,
      transactionalId,
      transactionState: transaction.state,
      transactionTimeoutMs: transaction.timeoutMs,
      transactionStartTimeMs: transaction.startMs,
      producerId: transaction.producerId,
      producerEpoch: transaction.producerEpoch,
      topics: Array.from(transaction.partitions, ([topic, partitions]) => ({ topic, partitions: [...partitions] })),
    }
  }

  return handler(APIS.DescribeTransactions, 'read', handle)
}

function failed(transactionalId: string, errorCode: number) {
  return {
    errorCode,
    transactionalId,
    transactionState: '',
    transactionTimeoutMs: 0,
    transactionStartTimeMs: 0,
    producerId: 0,
    producerEpoch: 0,
    topics: [],
  }
}
