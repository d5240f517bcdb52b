/** ListOffsets (API key 2), v1 to v11. */
import {
  APIS,
  ErrorCode,
  type InputOf,
  KafkaError,
  type ListOffsetsRequest,
  type ListOffsetsResponse,
} from '@millrace/protocol'
import type { IsolationLevel, OffsetAndTimestamp, PartitionLog } from '../log/partition-log.ts'
import type { RequestContext, RequestHandler } from '../server/request-handler.ts'
import { isolationOf } from './isolation-level.ts'
import { checkLeaderEpoch } from './leader-epoch.ts'
import { type BrokerServices, handler } from './services.ts'

type PartitionAnswer = InputOf<typeof ListOffsetsResponse>['topics'][number]['partitions'][number]

/** Timestamps that stand for something else, and the version that brought them. */
const LATEST = -1
const EARLIEST = -2
const MAX_TIMESTAMP = -3
const EARLIEST_LOCAL = -4
const LATEST_TIERED = -5
const EARLIEST_PENDING_UPLOAD = -6
const FIRST_VERSION_OF: ReadonlyMap<number, number> = new Map([
  [LATEST, 0],
  [EARLIEST, 0],
  [MAX_TIMESTAMP, 7],
  [EARLIEST_LOCAL, 8],
  [LATEST_TIERED, 9],
  [EARLIEST_PENDING_UPLOAD, 11],
])
const FIRST_WITH_LEADER_EPOCH = 4
const NOT_FOUND: OffsetAndTimestamp = { offset: -1, timestampMs: -1, leaderEpoch: -1 }

export function listOffsets({ topics }: BrokerServices): RequestHandler {
  async function handle(request: ListOffsetsRequest, { apiVersion }: RequestContext) {
    const isolation = isolationOf(request)
    const answers: InputOf<typeof ListOffsetsResponse>['topics'][number][] = []
    for (const { name, partitions } of request.topics) {
      const partitionAnswers: PartitionAnswer[] = []
      for (const { partitionIndex, currentLeaderEpoch, timestamp } of partitions) {
        const log = topics.log(name, partitionIndex)
        const found = await answerPartition(partitionIndex, async () => {
          if (log === undefined) throw new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
          const error = checkLeaderEpoch(log, currentLeaderEpoch)
          if (error !== ErrorCode.NONE) throw new KafkaError(error)
          if (timestamp < 0 && !(apiVersion >= (FIRST_VERSION_OF.get(timestamp) ?? Number.POSITIVE_INFINITY)))
            throw new KafkaError(ErrorCode.UNSUPPORTED_VERSION)
          return find(log, timestamp, isolation)
        })
        partitionAnswers.push(apiVersion < FIRST_WITH_LEADER_EPOCH ? { ...found, leaderEpoch: undefined } : found)
      }
      answers.push({ name, partitions: partitionAnswers })
    }
    return { topics: answers }
  }
  return handler(APIS.ListOffsets, 'strict', handle)
}

async function answerPartition(
  partitionIndex: number,
  look: () => Promise<OffsetAndTimestamp | null>,
): Promise<PartitionAnswer> {
  try {
    const { offset, timestampMs: timestamp, leaderEpoch } = (await look()) ?? NOT_FOUND
    return { partitionIndex, errorCode: ErrorCode.NONE, offset, timestamp, leaderEpoch }
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    return { partitionIndex, errorCode: error.errorCode }
  }
}

async function find(
  log: PartitionLog,
  timestamp: number,
  isolation: IsolationLevel,
): Promise<OffsetAndTimestamp | null> {
  switch (timestamp) {
    case LATEST: {
      const offset = isolation === 'read_committed' ? log.lastStableOffset : log.highWatermark
      return { offset, timestampMs: -1, leaderEpoch: log.leaderEpoch }
    }
    case EARLIEST:
    case EARLIEST_LOCAL:
      return { offset: log.logStartOffset, timestampMs: -1, leaderEpoch: log.leaderEpochOf(log.logStartOffset) }
    case MAX_TIMESTAMP:
      return log.offsetOfMaxTimestamp()
    case LATEST_TIERED:
    case EARLIEST_PENDING_UPLOAD:
      return NOT_FOUND
    default:
      return log.offsetForTimestamp(timestamp, isolation)
  }
}
