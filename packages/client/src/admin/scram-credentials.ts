/** Passwords that brokers check by SCRAM (KIP-554). What is sent is derived from the password, never the password itself. */
import { APIS, ErrorCode, KafkaError } from '@millrace/protocol'
import type { Cluster } from '../cluster/cluster.ts'
import type { TimeLimit } from '../connection/time-limit.ts'
import { type ScramMechanismName, saltedPassword } from '../security/scram.ts'
import { callForEach, callOnce, failureOf } from './resource-calls.ts'

const MECHANISM_CODES: Record<ScramMechanismName, number> = { 'SCRAM-SHA-256': 1, 'SCRAM-SHA-512': 2 }
const SALT_BYTES = 24
const DEFAULT_ITERATIONS = 8_192

export interface ScramCredentialInfo {
  readonly mechanism: ScramMechanismName
  readonly iterations: number
}

export interface ScramCredentialUpsertion {
  readonly user: string
  readonly mechanism: ScramMechanismName
  readonly password: string
  /** 4096 to 16384; 8192 by default. */
  readonly iterations?: number | undefined
  /** Random by default. */
  readonly salt?: Uint8Array | undefined
}
export interface ScramCredentialDeletion {
  readonly user: string
  readonly mechanism: ScramMechanismName
  readonly delete: true
}
export type ScramCredentialAlteration = ScramCredentialUpsertion | ScramCredentialDeletion

/** By user; of all users who have credentials if none are named. A user without any is a failure with code RESOURCE_NOT_FOUND. */
export async function describeUserScramCredentials(
  cluster: Cluster,
  users: readonly string[] | null,
  limit: TimeLimit,
): Promise<Map<string, ScramCredentialInfo[]>> {
  const operation = 'describing SCRAM credentials'
  const ask = async (asked: readonly string[] | null, remaining: TimeLimit) => {
    const node = await cluster.controller(remaining)
    const answer = await cluster.request(
      { node, lane: 'main' },
      APIS.DescribeUserScramCredentials,
      () => ({ users: asked?.map(name => ({ name })) ?? null }),
      remaining,
    )
    if (answer.errorCode !== ErrorCode.NONE) return failureOf(answer.errorCode, operation, answer.errorMessage)
    return new Map(
      answer.results.map(({ user, errorCode, errorMessage, credentialInfos }) => [
        user,
        errorCode === ErrorCode.NONE ? credentialInfos.map(infoOf) : failureOf(errorCode, `user ${user}`, errorMessage),
      ]),
    )
  }
  const names =
    users ??
    (await callOnce(cluster, operation, limit, async (_node, remaining) => {
      const all = await ask(null, remaining)
      return all instanceof KafkaError ? all : [...all.keys()]
    }))
  return callForEach<ScramCredentialInfo[]>(cluster, { operation, limit }, names, async (pending, remaining) => {
    const outcomes = await ask(pending, remaining)
    return outcomes instanceof KafkaError ? new Map(pending.map(name => [name, outcomes])) : outcomes
  })
}

function infoOf({ mechanism, iterations }: { readonly mechanism: number; readonly iterations: number }) {
  return {
    mechanism: mechanism === MECHANISM_CODES['SCRAM-SHA-512'] ? 'SCRAM-SHA-512' : 'SCRAM-SHA-256',
    iterations,
  } as const
}

/** One alteration of a user per call; failures are named by the user. */
export async function alterUserScramCredentials(
  cluster: Cluster,
  alterations: readonly ScramCredentialAlteration[],
  limit: TimeLimit,
): Promise<void> {
  const users = [...new Set(alterations.map(({ user }) => user))]
  const deletions = alterations.filter(alteration => 'delete' in alteration)
  const upsertions = alterations.flatMap(alteration =>
    'delete' in alteration ? [] : [upsertionRow(alteration, cluster)],
  )
  const call = { operation: 'altering SCRAM credentials', limit }
  await callForEach<true>(cluster, call, users, async (pending, remaining) => {
    const node = await cluster.controller(remaining)
    const answer = await cluster.request(
      { node, lane: 'main' },
      APIS.AlterUserScramCredentials,
      () => ({
        deletions: deletions
          .filter(({ user }) => pending.includes(user))
          .map(({ user, mechanism }) => ({ name: user, mechanism: MECHANISM_CODES[mechanism] })),
        upsertions: upsertions.filter(({ name }) => pending.includes(name)),
      }),
      remaining,
    )
    return new Map(
      answer.results.map(({ user, errorCode, errorMessage }) => [
        user,
        errorCode === ErrorCode.NONE || failureOf(errorCode, `user ${user}`, errorMessage),
      ]),
    )
  })
}

function upsertionRow(
  { user, mechanism, password, iterations = DEFAULT_ITERATIONS, salt: given }: ScramCredentialUpsertion,
  { platform }: Cluster,
) {
  const salt = given ?? platform.random.bytes(SALT_BYTES)
  return {
    name: user,
    mechanism: MECHANISM_CODES[mechanism],
    iterations,
    salt,
    saltedPassword: saltedPassword(mechanism, password, salt, iterations),
  }
}
