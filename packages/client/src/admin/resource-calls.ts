/** A call about many resources has an outcome for each. Here they are told apart: done, to be repeated, failed. */
import { ErrorCode, KafkaError, kafkaErrorOf } from '@millrace/protocol'
import type { Cluster, CoordinatorKind } from '../cluster/cluster.ts'
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
  if (failures.size > 0) throw new FailedResourcesError(call.operation, failures)
  return results
}

/** `text` is what the broker said besides the code. */
export function failureOf(errorCode: number, name: string, text: string | null = null): KafkaError {
  const saysMore = text !== null && text !== '' && !text.endsWith(kafkaErrorOf(errorCode).message)
  return new KafkaError(errorCode, saysMore ? `${name}, ${text}` : name)
}
