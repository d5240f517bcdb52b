import { APIS, ErrorCode, type KafkaError } from '@millrace/protocol'
import type { Cluster } from '../cluster/cluster.ts'
import type { Node } from '../cluster/metadata.ts'
import { nameOfPartition, type TopicPartition, TopicPartitionMap } from '../cluster/topic-partition.ts'
import type { TimeLimit } from '../connection/time-limit.ts'
import { decodeAssignment } from '../consumer/group/classic/consumer-protocol.ts'
import { UnsupportedBrokerError } from '../errors/client-errors.ts'
import { type AclOperation, authorizedOperations } from './acl-operations.ts'
import { FailedResourcesError } from './admin-errors.ts'
import { callBrokers, callCoordinators, failureOf } from './resource-calls.ts'

const CONSUMER_PROTOCOL = 'consumer'

export interface GroupListing {
  readonly groupId: string
  /** `consumer` for consumer groups. */
  readonly protocolType: string
  /** Kafka's name: `Stable`, `Empty`, …; '' from brokers before 2.6. */
  readonly state: string
  /** `classic`, `consumer`, …; '' from brokers before 3.8. */
  readonly type: string
}

export interface GroupFilter {
  readonly states?: readonly string[] | undefined
  readonly types?: readonly string[] | undefined
}

export interface MemberDescription {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly host: string
  readonly assignment: readonly TopicPartition[]
  /** The rest is about members of consumer groups (KIP-848), else null. */
  readonly memberEpoch: number | null
  /** What it will have once all others have given up what they must. */
  readonly targetAssignment: readonly TopicPartition[] | null
  readonly rackId: string | null
}

export interface GroupDescription {
  readonly groupId: string
  /** `consumer` where the broker computes the assignments (KIP-848). */
  readonly type: 'classic' | 'consumer'
  readonly state: string
  readonly protocolType: string
  /** The assignor in use; '' while there is none. */
  readonly assignor: string
  /** Of consumer groups, else null. */
  readonly groupEpoch: number | null
  readonly targetAssignmentEpoch: number | null
  readonly members: readonly MemberDescription[]
  /** The broker that coordinates it. */
  readonly coordinatorId: number
  /** Null unless asked for. */
  readonly authorizedOperations: readonly AclOperation[] | null
}

/** Every broker knows the groups it coordinates. */
export async function listGroups(cluster: Cluster, filter: GroupFilter, limit: TimeLimit): Promise<GroupListing[]> {
  await cluster.retrying('fetching metadata', limit, remaining => cluster.refreshMetadata(remaining))
  const brokerIds = cluster.metadata.nodes.map(({ nodeId }) => nodeId)
  const call = { operation: 'listing groups', limit }
  const listings = await callBrokers<GroupListing[]>(cluster, call, brokerIds, async (node, remaining) => {
    const answer = await cluster.request(
      { node, lane: 'main' },
      APIS.ListGroups,
      () => ({ statesFilter: filter.states ?? [], typesFilter: filter.types ?? [] }),
      remaining,
    )
    if (answer.errorCode !== ErrorCode.NONE) return failureOf(answer.errorCode, `broker ${node.nodeId}`)
    return answer.groups.map(({ groupId, protocolType, groupState, groupType }) => ({
      groupId,
      protocolType,
      state: groupState,
      type: groupType,
    }))
  })
  return [...listings.values()].flat()
}

/** Groups of the classic protocol, also those that are not of consumers. A group that does not exist is `Dead`. */
export function describeClassicGroups(
  cluster: Cluster,
  groupIds: readonly string[],
  includeAuthorizedOperations: boolean,
  limit: TimeLimit,
): Promise<Map<string, GroupDescription>> {
  const call = { operation: 'describing groups', limit, kind: 'group' } as const
  return callCoordinators<GroupDescription>(cluster, call, groupIds, (groupId, node, remaining) =>
    describeClassicGroup(cluster, groupId, includeAuthorizedOperations, node, remaining),
  )
}

