/** A call about many resources has an outcome for each. Here they are told apart: done, to be repeated, failed. */
import { ErrorCode, KafkaError, kafkaErrorOf } from '@millrace/protocol'
import type { Cluster, CoordinatorKind } from '../cluster/cluster.ts'
import type { Node } from '../cluster/metadata.ts'
import { nameOfPartition, type TopicPartition, TopicPartitionMap } from '../cluster/topic-partition.ts'
import type { TimeLimit } from '../connection/time-limit.ts'
import { FailedResourcesError } from './admin-errors.ts'

/**
 * Outcomes that say "not now" or "not here". Narrower than what is retriable elsewhere: a topic that does not exist is
 * an answer to someone who manages topics.
 */
const REPEATED: ReadonlySet<number> = new Set([
  ErrorCode.NOT_CONTROLLER,
  ErrorCode.THROTTLING_QUOTA_EXCEEDED,
  ErrorCode.LEADER_NOT_AVAILABLE,
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.FENCED_LEADER_EPOCH,
  ErrorCode.UNKNOWN_LEADER_EPOCH,
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.NOT_COORDINATOR,
])

export interface ResourceCall {
  readonly operation: string
  readonly limit: TimeLimit
  readonly coordinatorOf?: { readonly kind: CoordinatorKind; readonly key: string }
}

/**
 * Calls `attempt` for the resources that are left until each has a result or has failed for good. Resolves to the
 * results by name; rejects with {@link FailedResourcesError} if any failed.
 */
export async function callForEach<R>(
  cluster: Cluster,
  call: ResourceCall,
  names: readonly string[],
  attempt: (pending: readonly string[], remaining: TimeLimit) => Promise<ReadonlyMap<string, R | KafkaError>>,
): Promise<Map<string, R>> {
  const results = new Map<string, R>()
  const failures = new Map<string, KafkaError>()
  await cluster.retrying(
    call.operation,
    call.limit,
    async remaining => {
      const pending = names.filter(name => !results.has(name) && !failures.has(name))
      if (pending.length === 0) return
      const outcomes = await attempt(pending, remaining)
      let again: KafkaError | undefined
      for (const name of pending) {
        const outcome = outcomes.get(name) ?? failureOf(ErrorCode.UNKNOWN_SERVER_ERROR, name, 'the answer lacks it')
        if (!(outcome instanceof KafkaError)) results.set(name, outcome)
        else if (REPEATED.has(outcome.errorCode)) again = outcome
        else failures.set(name, outcome)
      }
      if (again !== undefined) throw again
    },
    call.coordinatorOf,
  )
  if (failures.size > 0) throw new FailedResourcesError(call.operation, failures, results)
  return results
}

/** Calls of {@link callSeparately} that are under way at once. */
const MAX_SEPARATE_CALLS = 100

/** As {@link callForEach}, but each name is called for on its own and repeated on its own. */
async function callSeparately<R>(
  cluster: Cluster,
  { operation, limit }: { readonly operation: string; readonly limit: TimeLimit },
  names: readonly string[],
  kind: CoordinatorKind | undefined,
  ask: (name: string, remaining: TimeLimit) => Promise<R | KafkaError>,
): Promise<Map<string, R>> {
  const failures = new Map<string, KafkaError>()
  const results = new Map<string, R>()
  const callFor = async (name: string): Promise<void> => {
    const coordinatorOf = kind === undefined ? {} : { coordinatorOf: { kind, key: name } }
    try {
      const found = await callForEach<R>(
        cluster,
        { operation, limit, ...coordinatorOf },
        [name],
        async (_, remaining) => new Map([[name, await ask(name, remaining)]]),
      )
      results.set(name, found.get(name)!)
    } catch (error) {
      if (!(error instanceof FailedResourcesError)) throw error
      failures.set(name, error.failures.get(name)!)
    }
  }
  const queue = new Set(names).values()
  const lanes = Array.from({ length: Math.min(names.length, MAX_SEPARATE_CALLS) }, async () => {
    for (const name of queue) await callFor(name)
  })
  await Promise.all(lanes)
  if (failures.size > 0) throw new FailedResourcesError(operation, failures, results)
  return results
}

