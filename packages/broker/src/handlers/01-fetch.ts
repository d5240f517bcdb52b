/**
 * Fetch (API key 1), v4 to v18. Sessions (KIP-227) are not kept: the answer's session id is always 0, which tells the
 * client to send whole requests. Fetches from followers do not exist here.
 */
import {
  APIS,
  ErrorCode,
  type FetchRequest,
  type FetchResponse,
  type InputOf,
  KafkaError,
  ZERO_UUID,
} from '@millrace/protocol'
import type { AwaitedPartition } from '../fetch/fetch-purgatory.ts'
import type { IsolationLevel, PartitionLog } from '../log/partition-log.ts'
import type { RequestContext, RequestHandler } from '../server/request-handler.ts'
import { isolationOf } from './isolation-level.ts'
import { checkLeaderEpoch } from './leader-epoch.ts'
import { type BrokerServices, handler } from './services.ts'

type FetchTopic = FetchRequest['topics'][number]
type FetchPartition = FetchTopic['partitions'][number]
type PartitionAnswer = InputOf<typeof FetchResponse>['responses'][number]['partitions'][number]

const FIRST_WITH_TOPIC_IDS = 13

/** A partition that may be read. */
interface Readable extends AwaitedPartition {
  readonly partitionIndex: number
}
/** What is asked for, per partition: a log to read, or the error that it gets. */
interface Wanted {
  readonly topic: FetchTopic
  readonly partitions: readonly (Readable | PartitionAnswer)[]
}
interface Answered {
  readonly responses: InputOf<typeof FetchResponse>['responses']
  readonly sizeInBytes: number
  readonly hasErrors: boolean
}

export function fetch(services: BrokerServices): RequestHandler {
  const { topics, fetches, config } = services

  async function handle(request: FetchRequest, context: RequestContext): Promise<InputOf<typeof FetchResponse>> {
    if (request.sessionId !== 0) return { errorCode: ErrorCode.FETCH_SESSION_ID_NOT_FOUND, responses: [] }
    const isolation = isolationOf(request)
    const find = () => request.topics.map(topic => wantedOf(topic, context.apiVersion))
    const wanted = find()
    const first = await readAll(wanted, request.maxBytes, isolation)
    const minBytes = Math.min(request.minBytes, request.maxBytes, config['fetch.max.bytes'])
    if (request.maxWaitMs <= 0 || first.hasErrors || first.sizeInBytes >= minBytes)
      return { responses: first.responses }
    const partitions = wanted.flatMap(topic => topic.partitions.filter(isReadable))
    if (partitions.length === 0) return { responses: first.responses }
    await fetches.wait({ partitions, minBytes, maxWaitMs: request.maxWaitMs, isolation })
    // A topic may have gone meanwhile.
    return { responses: (await readAll(find(), request.maxBytes, isolation)).responses }
  }

  function wantedOf(topic: FetchTopic, apiVersion: number): Wanted {
    const hasIds = apiVersion >= FIRST_WITH_TOPIC_IDS
    const name = hasIds ? topics.byId(topic.topicId)?.name : topic.topic
    const missing =
      hasIds && topic.topicId !== ZERO_UUID ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    return {
      topic,
      partitions: topic.partitions.map(partition => {
        const log = name === undefined ? undefined : topics.log(name, partition.partition)
        return log === undefined ? failed(partition.partition, missing) : readableOf(log, partition)
      }),
    }
  }

  /** Reads in the order of the request. Only the first batch found may pass the limits, so that there is progress (KIP-74). */
  async function readAll(wanted: readonly Wanted[], maxBytes: number, isolation: IsolationLevel): Promise<Answered> {
    let bytesLeft = Math.min(maxBytes, config['fetch.max.bytes'])
    let sizeInBytes = 0
    let hasErrors = false
    const responses: Answered['responses'][number][] = []
    for (const { topic, partitions } of wanted) {
      const answers: PartitionAnswer[] = []
      for (const partition of partitions) {
        const one = isReadable(partition)
          ? await read(partition, Math.min(bytesLeft, partition.maxBytes), isolation, sizeInBytes === 0)
          : { partition, bytes: 0 }
        answers.push(one.partition)
        sizeInBytes += one.bytes
        bytesLeft = Math.max(bytesLeft - one.bytes, 0)
        // A divergence is answered at once like an error.
        if (one.partition.errorCode !== ErrorCode.NONE || one.partition.divergingEpoch !== undefined) hasErrors = true
      }
      responses.push({ topic: topic.topic, topicId: topic.topicId, partitions: answers })
    }
    return { responses, sizeInBytes, hasErrors }
  }

  return handler(APIS.Fetch, 'read', handle)
}

function isReadable(partition: Readable | PartitionAnswer): partition is Readable {
  return 'log' in partition
}

function failed(partitionIndex: number, errorCode: ErrorCode): PartitionAnswer {
  return { partitionIndex, errorCode, highWatermark: -1, abortedTransactions: null, records: null }
}

function readableOf(log: PartitionLog, partition: FetchPartition): Readable | PartitionAnswer {
  const { partition: partitionIndex, fetchOffset: offset, lastFetchedEpoch } = partition
  const error = checkLeaderEpoch(log, partition.currentLeaderEpoch)
  if (error !== ErrorCode.NONE) return failed(partitionIndex, error)
  if (lastFetchedEpoch >= 0) {
    const end = log.endOffsetForEpoch(lastFetchedEpoch)
    if (end === null) return failed(partitionIndex, ErrorCode.OFFSET_OUT_OF_RANGE)
    if (end.leaderEpoch < lastFetchedEpoch || end.endOffset < offset)
      return {
        ...emptyAnswer(partitionIndex, log),
        divergingEpoch: { epoch: end.leaderEpoch, endOffset: end.endOffset },
      }
  }
  return { partitionIndex, log, offset, maxBytes: Math.max(partition.partitionMaxBytes, 0) }
}

function emptyAnswer(partitionIndex: number, log: PartitionLog): PartitionAnswer {
  const { highWatermark, lastStableOffset, logStartOffset } = log
  return {
    partitionIndex,
    errorCode: ErrorCode.NONE,
    highWatermark,
    lastStableOffset,
    logStartOffset,
    abortedTransactions: null,
    records: [],
  }
}

async function read(
  { partitionIndex, log, offset }: Readable,
  maxBytes: number,
  isolation: IsolationLevel,
  minOneBatch: boolean,
): Promise<{ readonly partition: PartitionAnswer; readonly bytes: number }> {
  try {
    const reading = log.read(offset, maxBytes, { isolation, minOneBatch })
    const { chunks, sizeInBytes, highWatermark, lastStableOffset, logStartOffset, abortedTransactions } =
      reading instanceof Promise ? await reading : reading
    const errorCode = ErrorCode.NONE
    const offsets = { partitionIndex, errorCode, highWatermark, lastStableOffset, logStartOffset }
    return { partition: { ...offsets, abortedTransactions, records: chunks }, bytes: sizeInBytes }
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    return { partition: failed(partitionIndex, error.errorCode as ErrorCode), bytes: 0 }
  }
}