/** Groups of consumers, whichever protocol they use. A group that does not exist is `Dead`. */
export function describeConsumerGroups(
  cluster: Cluster,
  groupIds: readonly string[],
  includeAuthorizedOperations: boolean,
  limit: TimeLimit,
): Promise<Map<string, GroupDescription>> {
  const call = { operation: 'describing groups', limit, kind: 'group' } as const
  return callCoordinators<GroupDescription>(cluster, call, groupIds, async (groupId, node, remaining) => {
    const found = await describeConsumerGroup(cluster, groupId, includeAuthorizedOperations, node, remaining)
    return found ?? describeClassicGroup(cluster, groupId, includeAuthorizedOperations, node, remaining)
  })
}

/** Undefined if the group is none of the kind, or the broker does not know the kind. */
async function describeConsumerGroup(
  cluster: Cluster,
  groupId: string,
  includeAuthorizedOperations: boolean,
  node: Node,
  limit: TimeLimit,
): Promise<GroupDescription | KafkaError | undefined> {
  const answer = await cluster
    .request(
      { node, lane: 'main' },
      APIS.ConsumerGroupDescribe,
      () => ({ groupIds: [groupId], includeAuthorizedOperations }),
      limit,
    )
    .catch((error: unknown) => {
      if (error instanceof UnsupportedBrokerError) return undefined
      throw error
    })
  const group = answer?.groups[0]
  if (group === undefined || NO_SUCH_CONSUMER_GROUP.has(group.errorCode)) return undefined
  if (group.errorCode !== ErrorCode.NONE) return failureOf(group.errorCode, `group ${groupId}`, group.errorMessage)
  return {
    groupId,
    type: 'consumer',
    state: group.groupState,
    protocolType: CONSUMER_PROTOCOL,
    assignor: group.assignorName,
    groupEpoch: group.groupEpoch,
    targetAssignmentEpoch: group.assignmentEpoch,
    members: group.members.map(member => ({
      memberId: member.memberId,
      groupInstanceId: member.instanceId,
      clientId: member.clientId,
      host: member.clientHost,
      assignment: partitionsIn(member.assignment),
      memberEpoch: member.memberEpoch,
      targetAssignment: partitionsIn(member.targetAssignment),
      rackId: member.rackId,
    })),
    coordinatorId: node.nodeId,
    authorizedOperations: authorizedOperations(group.authorizedOperations),
  }
}

/** What brokers say of a classic group, of none, and of a protocol that is switched off. */
const NO_SUCH_CONSUMER_GROUP: ReadonlySet<number> = new Set([
  ErrorCode.GROUP_ID_NOT_FOUND,
  ErrorCode.UNSUPPORTED_VERSION,
])

interface Assignment {
  readonly topicPartitions: readonly { readonly topicName: string; readonly partitions: readonly number[] }[]
}
function partitionsIn({ topicPartitions }: Assignment): TopicPartition[] {
  return topicPartitions.flatMap(({ topicName: topic, partitions }) =>
    partitions.map(partition => ({ topic, partition })),
  )
}

async function describeClassicGroup(
  cluster: Cluster,
  groupId: string,
  includeAuthorizedOperations: boolean,
  node: Node,
  limit: TimeLimit,
): Promise<GroupDescription | KafkaError> {
  const answer = await cluster.request(
    { node, lane: 'main' },
    APIS.DescribeGroups,
    () => ({ groups: [groupId], includeAuthorizedOperations }),
    limit,
  )
  const group = answer.groups[0]
  const errorCode = group?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR
  const isGone = errorCode === ErrorCode.GROUP_ID_NOT_FOUND
  if (group === undefined || (errorCode !== ErrorCode.NONE && !isGone))
    return failureOf(errorCode, `group ${groupId}`, group?.errorMessage)
  const { groupState, protocolType, protocolData: assignor, members } = group
  return {
    groupId,
    type: 'classic',
    state: isGone ? 'Dead' : groupState,
    protocolType,
    assignor,
    groupEpoch: null,
    targetAssignmentEpoch: null,
    members: members.map(({ memberId, groupInstanceId, clientId, clientHost, memberAssignment }) => ({
      memberId,
      groupInstanceId,
      clientId,
      host: clientHost,
      assignment: protocolType === CONSUMER_PROTOCOL ? decodeAssignment(memberAssignment) : [],
      memberEpoch: null,
      targetAssignment: null,
      rackId: null,
    })),
    coordinatorId: node.nodeId,
    authorizedOperations: authorizedOperations(group.authorizedOperations),
  }
}