/** One outcome for each key, asked at the coordinator of each. As {@link callForEach}. */
export function callCoordinators<R>(
  cluster: Cluster,
  call: { readonly operation: string; readonly limit: TimeLimit; readonly kind: CoordinatorKind },
  keys: readonly string[],
  ask: (key: string, node: Node, remaining: TimeLimit) => Promise<R | KafkaError>,
): Promise<Map<string, R>> {
  return callSeparately<R>(cluster, call, keys, call.kind, async (key, remaining) =>
    ask(key, await cluster.coordinator(call.kind, key, remaining), remaining),
  )
}

/** Asks each of these brokers. As {@link callForEach}; the names are the ids. */
export async function callBrokers<R>(
  cluster: Cluster,
  call: { readonly operation: string; readonly limit: TimeLimit },
  brokerIds: readonly number[],
  ask: (node: Node, remaining: TimeLimit) => Promise<R | KafkaError>,
): Promise<Map<number, R>> {
  const found = await callSeparately<R>(cluster, call, brokerIds.map(String), undefined, async (id, remaining) => {
    const node = await cluster.broker(Number(id), remaining).catch((error: unknown) => {
      // There is no such broker.
      if (error instanceof KafkaError && !error.retriable) return error
      throw error
    })
    return node instanceof KafkaError ? node : ask(node, remaining)
  })
  return new Map([...found].map(([id, result]) => [Number(id), result]))
}

/** One outcome for each partition, asked at its leader. As {@link callForEach}. */
export async function callLeaders<T extends TopicPartition, R>(
  cluster: Cluster,
  call: { readonly operation: string; readonly limit: TimeLimit },
  items: readonly T[],
  ask: (
    asked: TopicPartitionMap<T>,
    leader: Node,
    remaining: TimeLimit,
  ) => Promise<Iterable<readonly [TopicPartition, R | KafkaError]>>,
): Promise<TopicPartitionMap<R>> {
  const byName = new Map(items.map(item => [nameOfPartition(item), item]))
  cluster.useTopics(items.map(({ topic }) => topic))
  const found = await callForEach<R>(cluster, call, [...byName.keys()], async (pending, remaining) => {
    const outcomes = new Map<string, R | KafkaError>()
    const byLeader = new Map<Node, TopicPartitionMap<T>>()
    if (items.some(({ topic }) => cluster.metadata.topic(topic) === undefined)) await cluster.refreshMetadata(remaining)
    for (const name of pending) {
      const item = byName.get(name)!
      const leader = cluster.metadata.leaderOf(item.topic, item.partition)
      if (leader === undefined) {
        const isKnown = cluster.metadata.partition(item.topic, item.partition) !== undefined
        const code = isKnown ? ErrorCode.LEADER_NOT_AVAILABLE : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        outcomes.set(name, failureOf(code, name))
        continue
      }
      const others = byLeader.get(leader) ?? new TopicPartitionMap<T>()
      others.set(item.topic, item.partition, item)
      byLeader.set(leader, others)
    }
    for (const [leader, asked] of byLeader)
      for (const [partition, outcome] of await ask(asked, leader, remaining))
        outcomes.set(nameOfPartition(partition), outcome)
    return outcomes
  })
  return TopicPartitionMap.from([...found].map(([name, result]) => [byName.get(name)!, result]))
}

/** A call with one outcome for all. Repeated and refused as {@link callForEach} does, but rejects with the `KafkaError` itself. */
export async function callOnce<R>(
  cluster: Cluster,
  operation: string,
  limit: TimeLimit,
  ask: (controller: Node, remaining: TimeLimit) => Promise<R | KafkaError>,
): Promise<R> {
  try {
    const found = await callForEach<R>(cluster, { operation, limit }, [operation], async (_pending, remaining) => {
      const controller = await cluster.controller(remaining)
      return new Map([[operation, await ask(controller, remaining)]])
    })
    return found.get(operation)!
  } catch (error) {
    throw error instanceof FailedResourcesError ? error.failures.get(operation) : error
  }
}

/** `text` is what the broker said besides the code. */
export function failureOf(errorCode: number, name: string, text?: string | null): KafkaError {
  const saysMore = text !== null && text !== undefined && text !== '' && !text.endsWith(kafkaErrorOf(errorCode).message)
  return new KafkaError(errorCode, saysMore ? `${name}, ${text}` : name)
}
