/** OffsetForLeaderEpoch (API key 23), v2 to v4: where an epoch ended, for clients that validate their position (KIP-320). */
import { APIS, ErrorCode, type OffsetForLeaderEpochRequest } from '@millrace/protocol'
import type { RequestHandler } from '../server/request-handler.ts'
import { checkLeaderEpoch } from './leader-epoch.ts'
import { type BrokerServices, handler } from './services.ts'

export function offsetForLeaderEpoch({ topics }: BrokerServices): RequestHandler {
  function handle(request: OffsetForLeaderEpochRequest) {
    return {
      topics: request.topics.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map(({ partition, currentLeaderEpoch, leaderEpoch }) => {
          const log = topics.log(topic, partition)
          const errorCode =
            log === undefined ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : checkLeaderEpoch(log, currentLeaderEpoch)
          const end = errorCode === ErrorCode.NONE ? log?.endOffsetForEpoch(leaderEpoch) : undefined
          return { partition, errorCode, leaderEpoch: end?.leaderEpoch ?? -1, endOffset: end?.endOffset ?? -1 }
        }),
      })),
    }
  }
  return handler(APIS.OffsetForLeaderEpoch, 'strict', handle)
}
