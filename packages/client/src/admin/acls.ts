/** Who may do what (KIP-140, KIP-290). */
import { APIS, ErrorCode, type KafkaError } from '@millrace/protocol'
import type { Cluster } from '../cluster/cluster.ts'
import type { TimeLimit } from '../connection/time-limit.ts'
import { ACL_OPERATIONS, type AclOperation } from './acl-operations.ts'
import { callForEach, callOnce, failureOf } from './resource-calls.ts'

/** Index = code. */
const RESOURCE_TYPES = [
  'UNKNOWN',
  'ANY',
  'TOPIC',
  'GROUP',
  'CLUSTER',
  'TRANSACTIONAL_ID',
  'DELEGATION_TOKEN',
  'USER',
] as const
const PATTERN_TYPES = ['UNKNOWN', 'ANY', 'MATCH', 'LITERAL', 'PREFIXED'] as const
const PERMISSION_TYPES = ['UNKNOWN', 'ANY', 'DENY', 'ALLOW'] as const

export type AclResourceType = (typeof RESOURCE_TYPES)[number]
/** `MATCH` finds literal, prefixed and wildcard patterns that hold for a name. */
export type AclPatternType = (typeof PATTERN_TYPES)[number]
export type AclPermissionType = (typeof PERMISSION_TYPES)[number]

export interface AclBinding {
  readonly resourceType: Exclude<AclResourceType, 'ANY'>
  /** `*` for all; of the cluster `kafka-cluster`. */
  readonly resourceName: string
  readonly patternType: Exclude<AclPatternType, 'ANY' | 'MATCH'>
  /** `User:alice`; `User:*` for everyone. */
  readonly principal: string
  /** `*` for all. */
  readonly host: string
  readonly operation: Exclude<AclOperation, 'ANY'>
  readonly permissionType: Exclude<AclPermissionType, 'ANY'>
}

/** What is left out matches everything. */
export interface AclBindingFilter {
  readonly resourceType?: AclResourceType | undefined
  readonly resourceName?: string | undefined
  readonly patternType?: AclPatternType | undefined
  readonly principal?: string | undefined
  readonly host?: string | undefined
  readonly operation?: AclOperation | undefined
  readonly permissionType?: AclPermissionType | undefined
}

export function describeAcls(cluster: Cluster, filter: AclBindingFilter, limit: TimeLimit): Promise<AclBinding[]> {
  return callOnce(cluster, 'describing ACLs', limit, async (node, remaining) => {
    const answer = await cluster.request({ node, lane: 'main' }, APIS.DescribeAcls, () => filterRow(filter), remaining)
    const { errorCode, errorMessage } = answer
    if (errorCode !== ErrorCode.NONE) return failureOf(errorCode, 'describing ACLs', errorMessage)
    return answer.resources.flatMap(({ acls, ...resource }) => acls.map(acl => bindingOf({ ...resource, ...acl })))
  })
}

/** Failures are named by {@link nameOfAcl}. */
export async function createAcls(cluster: Cluster, bindings: readonly AclBinding[], limit: TimeLimit): Promise<void> {
  const byName = new Map(bindings.map(binding => [nameOfAcl(binding), binding]))
  const call = { operation: 'creating ACLs', limit }
  await callForEach<true>(cluster, call, [...byName.keys()], async (pending, remaining) => {
    const node = await cluster.controller(remaining)
    const answer = await cluster.request(
      { node, lane: 'main' },
      APIS.CreateAcls,
      () => ({ creations: pending.map(name => creationRow(byName.get(name)!)) }),
      remaining,
    )
    return new Map(
      answer.results.map(({ errorCode, errorMessage }, index) => {
        const name = pending[index]!
        return [name, errorCode === ErrorCode.NONE || failureOf(errorCode, name, errorMessage)] as const
      }),
    )
  })
}

/** Resolves to what was deleted, by filter in their order. Failures are named by the position of the filter. */
export async function deleteAcls(
  cluster: Cluster,
  filters: readonly AclBindingFilter[],
  limit: TimeLimit,
): Promise<AclBinding[][]> {
  const names = filters.map((_, index) => String(index))
  const call = { operation: 'deleting ACLs', limit }
  const deleted = await callForEach<AclBinding[]>(cluster, call, names, async (pending, remaining) => {
    const node = await cluster.controller(remaining)
    const answer = await cluster.request(
      { node, lane: 'main' },
      APIS.DeleteAcls,
      () => ({ filters: pending.map(name => filterRow(filters[Number(name)]!)) }),
      remaining,
    )
    const outcomes = new Map<string, AclBinding[] | KafkaError>()
    answer.filterResults.forEach(({ errorCode, errorMessage, matchingAcls }, index) => {
      const name = pending[index]!
      const failed = [{ errorCode, errorMessage }, ...matchingAcls].find(row => row.errorCode !== ErrorCode.NONE)
      outcomes.set(
        name,
        failed === undefined
          ? matchingAcls.map(bindingOf)
          : failureOf(failed.errorCode, `filter ${name}`, failed.errorMessage),
      )
    })
    return outcomes
  })
  return names.map(name => deleted.get(name)!)
}

export function nameOfAcl({ resourceType, resourceName, patternType, ...acl }: AclBinding): string {
  const { principal, host, operation, permissionType } = acl
  return `${permissionType} ${principal} from ${host} ${operation} on ${patternType} ${resourceType} ${resourceName}`
}

function filterRow(filter: AclBindingFilter) {
  return {
    ...resourceFilterRow(filter),
    principalFilter: filter.principal ?? null,
    hostFilter: filter.host ?? null,
    operation: ACL_OPERATIONS.indexOf(filter.operation ?? 'ANY'),
    permissionType: PERMISSION_TYPES.indexOf(filter.permissionType ?? 'ANY'),
  }
}
function resourceFilterRow({ resourceType = 'ANY', resourceName, patternType = 'ANY' }: AclBindingFilter) {
  return {
    resourceTypeFilter: RESOURCE_TYPES.indexOf(resourceType),
    resourceNameFilter: resourceName ?? null,
    patternTypeFilter: PATTERN_TYPES.indexOf(patternType),
  }
}

function creationRow({ resourceType, resourceName, patternType, principal, host, ...acl }: AclBinding) {
  return {
    resourceType: RESOURCE_TYPES.indexOf(resourceType),
    resourceName,
    resourcePatternType: PATTERN_TYPES.indexOf(patternType),
    principal,
    host,
    operation: ACL_OPERATIONS.indexOf(acl.operation),
    permissionType: PERMISSION_TYPES.indexOf(acl.permissionType),
  }
}

interface BindingRow {
  readonly resourceType: number
  readonly resourceName: string
  readonly patternType: number
  readonly principal: string
  readonly host: string
  readonly operation: number
  readonly permissionType: number
}
/** Brokers keep no bindings with `ANY` or `MATCH` in them. */
function bindingOf(row: BindingRow): AclBinding {
  const { resourceName, principal, host } = row
  return {
    resourceType: (RESOURCE_TYPES[row.resourceType] ?? 'UNKNOWN') as AclBinding['resourceType'],
    resourceName,
    patternType: (PATTERN_TYPES[row.patternType] ?? 'UNKNOWN') as AclBinding['patternType'],
    principal,
    host,
    operation: (ACL_OPERATIONS[row.operation] ?? 'UNKNOWN') as AclBinding['operation'],
    permissionType: (PERMISSION_TYPES[row.permissionType] ?? 'UNKNOWN') as AclBinding['permissionType'],
  }
}
