/** ElectLeaders (API key 43), v0 to v2. The one replica of a partition leads it already, or cannot. */
import { APIS, type ElectLeadersRequest, ErrorCode, KafkaError } from '@millrace/protocol'
import type { RequestHandler } from '../server/request-handler.ts'
import { type BrokerServices, handler } from './services.ts'

/** `ElectionType` of Kafka. */
const PREFERRED = 0
const UNCLEAN = 1

export function electLeaders({ topics }: BrokerServices): RequestHandler {
  function handle({ electionType, topicPartitions }: ElectLeadersRequest) {
    const isKnown = electionType === PREFERRED || electionType === UNCLEAN
    const replicaElectionResults =
      // Asked for all, Kafka lists the partitions for which there was something to do.
      topicPartitions?.map(({ topic, partitions }) => ({
        topic,
        partitionResult: partitions.map(partitionId => {
          const { errorCode, message } = isKnown
            ? outcome(topic, partitionId, electionType)
            : new KafkaError(ErrorCode.INVALID_REQUEST, `unknown election type ${electionType}`)
          return { partitionId, errorCode, errorMessage: message }
        }),
      })) ?? Array.from(topics.image.topics.keys(), topic => ({ topic, partitionResult: [] }))
    return { errorCode: isKnown ? ErrorCode.NONE : ErrorCode.INVALID_REQUEST, replicaElectionResults }
  }

  function outcome(topic: string, partition: number, electionType: number): KafkaError {
    const log = topics.log(topic, partition)
    if (log === undefined) return new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    if (log.offlineReason === undefined) return new KafkaError(ErrorCode.ELECTION_NOT_NEEDED)
    return new KafkaError(
      electionType === PREFERRED ? ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE : ErrorCode.ELIGIBLE_LEADERS_NOT_AVAILABLE,
    )
  }

  return handler(APIS.ElectLeaders, 'strict', handle)
}
