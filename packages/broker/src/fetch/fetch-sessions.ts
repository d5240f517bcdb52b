/**
 * Fetch sessions (KIP-227): the broker remembers which partitions a consumer fetches and from where, so that a request
 * names only what changed and an answer only what is new. Source: Kafka, `FetchSession`.
 *
 * A session has an epoch that each fetch increments; a request with another epoch is one whose answer was lost or that
 * came twice, and the client begins a new session.
 */
import type { Clock, Random } from '@millrace/platform'
import { ErrorCode, type FetchRequest, type FetchResponse, type InputOf } from '@millrace/protocol'

/** A session that was not used for this long makes room for a new one. */
const EVICTION_MS = 120_000
/** Partitions of one session; who wants more sends whole requests. Keeps a stranger from filling the memory. */
export const MAX_SESSION_PARTITIONS = 100_000

const NO_SESSION = 0
/** Epochs that a request gives instead of the next one: begin a session, or do without one. */
const INITIAL_EPOCH = 0
const MAX_EPOCH = 2 ** 31 - 1

type TopicAnswer = InputOf<typeof FetchResponse>['responses'][number]
type PartitionAnswer = TopicAnswer['partitions'][number]
type RequestedTopic = FetchRequest['topics'][number]

/** What a client wants of one partition. The topic has a name up to v12, an id from v13 on. */
export interface AskedPartition extends Omit<RequestedTopic, 'partitions'> {
  readonly wanted: RequestedTopic['partitions'][number]
}

export interface AnsweredPartition {
  readonly asked: AskedPartition
  readonly answer: PartitionAnswer
  readonly sizeInBytes: number
}

export interface FetchAnswer {
  readonly errorCode: number
  readonly sessionId: number
  readonly responses: readonly TopicAnswer[]
}

/** One fetch, inside of a session or not. */
export interface FetchContext {
  /** In the order in which they are to be read. */
  readonly partitions: readonly AskedPartition[]
  /** What is sent of what was read, in the same order. */
  answer(read: readonly AnsweredPartition[]): FetchAnswer
}

/** A partition of a session with what the client knows of it. */
interface SessionPartition {
  readonly key: string
  asked: AskedPartition
  /** −1 after an error, so that the next answer without one is sent. */
  highWatermark: number
  logStartOffset: number
}

class FetchSession {
  /** Of the next request. */
  epoch = 1
  lastUsedMs: number
  /** In the order in which they are read next; keys from {@link keyOf}. */
  readonly partitions = new Map<string, SessionPartition>()

  constructor(
    readonly id: number,
    readonly usesTopicIds: boolean,
    readonly createdMs: number,
  ) {
    this.lastUsedMs = createdMs
  }
}

export class FetchSessions {
  /** Least recently used first. */
  private readonly byId = new Map<number, FetchSession>()