/** Static members by their instance ids, or all there are. Unknown ones are none. Failures are named by the group. */
export async function removeMembers(
  cluster: Cluster,
  groupId: string,
  groupInstanceIds: readonly string[] | 'all',
  limit: TimeLimit,
): Promise<void> {
  const call = { operation: 'removing members', limit, kind: 'group' } as const
  await callCoordinators<true>(cluster, call, [groupId], async (_, node, remaining) => {
    const members = await membersToRemove(cluster, groupId, groupInstanceIds, remaining)
    const answer = await cluster.request(
      { node, lane: 'main' },
      APIS.LeaveGroup,
      () => ({ groupId, members }),
      remaining,
    )
    const codes = [answer.errorCode, ...answer.members.map(({ errorCode }) => errorCode)]
    const failed = codes.find(code => code !== ErrorCode.NONE && code !== ErrorCode.UNKNOWN_MEMBER_ID)
    return failed === undefined || failureOf(failed, `members of group ${groupId}`)
  })
}

/** A static member is named by its instance id alone: its member id changes with each start. */
async function membersToRemove(
  cluster: Cluster,
  groupId: string,
  groupInstanceIds: readonly string[] | 'all',
  limit: TimeLimit,
) {
  const staticMember = (groupInstanceId: string) => ({ memberId: '', groupInstanceId, reason: null })
  if (groupInstanceIds !== 'all') return groupInstanceIds.map(staticMember)
  const described = await describeConsumerGroups(cluster, [groupId], false, limit)
  return described
    .get(groupId)!
    .members.map(({ memberId, groupInstanceId }) =>
      groupInstanceId === null ? { memberId, groupInstanceId, reason: null } : staticMember(groupInstanceId),
    )
}

export async function deleteGroups(cluster: Cluster, groupIds: readonly string[], limit: TimeLimit): Promise<void> {
  const call = { operation: 'deleting groups', limit, kind: 'group' } as const
  await callCoordinators<true>(cluster, call, groupIds, async (groupId, node, remaining) => {
    const answer = await cluster.request(
      { node, lane: 'main' },
      APIS.DeleteGroups,
      () => ({ groupsNames: [groupId] }),
      remaining,
    )
    const errorCode = answer.results[0]?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR
    return errorCode === ErrorCode.NONE || failureOf(errorCode, `group ${groupId}`)
  })
}

/** Not of topics that members subscribe to. Failures are named by the partition, or by the group. */
export async function deleteGroupOffsets(
  cluster: Cluster,
  groupId: string,
  partitions: readonly TopicPartition[],
  limit: TimeLimit,
): Promise<void> {
  const operation = 'deleting committed offsets'
  const byTopic = TopicPartitionMap.from(partitions.map(partition => [partition, true]))
  const call = { operation, limit, kind: 'group' } as const
  const outcomes = await callCoordinators<Map<string, KafkaError>>(cluster, call, [groupId], async (_, node, left) => {
    const answer = await cluster.request(
      { node, lane: 'main' },
      APIS.OffsetDelete,
      () => ({
        groupId,
        topics: [...byTopic.byTopic()].map(([name, ofTopic]) => ({
          name,
          partitions: [...ofTopic.keys()].map(partitionIndex => ({ partitionIndex })),
        })),
      }),
      left,
    )
    if (answer.errorCode !== ErrorCode.NONE) return failureOf(answer.errorCode, `group ${groupId}`)
    const failures = new Map<string, KafkaError>()
    for (const { name: topic, partitions: ofTopic } of answer.topics)
      for (const { partitionIndex: partition, errorCode } of ofTopic) {
        const name = nameOfPartition({ topic, partition })
        if (errorCode !== ErrorCode.NONE) failures.set(name, failureOf(errorCode, name))
      }
    return failures
  })
  const failures = outcomes.get(groupId)!
  if (failures.size > 0) throw new FailedResourcesError(operation, failures)
}
