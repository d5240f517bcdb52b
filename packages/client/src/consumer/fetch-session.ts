/**
 * A fetch session with one broker (KIP-227): the broker remembers what the last request asked for, so the next one names
 * only what has changed, and its answer only what is new. Pure: it says what to send and hears what came back.
 */
import { ErrorCode, type FetchRequest, type FetchResponse, type InputOf } from '@millrace/protocol'
import { TopicPartitionMap } from '../cluster/topic-partition.ts'

type Fields = InputOf<typeof FetchRequest>
export type FetchTopics = NonNullable<Fields['topics']>
type FetchPartition = FetchTopics[number]['partitions'][number]

/** Asks for a session; also the epoch of a full request. */
const NEW_SESSION_EPOCH = 0
/** No session, and none wanted. */
const SESSIONLESS = { sessionId: 0, sessionEpoch: -1 } as const
const LAST_EPOCH = 0x7fff_ffff

export interface SessionFields {
  readonly sessionId: number
  readonly sessionEpoch: number
  readonly topics: FetchTopics
  readonly forgottenTopicsData: NonNullable<Fields['forgottenTopicsData']>
}

/** For a lane whose requests have nothing to do with each other. */
export function withoutSession(topics: FetchTopics): SessionFields {
  return { ...SESSIONLESS, topics, forgottenTopicsData: [] }
}

export class FetchSession {
  private sessionId = 0
  private epoch = NEW_SESSION_EPOCH
  /** What the broker remembers, as sent last. */
  private remembered = new TopicPartitionMap<FetchPartition>()
  private topicIds = new Map<string, string | undefined>()

  /** The next request, which is to ask for exactly `topics`. At most one may be on its way. */
  next(topics: FetchTopics): SessionFields {
    // A topic of another id is another topic: the broker would have to forget it under the old one.
    if (topics.some(({ topic, topicId }) => this.topicIds.has(topic!) && this.topicIds.get(topic!) !== topicId))
      this.reset()
    const wanted = new TopicPartitionMap<FetchPartition>()
    for (const { topic, partitions } of topics)
      for (const partition of partitions) wanted.set(topic!, partition.partition, partition)
    const { sessionId, epoch: sessionEpoch } = this
    const isFull = sessionEpoch === NEW_SESSION_EPOCH
    const changed = isFull ? topics : this.changedOf(topics)
    const forgottenTopicsData = isFull ? [] : this.forgotten(wanted)
    this.remembered = wanted
    for (const { topic, topicId } of topics) this.topicIds.set(topic!, topicId)
    return { sessionId, sessionEpoch, topics: changed, forgottenTopicsData }
  }

  /**
   * The answer to the latest request. False: the session is over, ask again for everything. An error that is not about a
   * session is the caller's.
   */
  answered(answer: FetchResponse): boolean {
    if (answer.errorCode !== ErrorCode.NONE) {
      const hadSession = this.epoch !== NEW_SESSION_EPOCH
      this.reset()
      return !hadSession
    }
    // 0: the broker has no room for a session, or has closed this one.
    if (answer.sessionId === 0) this.reset()
    else {
      this.sessionId = answer.sessionId
      this.epoch = this.epoch === LAST_EPOCH ? 1 : this.epoch + 1
    }
    return true
  }

  /** No answer: what the broker remembers is not known. A session that it still has is replaced. */
  reset(): void {
    this.epoch = NEW_SESSION_EPOCH
    this.sessionId = 0
    this.remembered = new TopicPartitionMap()
    this.topicIds = new Map()
  }

  private changedOf(topics: FetchTopics): FetchTopics {
    const changed: FetchTopics[number][] = []
    for (const { topic, topicId, partitions } of topics) {
      const news = partitions.filter(partition => {
        const before = this.remembered.get(topic!, partition.partition)
        return (
          before === undefined ||
          before.fetchOffset !== partition.fetchOffset ||
          before.currentLeaderEpoch !== partition.currentLeaderEpoch
        )
      })
      if (news.length > 0) changed.push({ topic, topicId, partitions: news })
    }
    return changed
  }

  private forgotten(wanted: TopicPartitionMap<FetchPartition>): SessionFields['forgottenTopicsData'] {
    const gone = new TopicPartitionMap<true>()
    for (const { topic, partition } of this.remembered.keys())
      if (!wanted.has(topic, partition)) gone.set(topic, partition, true)
    return [...gone.byTopic()].map(([topic, numbers]) => ({
      topic,
      topicId: this.topicIds.get(topic),
      partitions: [...numbers.keys()],
    }))
  }
}
