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
import { type AskedPartition, type FetchQuestion, fetchQuestion, type PartitionAnswer } from './fetch-request.ts'
import { FetchSession, withoutSession } from './fetch-session.ts'
import { FetchedData } from './fetched-data.ts'
import { resetBy } from './offset-reset.ts'

/** Only the first has sessions: requests of the other are exceptions. */
const LANES = ['fetch', 'spareFetch'] as const

interface FetchTarget {
  readonly node: Node
  readonly lane: (typeof LANES)[number]
}

export class Fetcher {
  /** Set by `sendFetches`: a partition wants data and has no leader that is known. */
  lacksLeaders = false
  /** Set by `sendFetches`: partitions whose new leader has to confirm the position first. */
  unvalidated: AssignedPartition[] = []
  private readonly busy = new Set<string>()
  private readonly sessions = new Map<number, FetchSession>()
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
    const wanted = new Map<Node, AskedPartition[]>()
    let buffered = 0
    this.lacksLeaders = false
    this.unvalidated = []
    let retryAtMs = Number.POSITIVE_INFINITY
    for (const assigned of this.assignment()) {
      const { bufferedBytes, fetchOffset } = assigned
      buffered += bufferedBytes
      if (fetchOffset === null || assigned.isPaused || assigned.isFetching) continue
      if (assigned.retryAtMs > nowMs) {
        retryAtMs = Math.min(retryAtMs, assigned.retryAtMs)
        continue
      }
      const node = this.replicaOf(assigned, nowMs)
      if (node === undefined) {
        this.lacksLeaders = true
        continue
      }
      const leaderEpoch = this.cluster.metadata.partition(assigned.topic, assigned.partition)?.leaderEpoch ?? -1
      if (assigned.needsValidation(leaderEpoch)) {
        if (!assigned.hasData) this.unvalidated.push(assigned)
        continue
      }
      if (bufferedBytes >= this.settings.maxPartitionFetchBytes && bufferedBytes > 0) continue
      const asked = { assigned, fetchOffset, epoch: assigned.epoch, leaderEpoch }
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

  /** Whom to read from: the leader, unless it has named a follower that is nearer. */
  private replicaOf(assigned: AssignedPartition, nowMs: number): Node | undefined {
    const { metadata } = this.cluster
    const { preferredReplica } = assigned
    if (preferredReplica !== null) {
      const node = metadata.node(preferredReplica.nodeId)
      if (node !== undefined && nowMs < preferredReplica.untilMs) return node
      assigned.preferredReplica = null
    }
    return metadata.leaderOf(assigned.topic, assigned.partition)
  }

  private fetch(target: FetchTarget, asked: readonly AskedPartition[], maxBytes: number): void {
    const inTurn = asked.toSorted((a, b) => a.assigned.servedAt - b.assigned.servedAt)
    for (const { assigned, epoch } of inTurn) assigned.fetchingEpoch = epoch
    const { fetchMaxWaitMs, requestTimeoutMs, defaultApiTimeoutMs, maxPartitionFetchBytes } = this.settings
    const question = fetchQuestion(inTurn, this.cluster.metadata, maxPartitionFetchBytes)
    const session = target.lane === 'fetch' ? this.sessionWith(target.node) : undefined
    const fields = session === undefined ? withoutSession(question.topics) : session.next(question.topics)
    const build = (): InputOf<typeof FetchRequest> => ({
      maxWaitMs: fetchMaxWaitMs,
      minBytes: this.settings.fetchMinBytes,
      maxBytes,
      isolationLevel: ISOLATION_LEVELS[this.settings.isolationLevel],
      rackId: this.settings.clientRack,
      ...fields,
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
          ...(question.maxVersion === undefined ? {} : { maxVersion: question.maxVersion }),
        },
      )
      .then(
        answer => {
          this.free(key, asked)
          // A session that is over is no failure: the next request begins another.
          if (session?.answered(answer) === false) return
          this.failures.delete(target.node.nodeId)
          this.answered(target.node, answer, asked, question)
        },
        (error: unknown) => {
          this.free(key, asked)
          session?.reset()
          this.failed(target.node, error, asked)
        },
      )
      .then(this.onNews)
  }

  private sessionWith({ nodeId }: Node): FetchSession {
    let session = this.sessions.get(nodeId)
    if (session === undefined) {
      session = new FetchSession()
      this.sessions.set(nodeId, session)
    }
    return session
  }

  private free(key: string, asked: readonly AskedPartition[]): void {
    this.busy.delete(key)
    for (const { assigned, epoch } of asked) if (assigned.fetchingEpoch === epoch) assigned.fetchingEpoch = null
  }

  private answered(node: Node, answer: FetchResponse, asked: readonly AskedPartition[], question: FetchQuestion): void {
    if (answer.errorCode !== ErrorCode.NONE) {
      this.failed(node, new KafkaError(answer.errorCode, 'fetch'), asked)
      return
    }
    const answers = question.read(answer)
    for (const one of asked) {
      const { assigned, epoch } = one
      const partition = answers.get(assigned.topic, assigned.partition)
      // A seek since then has made the answer useless; a session leaves out partitions without news.
      if (partition === undefined || assigned.epoch !== epoch) continue
      if (partition.errorCode === ErrorCode.NONE) this.arrived(one, partition)
      else this.partitionFailed(one, partition.errorCode)
    }
  }

  private arrived({ assigned, fetchOffset, leaderEpoch }: AskedPartition, answer: PartitionAnswer): void {
    const { highWatermark, lastStableOffset, logStartOffset, records, preferredReadReplica } = answer
    const { codecs, clock } = this.cluster.platform
    const nowMs = clock.monotonicMs()
    if (preferredReadReplica >= 0) {
      // It is nearer for as long as metadata is young; then the leader is asked again.
      assigned.preferredReplica = { nodeId: preferredReadReplica, untilMs: nowMs + this.settings.metadataMaxAgeMs }
      return
    }
    const outcome = { highWatermark, lastStableOffset, logStartOffset }
    assigned.outcome = outcome
    assigned.validatedLeaderEpoch = Math.max(assigned.validatedLeaderEpoch, leaderEpoch)
    if (records === null || records.length === 0) return
    const isCommittedOnly = this.settings.isolationLevel === 'read_committed'
    const aborted = isCommittedOnly ? new AbortedTransactions(answer.abortedTransactions ?? [], codecs) : null
    const rules = { checksChecksums: this.settings.checkCrcs, aborted }
    try {
      assigned.arrived(new FetchedData(assigned, fetchOffset, records, outcome, rules, codecs), nowMs)
    } catch (error) {
      this.failure = new CorruptFetchError(assigned, fetchOffset, (error as Error).message, { cause: error })
    }
  }

  private partitionFailed({ assigned, fetchOffset }: AskedPartition, errorCode: number): void {
    const wasFollower = assigned.preferredReplica !== null
    assigned.preferredReplica = null
    if (errorCode === ErrorCode.OFFSET_OUT_OF_RANGE) {
      // A follower may lag behind; the leader decides.
      if (wasFollower) return
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

  private failed(node: Node, error: unknown, asked: readonly AskedPartition[]): void {
    if (!isRetriable(error)) {
      // Closing ends fetches; that is no news for anyone.
      if (!(error instanceof MillraceError && error.code === 'CLOSED')) this.failure = error as Error
      return
    }
    for (const { assigned } of asked) assigned.preferredReplica = null
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
