/**
 * Keeps data ready for `poll`: asks the leaders of the assigned partitions for what comes next. A broker has one request
 * at a time, and a second one on a connection of its own for partitions that want data while the first still waits for
 * others: after a seek or a resume, or when what was fetched ahead has been read.
 *
 * Budgets: a partition is fetched ahead while less than `max.partition.fetch.bytes` of it wait, all together while less
 * than `fetch.max.bytes` wait. One answer may exceed that, because a batch is never cut (KIP-74).
 */
import {
  APIS,
  ErrorCode,
  type FetchRequest,
  type FetchResponse,
  type InputOf,
  KafkaError,
  MillraceError,
} from '@millrace/protocol'
import type { Cluster } from '../cluster/cluster.ts'
import { ISOLATION_LEVELS } from '../cluster/isolation-level.ts'
import type { Node } from '../cluster/metadata.ts'
import { isRetriable, staleKnowledgeOf } from '../cluster/retry.ts'
import { AbortedTransactions } from './aborted-transactions.ts'
import type { AssignedPartition } from './assigned-partition.ts'
import type { ConsumerSettings } from './consumer-config.ts'
import { CorruptFetchError, OffsetOutOfRangeError } from './consumer-errors.ts'
import type { FetchedBatch } from './consumer-record.ts'
import { FetchedData } from './fetched-data.ts'
import { resetBy } from './offset-reset.ts'

/** Versions from here on name topics by id. */
const FIRST_VERSION_WITH_TOPIC_IDS = 13
/** No fetch session (KIP-227): each request names all of its partitions. */
const SESSIONLESS = { sessionId: 0, sessionEpoch: -1 } as const
const LANES = ['fetch', 'spareFetch'] as const

type PartitionAnswer = FetchResponse['responses'][number]['partitions'][number]

/** A partition in a request, as it was then. */
interface Asked {
  readonly assigned: AssignedPartition
  readonly fetchOffset: number
  readonly epoch: number
}

interface FetchTarget {
  readonly node: Node
  readonly lane: (typeof LANES)[number]
}

export class Fetcher {
  /** Set by `sendFetches`: a partition wants data and has no leader that is known. */
  lacksLeaders = false
  private readonly busy = new Set<string>()
  private turn = 0
  private failure: Error | undefined
  /** Failed fetches since the last that succeeded, by broker. */
  private readonly failures = new Map<number, number>()

  constructor(
    private readonly cluster: Cluster,
    private readonly settings: ConsumerSettings,
    private readonly assignment: () => Iterable<AssignedPartition>,
    /** Called when a poll that waits should look again. */
    private readonly onNews: () => void,
  ) {}

  /** Takes out what has arrived: up to `max.poll.records` records. Throws what fetching failed with, once. */
  collect(): FetchedBatch[] {
    this.throwFailure()
    const batches: FetchedBatch[] = []
    let left = this.settings.maxPollRecords
    for (const assigned of this.ready()) {
      if (left === 0) break
      assigned.servedAt = this.turn++
      let batch: FetchedBatch | null
      try {
        batch = assigned.take(left)
      } catch (error) {
        assigned.rewind()
        // What was taken before the bad batch goes out first; the error comes with the next call.
        if (batches.length === 0) throw error
        this.failure = error as Error
        break
      }
      if (batch === null) continue
      left -= batch.records.length
      batches.push(batch)
    }
    return batches
  }

  /** Partitions with data, the one served longest ago first, so that a busy one does not starve the others. */
  private ready(): AssignedPartition[] {
    const ready: AssignedPartition[] = []
    for (const assigned of this.assignment())
      if (!assigned.isPaused && assigned.position !== null && assigned.hasData) ready.push(assigned)
    return ready.sort((a, b) => a.servedAt - b.servedAt)
  }

  private throwFailure(): void {
    const { failure } = this
    this.failure = undefined
    if (failure !== undefined) throw failure
  }

