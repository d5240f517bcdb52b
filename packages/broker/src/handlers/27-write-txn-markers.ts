/** WriteTxnMarkers (API key 27), v1 and v2: between brokers, and for administrators who end a transaction that hangs. */
import { APIS, ErrorCode, KafkaError, type WriteTxnMarkersRequest } from '@millrace/protocol'
import type { TransactionEnd } from '../log/partition-log.ts'
import type { RequestHandler } from '../server/request-handler.ts'
import { type BrokerServices, handler } from './services.ts'

/** Why the groups of a partition can take no marker is told as the leader being elsewhere for a moment. */
const GROUPS_NOT_READY: ReadonlySet<number> = new Set([
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
])

export function writeTxnMarkers({ topics, markers }: BrokerServices): RequestHandler {
  async function handle(request: WriteTxnMarkersRequest) {
    const answers = request.markers.map(async marker => {
      const { producerId, producerEpoch, coordinatorEpoch, transactionVersion } = marker
      const verdict = marker.transactionResult ? 'commit' : 'abort'
      const end: TransactionEnd = { producerId, producerEpoch, coordinatorEpoch, verdict, transactionVersion }
      const topicAnswers = marker.topics.map(async ({ name, partitionIndexes }) => {
        const partitions = partitionIndexes.map(async partitionIndex => ({
          partitionIndex,
          errorCode: await write(name, partitionIndex, end),
        }))
        return { name, partitions: await Promise.all(partitions) }
      })
      return { producerId, topics: await Promise.all(topicAnswers) }
    })
    return { markers: await Promise.all(answers) }
  }

  async function write(topic: string, partition: number, end: TransactionEnd): Promise<number> {
    const log = topics.log(topic, partition)
    if (log === undefined) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    try {
      await markers.write(log, end)
      return ErrorCode.NONE
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      return GROUPS_NOT_READY.has(error.errorCode) ? ErrorCode.NOT_LEADER_OR_FOLLOWER : error.errorCode
    }
  }

  return handler(APIS.WriteTxnMarkers, 'strict', handle)
}
