/** AddOffsetsToTxn (API key 25), v0 to v4: the group's partition of `__consumer_offsets` becomes part of a transaction. */
import { type AddOffsetsToTxnRequest, APIS, ErrorCode, KafkaError } from '@millrace/protocol'
import { OFFSETS_TOPIC } from '../metadata/topic-name.ts'
import type { RequestContext, RequestHandler } from '../server/request-handler.ts'
import { onePartition } from '../transactions/topic-partitions.ts'
import { fencedAsKnown } from './producer-fenced.ts'
import { type BrokerServices, handler } from './services.ts'

export function addOffsetsToTxn({ groups, transactions }: BrokerServices): RequestHandler {
  async function handle(request: AddOffsetsToTxnRequest, { apiVersion }: RequestContext) {
    return { errorCode: fencedAsKnown(await add(request), 'AddOffsetsToTxn', apiVersion) }
  }

  async function add(request: AddOffsetsToTxnRequest): Promise<ErrorCode> {
    try {
      await groups.ensureAvailable()
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      return ErrorCode.COORDINATOR_NOT_AVAILABLE
    }
    const partition = onePartition(OFFSETS_TOPIC, groups.partitionOf(request.groupId)!)
    return transactions.addPartitions(request.transactionalId, request, partition, 0)
  }

  return handler(APIS.AddOffsetsToTxn, 'strict', handle)
}
