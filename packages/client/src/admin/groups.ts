import { APIS, ErrorCode, KafkaError } from '@millrace/protocol'
import type { Cluster } from '../cluster/cluster.ts'
import type { TopicPartition } from '../cluster/topic-partition.ts'
import type { TimeLimit } from '../connection/time-limit.ts'
import { decodeAssignment } from '../consumer/group/classic/consumer-protocol.ts'
import { callForEach, failureOf } from './resource-calls.ts'

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
}

export interface GroupDescription {
  readonly groupId: string
  readonly state: string
  readonly protocolType: string
  /** The assignor in use; '' while there is none. */
  readonly assignor: string
  readonly members: readonly MemberDescription[]
}

/** Every broker knows the groups it coordinates. */
export async function listGroups(cluster: Cluster, filter: GroupFilter, limit: TimeLimit): Promise<GroupListing[]> {
  await cluster.retrying('fetching metadata', limit, remaining => cluster.refreshMetadata(remaining))
  const listings = await Promise.all(
    cluster.metadata.nodes.map(node =>
      cluster.retrying('listing groups', limit, async remaining => {
        const answer = await cluster.request(
          { node, lane: 'main' },
          APIS.ListGroups,
          () => ({ statesFilter: filter.states ?? [], typesFilter: filter.types ?? [] }),
          remaining,
        )
        if (answer.errorCode !== ErrorCode.NONE) throw new KafkaError(answer.errorCode, 'listing groups')
        return answer.groups
      }),
    ),
  )
  return listings.flat().map(({ groupId, protocolType, groupState, groupType }) => ({
    groupId,
    protocolType,
    state: groupState,
    type: groupType,
  }))
}

/** One request per group: each may have another coordinator. A group that does not exist is `Dead`. */
export async function describeGroups(
  cluster: Cluster,
  groupIds: readonly string[],
  limit: TimeLimit,
): Promise<Map<string, GroupDescription>> {
  const descriptions = await Promise.all(groupIds.map(groupId => describeGroup(cluster, groupId, limit)))
  return new Map(descriptions.map(description => [description.groupId, description]))
}

async function describeGroup(cluster: Cluster, groupId: string, limit: TimeLimit): Promise<GroupDescription> {
  const call = { operation: 'describing groups', limit, coordinatorOf: { kind: 'group', key: groupId } } as const
  const found = await callForEach(cluster, call, [groupId], async (_pending, remaining) => {
    const node = await cluster.coordinator('group', groupId, remaining)
    const answer = await cluster.request(
      { node, lane: 'main' },
      APIS.DescribeGroups,
      () => ({ groups: [groupId] }),
      remaining,
    )
    const outcomes = new Map<string, GroupDescription | KafkaError>()
    for (const { errorCode, errorMessage, groupState, protocolType, protocolData, members } of answer.groups) {
      if (errorCode !== ErrorCode.NONE && errorCode !== ErrorCode.GROUP_ID_NOT_FOUND) {
        outcomes.set(groupId, failureOf(errorCode, `group ${groupId}`, errorMessage))
        continue
      }
      outcomes.set(groupId, {
        groupId,
        state: errorCode === ErrorCode.GROUP_ID_NOT_FOUND ? 'Dead' : groupState,
        protocolType,
        assignor: protocolData,
        members: members.map(({ memberId, groupInstanceId, clientId, clientHost, memberAssignment }) => ({
          memberId,
          groupInstanceId,
          clientId,
          host: clientHost,
          assignment: protocolType === CONSUMER_PROTOCOL ? decodeAssignment(memberAssignment) : [],
        })),
      })
    }
    return outcomes
  })
  return found.get(groupId)!
}

/** Static members stay in their group until their session ends, unless somebody removes them. Unknown ones are none. */
export async function removeStaticMembers(
  cluster: Cluster,
  groupId: string,
  groupInstanceIds: readonly string[],
  limit: TimeLimit,
): Promise<void> {
  const call = { operation: 'removing members', limit, coordinatorOf: { kind: 'group', key: groupId } } as const
  await callForEach(cluster, call, [groupId], async (_pending, remaining) => {
    const node = await cluster.coordinator('group', groupId, remaining)
    const members = groupInstanceIds.map(groupInstanceId => ({ memberId: '', groupInstanceId, reason: null }))
    const answer = await cluster.request(
      { node, lane: 'main' },
      APIS.LeaveGroup,
      () => ({ groupId, members }),
      remaining,
    )
    const codes = [answer.errorCode, ...answer.members.map(({ errorCode }) => errorCode)]
    const failed = codes.find(code => code !== ErrorCode.NONE && code !== ErrorCode.UNKNOWN_MEMBER_ID)
    return new Map<string, true | KafkaError>([
      [groupId, failed === undefined || failureOf(failed, `members of group ${groupId}`)],
    ])
  })
}

export async function deleteGroups(cluster: Cluster, groupIds: readonly string[], limit: TimeLimit): Promise<void> {
  await Promise.all(groupIds.map(groupId => deleteGroup(cluster, groupId, limit)))
}

async function deleteGroup(cluster: Cluster, groupId: string, limit: TimeLimit): Promise<void> {
  const call = { operation: 'deleting groups', limit, coordinatorOf: { kind: 'group', key: groupId } } as const
  await callForEach(cluster, call, [groupId], async (_pending, remaining) => {
    const node = await cluster.coordinator('group', groupId, remaining)
    const answer = await cluster.request(
      { node, lane: 'main' },
      APIS.DeleteGroups,
      () => ({ groupsNames: [groupId] }),
      remaining,
    )
    const outcomes = new Map<string, true | KafkaError>()
    for (const { errorCode } of answer.results)
      outcomes.set(groupId, errorCode === ErrorCode.NONE || failureOf(errorCode, `group ${groupId}`))
    return outcomes
  })
}