  /**
   * Sends a fetch to every broker that has none to do and leads a partition that wants data. Never waits. Returns after
   * how many ms a failed partition may be tried again, Infinity if there is none.
   */
  sendFetches(): number {
    const nowMs = this.cluster.platform.clock.monotonicMs()
    const wanted = new Map<Node, Asked[]>()
    let buffered = 0
    this.lacksLeaders = false
    let retryAtMs = Number.POSITIVE_INFINITY
    for (const assigned of this.assignment()) {
      const { bufferedBytes, fetchOffset } = assigned
      buffered += bufferedBytes
      if (fetchOffset === null || assigned.isPaused || assigned.isFetching) continue
      if (assigned.retryAtMs > nowMs) {
        retryAtMs = Math.min(retryAtMs, assigned.retryAtMs)
        continue
      }
      const node = this.cluster.metadata.leaderOf(assigned.topic, assigned.partition)
      if (node === undefined) {
        this.lacksLeaders = true
        continue
      }
      if (bufferedBytes >= this.settings.maxPartitionFetchBytes && bufferedBytes > 0) continue
      const asked = { assigned, fetchOffset, epoch: assigned.epoch }
      const others = wanted.get(node)
      if (others === undefined) wanted.set(node, [asked])
      else others.push(asked)
    }
    const budget = this.settings.fetchMaxBytes - buffered
    if (budget > 0 || buffered === 0)
      for (const [node, asked] of wanted) {
        const lane = LANES.find(lane => !this.busy.has(`${lane} ${node.nodeId}`))
        if (lane !== undefined) this.fetch({ node, lane }, asked, budget)
      }
    return retryAtMs - nowMs
  }

  private fetch(target: FetchTarget, asked: readonly Asked[], maxBytes: number): void {
    const { metadata } = this.cluster
    const byTopic = new Map<string, Asked[]>()
    // A broker fills the answer in this order.
    const inTurn = asked.toSorted((a, b) => a.assigned.servedAt - b.assigned.servedAt)
    for (const one of inTurn) {
      one.assigned.fetchingEpoch = one.epoch
      const { topic } = one.assigned
      const others = byTopic.get(topic)
      if (others === undefined) byTopic.set(topic, [one])
      else others.push(one)
    }
    const topicNames = new Map<string, string>()
    const topics = [...byTopic].map(([topic, partitions]) => {
      const topicId = metadata.topic(topic)?.topicId ?? undefined
      if (topicId !== undefined) topicNames.set(topicId, topic)
      return {
        topic,
        topicId,
        partitions: partitions.map(({ assigned: { partition }, fetchOffset }) => ({
          partition,
          currentLeaderEpoch: metadata.partition(topic, partition)?.leaderEpoch ?? -1,
          fetchOffset,
          partitionMaxBytes: this.settings.maxPartitionFetchBytes,
        })),
      }
    })
    const canUseIds = topics.every(({ topicId }) => topicId !== undefined)
    const { fetchMaxWaitMs, requestTimeoutMs, defaultApiTimeoutMs } = this.settings
    const build = (): InputOf<typeof FetchRequest> => ({
      maxWaitMs: fetchMaxWaitMs,
      minBytes: this.settings.fetchMinBytes,
      maxBytes,
      isolationLevel: ISOLATION_LEVELS[this.settings.isolationLevel],
      ...SESSIONLESS,
      topics,
    })
    const key = `${target.lane} ${target.node.nodeId}`
    this.busy.add(key)
    this.cluster
      .request(
        target,
        APIS.Fetch,
        build,
        { timeoutMs: defaultApiTimeoutMs + fetchMaxWaitMs },
        {
          requestTimeoutMs: requestTimeoutMs + fetchMaxWaitMs,
          ...(canUseIds ? {} : { maxVersion: FIRST_VERSION_WITH_TOPIC_IDS - 1 }),
        },
      )
      .then(
        answer => {
          this.free(key, asked)
          this.failures.delete(target.node.nodeId)
          this.answered(target.node, answer, asked, topicNames)
        },
        (error: unknown) => {
          this.free(key, asked)
          this.failed(target.node, error, asked)
        },
      )
      .then(this.onNews)
  }