  constructor(
    /** `max.incremental.fetch.session.cache.slots`; 0: there are no sessions. */
    private readonly slots: number,
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  get size(): number {
    return this.byId.size
  }

  /** Begins a fetch. An error code ends it: the client has to begin a new session. */
  begin(request: FetchRequest, usesTopicIds: boolean): FetchContext | ErrorCode {
    const { sessionId, sessionEpoch } = request
    if (sessionEpoch > INITIAL_EPOCH) return this.continueSession(request, usesTopicIds)
    if (sessionId !== NO_SESSION) this.byId.delete(sessionId)
    const partitions = partitionsOf(request)
    if (sessionEpoch < INITIAL_EPOCH) return withoutSession(partitions)
    return {
      partitions,
      answer: read => completeAnswer(this.createSession(read, usesTopicIds), read),
    }
  }

  private continueSession(request: FetchRequest, usesTopicIds: boolean): FetchContext | ErrorCode {
    const session = this.byId.get(request.sessionId)
    if (session === undefined) return ErrorCode.FETCH_SESSION_ID_NOT_FOUND
    if (session.epoch !== request.sessionEpoch) return ErrorCode.INVALID_FETCH_SESSION_EPOCH
    if (session.usesTopicIds !== usesTopicIds) return ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR
    updatePartitions(session, request)
    if (session.partitions.size > MAX_SESSION_PARTITIONS) {
      this.byId.delete(session.id)
      return ErrorCode.FETCH_SESSION_ID_NOT_FOUND
    }
    if (session.partitions.size === 0) {
      this.byId.delete(session.id)
      return withoutSession([])
    }
    session.epoch = epochAfter(session.epoch)
    this.touch(session)
    const epoch = session.epoch
    const partitions = Array.from(session.partitions.values(), partition => partition.asked)
    return {
      partitions,
      answer: read =>
        session.epoch === epoch
          ? { errorCode: ErrorCode.NONE, sessionId: session.id, responses: incrementalAnswer(session, read) }
          : // The client did not wait for this answer.
            { errorCode: ErrorCode.INVALID_FETCH_SESSION_EPOCH, sessionId: session.id, responses: [] },
    }
  }

  private touch(session: FetchSession): void {
    session.lastUsedMs = this.clock.monotonicMs()
    this.byId.delete(session.id)
    this.byId.set(session.id, session)
  }

  /** The id of a new session, {@link NO_SESSION} if there is no room: then the client goes on with whole requests. */
  private createSession(read: readonly AnsweredPartition[], usesTopicIds: boolean): number {
    if (read.length === 0 || read.length > MAX_SESSION_PARTITIONS) return NO_SESSION
    const nowMs = this.clock.monotonicMs()
    if (this.byId.size >= this.slots && !this.evict(read.length, nowMs)) return NO_SESSION
    let id: number
    do id = 1 + this.random.integer(2 ** 31 - 1)
    while (this.byId.has(id))
    const session = new FetchSession(id, usesTopicIds, nowMs)
    for (const { asked, answer } of read) {
      const partition = newPartition(asked)
      isNews(partition, answer, 0)
      session.partitions.set(partition.key, partition)
    }
    this.byId.set(id, session)
    return id
  }

  /** Makes room: an idle session goes, else the smallest old one if the new one is larger. */
  private evict(size: number, nowMs: number): boolean {
    const [idlest] = this.byId.values()
    if (idlest === undefined) return false
    if (nowMs - idlest.lastUsedMs > EVICTION_MS) return this.byId.delete(idlest.id)
    let smallest: FetchSession | undefined
    for (const session of this.byId.values())
      if (nowMs - session.createdMs > EVICTION_MS && session.partitions.size < (smallest?.partitions.size ?? size))
        smallest = session
    return smallest !== undefined && this.byId.delete(smallest.id)
  }
}

function withoutSession(partitions: readonly AskedPartition[]): FetchContext {
  return { partitions, answer: read => completeAnswer(NO_SESSION, read) }
}

function partitionsOf({ topics }: FetchRequest): AskedPartition[] {
  const asked: AskedPartition[] = []
  for (const { topic, topicId, partitions } of topics)
    for (const wanted of partitions) asked.push({ topic, topicId, wanted })
  return asked
}

function keyOf(topic: string, topicId: string, partition: number): string {
  return `${topicId} ${topic} ${partition}`
}

function newPartition(asked: AskedPartition): SessionPartition {
  const key = keyOf(asked.topic, asked.topicId, asked.wanted.partition)
  return { key, asked, highWatermark: -1, logStartOffset: -1 }
}

function updatePartitions(session: FetchSession, request: FetchRequest): void {
  for (const asked of partitionsOf(request)) {
    const known = session.partitions.get(keyOf(asked.topic, asked.topicId, asked.wanted.partition))
    if (known !== undefined) {
      known.asked = asked
      continue
    }
    const partition = newPartition(asked)
    session.partitions.set(partition.key, partition)
  }
  for (const { topic, topicId, partitions } of request.forgottenTopicsData)
    for (const partition of partitions) session.partitions.delete(keyOf(topic, topicId, partition))
}

function epochAfter(epoch: number): number {
  return epoch === MAX_EPOCH ? 1 : epoch + 1
}

function completeAnswer(sessionId: number, read: readonly AnsweredPartition[]): FetchAnswer {
  return { errorCode: ErrorCode.NONE, sessionId, responses: byTopic(read) }
}

/** Only the news. Partitions that gave records are read last the next time, so that each has its turn. */
function incrementalAnswer(session: FetchSession, read: readonly AnsweredPartition[]): readonly TopicAnswer[] {
  const news: AnsweredPartition[] = []
  const hasOthers = session.partitions.size > 1
  for (const one of read) {
    const { asked, answer, sizeInBytes } = one
    const partition = session.partitions.get(keyOf(asked.topic, asked.topicId, asked.wanted.partition))
    if (partition === undefined || !isNews(partition, answer, sizeInBytes)) continue
    news.push(one)
    if (sizeInBytes === 0 || !hasOthers) continue
    session.partitions.delete(partition.key)
    session.partitions.set(partition.key, partition)
  }
  return byTopic(news)
}

/** Takes the answer for known to the client and says whether it was not known before. */
function isNews(partition: SessionPartition, answer: PartitionAnswer, sizeInBytes: number): boolean {
  const { errorCode, highWatermark, logStartOffset = -1, divergingEpoch } = answer
  const hasError = errorCode !== ErrorCode.NONE
  const isChanged =
    sizeInBytes > 0 ||
    hasError ||
    divergingEpoch !== undefined ||
    partition.highWatermark !== highWatermark ||
    partition.logStartOffset !== logStartOffset
  partition.highWatermark = hasError ? -1 : highWatermark
  partition.logStartOffset = logStartOffset
  return isChanged
}

function byTopic(read: readonly AnsweredPartition[]): TopicAnswer[] {
  const topics: { topic: string; topicId: string; partitions: PartitionAnswer[] }[] = []
  for (const { asked, answer } of read) {
    const last = topics.at(-1)
    if (last !== undefined && last.topic === asked.topic && last.topicId === asked.topicId) last.partitions.push(answer)
    else topics.push({ topic: asked.topic, topicId: asked.topicId, partitions: [answer] })
  }
  return topics
}
