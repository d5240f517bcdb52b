/**
 * A group of the consumer protocol (KIP-848). The broker assigns: every change of members, subscriptions or topics makes a
 * new group epoch, for which an assignor computes the target assignment; members then move towards it one by one, each
 * with its own epoch, giving up what they lose before others get it.
 *
 * All of it is in `__consumer_offsets`: {@link replayConsumerGroup} alone makes the next value, live and after a restart alike.
 */
import type { Assignment } from '../assignors/assignor.ts'
import type { Protocol } from '../classic/classic-group.ts'
import type { OwnedPartitions } from './owned-partitions.ts'

export interface ConsumerGroup {
  readonly type: 'consumer'
  readonly groupId: string
  /** From {@link FIRST_EPOCH} on. */
  readonly groupEpoch: number
  /** Of the subscribed topics, to notice that they have changed. */
  readonly metadataHash: bigint
  /** The group epoch that `targets` are for. Behind the group epoch while a new target is awaited. */
  readonly targetEpoch: number
  /** When `targets` were computed, milliseconds since the epoch; 0 if never. */
  readonly targetComputedMs: number
  /** By member id, in the order of joining. */
  readonly members: ReadonlyMap<string, ConsumerMember>
  /** What each member shall have, by member id. */
  readonly targets: ReadonlyMap<string, Assignment>
  /** Member id by group instance id (KIP-345). */
  readonly staticMembers: ReadonlyMap<string, string>
  /** The topics that the members' patterns stand for, by pattern. Missing until a pattern has been resolved. */
  readonly patterns: ReadonlyMap<string, ResolvedPattern>
  /** Kafka before 4.1 wrote a record that the metadata hash replaces; it is taken away on occasion. */
  readonly hasPartitionMetadataRecord: boolean
  /** The topics for which `metadataHash` is known to hold, as `TopicCatalogue.topicsVersion`; −1 after a start. In no record. */
  readonly checkedTopicsVersion: number
}

export interface ResolvedPattern {
  readonly topics: ReadonlySet<string>
  /** Of the topics there were: see `TopicCatalogue.version`. */
  readonly catalogueVersion: number
  readonly resolvedMs: number
}

/**
 * `stable`: has what it shall have. `unrevoked`: has to give partitions up, and to say so. `unreleased`: waits for
 * partitions that others have to give up. `unknown`: left behind by a broker that knew more states.
 */
export type MemberState = 'stable' | 'unrevoked' | 'unreleased' | 'unknown'

export interface ConsumerMember {
  readonly memberId: string
  /** The target epoch the member has reached; {@link AWAY} for a static member that left for a while. */
  readonly memberEpoch: number
  /** Still accepted, because the answer that brought `memberEpoch` may have been lost. */
  readonly previousMemberEpoch: number
  readonly state: MemberState
  readonly groupInstanceId: string | null
  readonly rackId: string | null
  readonly clientId: string
  readonly clientHost: string
  /** How long giving partitions up may take; −1 if not known. */
  readonly rebalanceTimeoutMs: number
  readonly topics: ReadonlySet<string>
  /** RE2; empty, or null in records of older brokers, for none. */
  readonly pattern: string | null
  /** Null: whatever the others want. */
  readonly serverAssignor: string | null
  /** What it may read. */
  readonly assigned: OwnedPartitions
  /** What it has been told to give up, and may still read. */
  readonly revoking: OwnedPartitions
  /** Set for a member that speaks the classic protocol: the group is being migrated. */
  readonly classic: ClassicSpeaker | null
}

export interface ClassicSpeaker {
  readonly sessionTimeoutMs: number
  readonly protocols: readonly Protocol[]
}

/** Of a group whose members have not subscribed to anything yet. Nothing is its target. */
export const FIRST_EPOCH = 1

/** Member epochs that mean something else in requests: join, leave, leave for a while. */
export const JOIN = 0
export const LEAVE = -1
export const AWAY = -2

export type ConsumerGroupState = 'Empty' | 'Assigning' | 'Reconciling' | 'Stable' | 'Dead'

export function stateOf(group: ConsumerGroup): ConsumerGroupState {
  if (group.members.size === 0) return 'Empty'
  if (group.groupEpoch > group.targetEpoch) return 'Assigning'
  for (const member of group.members.values()) if (!isReconciled(member, group.targetEpoch)) return 'Reconciling'
  return 'Stable'
}

export function isReconciled(member: ConsumerMember, targetEpoch: number): boolean {
  return member.state === 'stable' && member.memberEpoch === targetEpoch
}

export function newConsumerGroup(groupId: string): ConsumerGroup {
  return {
    type: 'consumer',
    groupId,
    groupEpoch: FIRST_EPOCH,
    metadataHash: 0n,
    targetEpoch: FIRST_EPOCH,
    targetComputedMs: 0,
    members: new Map(),
    targets: new Map(),
    staticMembers: new Map(),
    patterns: new Map(),
    hasPartitionMetadataRecord: false,
    checkedTopicsVersion: -1,
  }
}

export function newConsumerMember(memberId: string): ConsumerMember {
  return {
    memberId,
    memberEpoch: 0,
    previousMemberEpoch: -1,
    state: 'stable',
    groupInstanceId: null,
    rackId: null,
    clientId: '',
    clientHost: '',
    rebalanceTimeoutMs: -1,
    topics: new Set(),
    pattern: '',
    serverAssignor: null,
    assigned: new Map(),
    revoking: new Map(),
    classic: null,
  }
}

export function staticMember(group: ConsumerGroup, groupInstanceId: string | null): ConsumerMember | undefined {
  return groupInstanceId === null ? undefined : group.members.get(group.staticMembers.get(groupInstanceId) ?? '')
}

/** True when some member may read the partition. */
export function isTaken(group: ConsumerGroup, topicId: string, partition: number): boolean {
  for (const { assigned, revoking } of group.members.values())
    if (assigned.get(topicId)?.has(partition) === true || revoking.get(topicId)?.has(partition) === true) return true
  return false
}
