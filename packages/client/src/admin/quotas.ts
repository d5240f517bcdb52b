/** Limits on what clients may use, by user, client id or address (KIP-546). */
import { APIS, ErrorCode, type KafkaError } from '@millrace/protocol'
import type { Cluster } from '../cluster/cluster.ts'
import type { TimeLimit } from '../connection/time-limit.ts'
import { callForEach, callOnce, failureOf } from './resource-calls.ts'

export type QuotaEntityType = 'user' | 'client-id' | 'ip'

/** Whom a quota is for: one type, or a user and a client id together. Null stands for all who have no quota of their own. */
export type ClientQuotaEntity = Readonly<Partial<Record<QuotaEntityType, string | null>>>

export interface ClientQuotas {
  readonly entity: ClientQuotaEntity
  /** Under Kafka's names: `producer_byte_rate`, `consumer_byte_rate`, `request_percentage`, … */
  readonly quotas: ReadonlyMap<string, number>
}

export interface ClientQuotaFilter {
  /** Every type named here must match: a name, null for the default entity, `any` for whatever has the type. */
  readonly entity?: Readonly<Partial<Record<QuotaEntityType, string | null | { readonly any: true }>>> | undefined
  /** Leave out entities that have other types besides. */
  readonly strict?: boolean | undefined
}

export interface ClientQuotaAlteration {
  readonly entity: ClientQuotaEntity
  /** Null takes a quota away. */
  readonly quotas: Readonly<Record<string, number | null>>
}

/** `DescribeClientQuotasRequest.MatchType` of Kafka. */
const MATCH = { exact: 0, default: 1, any: 2 } as const

interface FilterComponent {
  readonly entityType: string
  readonly matchType: number
  readonly match: string | null
}

export function describeClientQuotas(
  cluster: Cluster,
  { entity = {}, strict = false }: ClientQuotaFilter,
  limit: TimeLimit,
): Promise<ClientQuotas[]> {
  const components: FilterComponent[] = []
  for (const [entityType, wanted] of Object.entries(entity)) {
    if (wanted === undefined) continue
    if (wanted === null) components.push({ entityType, matchType: MATCH.default, match: null })
    else if (typeof wanted === 'string') components.push({ entityType, matchType: MATCH.exact, match: wanted })
    else components.push({ entityType, matchType: MATCH.any, match: null })
  }
  return callOnce(cluster, 'describing quotas', limit, async (node, remaining) => {
    const answer = await cluster.request(
      { node, lane: 'main' },
      APIS.DescribeClientQuotas,
      () => ({ components, strict }),
      remaining,
    )
    const { errorCode, errorMessage, entries } = answer
    if (errorCode !== ErrorCode.NONE) return failureOf(errorCode, 'describing quotas', errorMessage)
    return (entries ?? []).map(entry => ({
      entity: Object.fromEntries(entry.entity.map(({ entityType, entityName }) => [entityType, entityName])),
      quotas: new Map(entry.values.map(({ key, value }) => [key, value])),
    }))
  })
}

/** Failures are named as `user=alice,client-id=<default>`. */
export async function alterClientQuotas(
  cluster: Cluster,
  alterations: readonly ClientQuotaAlteration[],
  validateOnly: boolean,
  limit: TimeLimit,
): Promise<void> {
  const byName = new Map(alterations.map(alteration => [nameOf(entityRows(alteration.entity)), alteration]))
  const call = { operation: 'altering quotas', limit }
  await callForEach<true>(cluster, call, [...byName.keys()], async (pending, remaining) => {
    const node = await cluster.controller(remaining)
    const answer = await cluster.request(
      { node, lane: 'main' },
      APIS.AlterClientQuotas,
      () => ({
        entries: pending.map(name => {
          const { entity, quotas } = byName.get(name)!
          const ops = Object.entries(quotas).map(([key, value]) => ({ key, value: value ?? 0, remove: value === null }))
          return { entity: entityRows(entity), ops }
        }),
        validateOnly,
      }),
      remaining,
    )
    const outcomes = new Map<string, true | KafkaError>()
    for (const { entity, errorCode, errorMessage } of answer.entries) {
      const name = nameOf(entity)
      outcomes.set(name, errorCode === ErrorCode.NONE || failureOf(errorCode, name, errorMessage))
    }
    return outcomes
  })
}

interface EntityRow {
  readonly entityType: string
  readonly entityName: string | null
}

function entityRows(entity: ClientQuotaEntity): EntityRow[] {
  return Object.entries(entity).flatMap(([entityType, entityName]) =>
    entityName === undefined ? [] : [{ entityType, entityName }],
  )
}

function nameOf(entity: readonly EntityRow[]): string {
  const parts = entity.map(({ entityType, entityName }) => `${entityType}=${entityName ?? '<default>'}`)
  return parts.sort().join(',')
}
