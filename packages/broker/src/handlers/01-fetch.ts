/**
 * Fetch (API key 1), v4 to v18, with sessions (`../fetch/fetch-sessions.ts`). Fetches from followers do not exist here.
 */
import { APIS, ErrorCode, type FetchRequest, type FetchResponse, type InputOf, KafkaError } from '@millrace/protocol'
import type { AwaitedPartition } from '../fetch/fetch-purgatory.ts'
import type { AnsweredPartition, AskedPartition } from '../fetch/fetch-sessions.ts'
import type { FetchedBytes, IsolationLevel, PartitionLog } from '../log/partition-log.ts'
import type { RequestContext, RequestHandler } from '../server/request-handler.ts'
import { isolationOf } from './isolation-level.ts'
import { checkLeaderEpoch } from './leader-epoch.ts'
import { type BrokerServices, handler } from './services.ts'

type PartitionAnswer = AnsweredPartition['answer']

const FIRST_WITH_TOPIC_IDS = 13
/** From here on a client whose leader epoch is old learns the present one from the answer (KIP-951). */
const FIRST_WITH_LEADER_HINT = 16

/** A partition that may be read. */
interface Readable extends AwaitedPartition {
  readonly partitionIndex: number
}
/** What is asked for, per partition: a log to read, or the error that it gets. */
type Found = Readable | PartitionAnswer

interface PartitionReading {
  readonly answer: PartitionAnswer
  readonly bytes: number
  readonly release?: () => void
}

interface Reading {
  readonly partitions: readonly AnsweredPartition[]
  readonly sizeInBytes: number
  /** Something that has to be answered at once. */
  readonly hasErrors: boolean
  /** Gives the memory of the records back. */
  release(): void
}

export function fetch(services: BrokerServices): RequestHandler {
  const { topics, fetches, fetchSessions, config } = services

  async function handle(
    request: FetchRequest,
    { apiVersion, whenSent }: RequestContext,
  ): Promise<InputOf<typeof FetchResponse>> {
    const context = fetchSessions.begin(request, apiVersion >= FIRST_WITH_TOPIC_IDS)
    if (typeof context === 'number') return { errorCode: context, responses: [] }
    const { partitions, release } = await readWhenThere(request, context.partitions, apiVersion)
    whenSent(release)
    const answer = context.answer(partitions)
    const hintsLeader = partitions.some(({ answer: { currentLeader } }) => currentLeader !== undefined)
    return hintsLeader ? { ...answer, nodeEndpoints: [thisNode()] } : answer
  }

  function thisNode() {
    return { nodeId: config['node.id'], ...services.advertised(), rack: config['broker.rack'] }
  }

  async function readWhenThere(
    request: FetchRequest,
    asked: readonly AskedPartition[],
    apiVersion: number,
  ): Promise<Reading> {
    const isolation = isolationOf(request)
    const found = asked.map(partition => find(partition, apiVersion))
    const first = await readAll(asked, found, request.maxBytes, isolation)
    const minBytes = Math.min(request.minBytes, request.maxBytes, config['fetch.max.bytes'])
    if (request.maxWaitMs <= 0 || first.hasErrors || first.sizeInBytes >= minBytes) return first
    const partitions = found.filter(isReadable)
    if (partitions.length === 0) return first
    first.release()
    await fetches.wait({ partitions, minBytes, maxWaitMs: request.maxWaitMs, isolation })
    // A topic may have gone meanwhile.
    const foundAgain = asked.map(partition => find(partition, apiVersion))
    return await readAll(asked, foundAgain, request.maxBytes, isolation)
  }

  function find({ topic, topicId, wanted }: AskedPartition, apiVersion: number): Found {
    const name = apiVersion >= FIRST_WITH_TOPIC_IDS ? topics.byId(topicId)?.name : topic
    if (name === undefined) return failed(wanted.partition, ErrorCode.UNKNOWN_TOPIC_ID)
    const log = topics.log(name, wanted.partition)
    if (log === undefined) return failed(wanted.partition, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    const found = readableOf(log, wanted)
    if (apiVersion < FIRST_WITH_LEADER_HINT || isReadable(found)) return found
    if (found.errorCode !== ErrorCode.FENCED_LEADER_EPOCH) return found
    return { ...found, currentLeader: { leaderId: config['node.id'], leaderEpoch: log.leaderEpoch } }
  }

  /** Reads in the order given. Only the first batch found may pass the limits, so that there is progress (KIP-74). */
  async function readAll(
    asked: readonly AskedPartition[],
    found: readonly Found[],
    maxBytes: number,
    isolation: IsolationLevel,
  ): Promise<Reading> {
    let bytesLeft = Math.min(maxBytes, config['fetch.max.bytes'])
    let sizeInBytes = 0
    let hasErrors = false
    const partitions: AnsweredPartition[] = []
    const releases: (() => void)[] = []
    for (let index = 0; index < asked.length; index++) {
      const one = found[index]!
      const reading: PartitionReading | Promise<PartitionReading> = isReadable(one)
        ? read(one, Math.min(bytesLeft, one.maxBytes), isolation, sizeInBytes === 0)
        : { answer: one, bytes: 0 }
      const { answer, bytes, release } = reading instanceof Promise ? await reading : reading
      if (release !== undefined) releases.push(release)
      partitions.push({ asked: asked[index]!, answer, sizeInBytes: bytes })
      sizeInBytes += bytes
      bytesLeft = Math.max(bytesLeft - bytes, 0)
      // A divergence is answered at once like an error.
      if (answer.errorCode !== ErrorCode.NONE || answer.divergingEpoch !== undefined) hasErrors = true
    }
    const release = () => {
      for (const each of releases) each()
    }
    return { partitions, sizeInBytes, hasErrors, release }
  }

  return handler(APIS.Fetch, 'read', handle)
}

function isReadable(partition: Found): partition is Readable {
  return 'log' in partition
}

function failed(partitionIndex: number, errorCode: ErrorCode): PartitionAnswer {
  return { partitionIndex, errorCode, highWatermark: -1, abortedTransactions: null, records: null }
}

function readableOf(log: PartitionLog, partition: AskedPartition['wanted']): Found {
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

/** At once where the records are at hand: with many partitions a promise for each would cost more than the reading. */
function read(
  { partitionIndex, log, offset }: Readable,
  maxBytes: number,
  isolation: IsolationLevel,
  minOneBatch: boolean,
): PartitionReading | Promise<PartitionReading> {
  try {
    const fetched = log.read(offset, maxBytes, { isolation, minOneBatch })
    if (!(fetched instanceof Promise)) return readingOf(partitionIndex, fetched)
    return fetched.then(
      cold => readingOf(partitionIndex, cold),
      error => refused(partitionIndex, error),
    )
  } catch (error) {
    return refused(partitionIndex, error)
  }
}

function readingOf(partitionIndex: number, fetched: FetchedBytes): PartitionReading {
  const { highWatermark, lastStableOffset, logStartOffset, abortedTransactions } = fetched
  const answer = {
    partitionIndex,
    errorCode: ErrorCode.NONE,
    highWatermark,
    lastStableOffset,
    logStartOffset,
    abortedTransactions,
    records: fetched.chunks,
  }
  return { answer, bytes: fetched.sizeInBytes, release: fetched.release }
}

/** What is no `KafkaError` is a bug. */
function refused(partitionIndex: number, error: unknown): PartitionReading {
  if (!(error instanceof KafkaError)) throw error
  return { answer: failed(partitionIndex, error.errorCode as ErrorCode), bytes: 0 }
}