  private free(key: string, asked: readonly Asked[]): void {
    this.busy.delete(key)
    for (const { assigned, epoch } of asked) if (assigned.fetchingEpoch === epoch) assigned.fetchingEpoch = null
  }

  private answered(
    node: Node,
    answer: FetchResponse,
    asked: readonly Asked[],
    topicNames: ReadonlyMap<string, string>,
  ): void {
    if (answer.errorCode !== ErrorCode.NONE) {
      this.failed(node, new KafkaError(answer.errorCode, 'fetch'), asked)
      return
    }
    const answers = new Map<string, PartitionAnswer>()
    for (const topic of answer.responses) {
      const name = topic.topic || topicNames.get(topic.topicId)
      for (const partition of topic.partitions) answers.set(`${partition.partitionIndex}/${name}`, partition)
    }
    for (const one of asked) {
      const { assigned, epoch } = one
      const partition = answers.get(`${assigned.partition}/${assigned.topic}`)
      // A seek since then has made the answer useless.
      if (partition === undefined || assigned.epoch !== epoch) continue
      if (partition.errorCode === ErrorCode.NONE) this.arrived(one, partition)
      else this.partitionFailed(one, partition.errorCode)
    }
  }

  private arrived({ assigned, fetchOffset }: Asked, answer: PartitionAnswer): void {
    const { highWatermark, lastStableOffset, logStartOffset, records } = answer
    const outcome = { highWatermark, lastStableOffset, logStartOffset }
    assigned.outcome = outcome
    if (records === null || records.length === 0) return
    const { codecs } = this.cluster.platform
    const isCommittedOnly = this.settings.isolationLevel === 'read_committed'
    const aborted = isCommittedOnly ? new AbortedTransactions(answer.abortedTransactions ?? [], codecs) : null
    const rules = { checksChecksums: this.settings.checkCrcs, aborted }
    try {
      assigned.arrived(new FetchedData(assigned, fetchOffset, records, outcome, rules, codecs))
    } catch (error) {
      this.failure = new CorruptFetchError(assigned, fetchOffset, (error as Error).message, { cause: error })
    }
  }

  private partitionFailed({ assigned, fetchOffset }: Asked, errorCode: number): void {
    if (errorCode === ErrorCode.OFFSET_OUT_OF_RANGE) {
      // With data in front of it the offset may be fine once that is read: the next fetch will tell.
      if (assigned.hasData) return
      const reset = resetBy(this.settings.autoOffsetReset, this.cluster.platform.clock)
      if (reset === null) this.failure = new OffsetOutOfRangeError(assigned, fetchOffset)
      else assigned.resetTo(reset)
      return
    }
    const error = new KafkaError(errorCode, `fetching ${assigned.topic}-${assigned.partition}`)
    if (staleKnowledgeOf(error) === 'metadata') this.cluster.learn()
    else if (!error.retriable) this.failure = error
    this.pause([assigned], 1)
  }

  private failed(node: Node, error: unknown, asked: readonly Asked[]): void {
    if (!isRetriable(error)) {
      // Closing ends fetches; that is no news for anyone.
      if (!(error instanceof MillraceError && error.code === 'CLOSED')) this.failure = error as Error
      return
    }
    const failures = (this.failures.get(node.nodeId) ?? 0) + 1
    this.failures.set(node.nodeId, failures)
    this.pause(
      asked.map(({ assigned }) => assigned),
      failures,
    )
    this.cluster.learn()
  }

  private pause(partitions: readonly AssignedPartition[], failures: number): void {
    const retryAtMs = this.cluster.platform.clock.monotonicMs() + this.cluster.backoff.delayMs(failures)
    for (const assigned of partitions) assigned.retryAtMs = retryAtMs
  }
}
