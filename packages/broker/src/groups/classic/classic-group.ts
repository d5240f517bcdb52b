import type { GroupState } from './group-moves.ts'

/**
 * A classic consumer group. Immutable: a decision carries the next one.
 * What must outlive the broker (generation, leader, members, assignments) is in `__consumer_offsets`; the rest is the
 * course of a rebalance, which members repeat after a restart.
 */
export interface ClassicGroup {
  readonly type: 'classic'
  readonly groupId: string
  readonly state: GroupState
  /** Wall clock of the last move, milliseconds since the epoch. */
  readonly stateSinceMs: number
  /** 0 before the first rebalance has ended. */
  readonly generationId: number
  /** `consumer` for consumers; null for a group that only ever stored offsets. */
  readonly protocolType: string | null
  /** The assignor all members agreed on; null while there is no generation with members. */
  readonly protocolName: string | null
  readonly leaderId: string | null
  /** By member id, in the order of joining. */
  readonly members: ReadonlyMap<string, Member>
  /** Member id by group instance id (KIP-345). */
  readonly staticMembers: ReadonlyMap<string, string>
  /** Member ids that were given out and have not come back yet (KIP-394). */
  readonly pendingMembers: ReadonlySet<string>
  /** Set while the first members of an empty group are waited for (KIP-134): such a wait does not end early. */
  readonly initialDelay: InitialDelay | null
}

export interface InitialDelay {
  /** How much longer the wait may be extended. */
  readonly remainingMs: number
  /** True when a member came since the wait was last extended. */
  readonly memberAdded: boolean
}

export interface Protocol {
  readonly name: string
  /** Opaque to the broker; returned to the leader unchanged. */
  readonly metadata: Buffer
}

export interface Member {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  /** In the member's order of preference; never empty. */
  readonly protocols: readonly Protocol[]
  /** Empty until the leader's first sync. */
  readonly assignment: Buffer
  /** True until the first rebalance with this member has ended: it has no session to keep alive yet. */
  readonly isNew: boolean
  /** A JoinGroup is parked. */
  readonly awaitingJoin: boolean
  /** A SyncGroup is parked. */
  readonly awaitingSync: boolean
  /** Has asked for its assignment in this generation. */
  readonly hasSynced: boolean
}

const NO_BYTES = Buffer.alloc(0)

export function emptyGroup(groupId: string, nowMs: number): ClassicGroup {
  return {
    type: 'classic',
    groupId,
    state: 'Empty',
    stateSinceMs: nowMs,
    generationId: 0,
    protocolType: null,
    protocolName: null,
    leaderId: null,
    members: new Map(),
    staticMembers: new Map(),
    pendingMembers: new Set(),
    initialDelay: null,
  }
}

export type MemberIdentity = Pick<
  Member,
  'memberId' | 'groupInstanceId' | 'clientId' | 'clientHost' | 'sessionTimeoutMs' | 'rebalanceTimeoutMs' | 'protocols'
>

export function newMember(identity: MemberIdentity): Member {
  const { memberId, groupInstanceId, clientId, clientHost, sessionTimeoutMs, rebalanceTimeoutMs, protocols } = identity
  return {
    memberId,
    groupInstanceId,
    clientId,
    clientHost,
    sessionTimeoutMs,
    rebalanceTimeoutMs,
    protocols,
    assignment: NO_BYTES,
    isNew: true,
    awaitingJoin: false,
    awaitingSync: false,
    hasSynced: false,
  }
}

/** What the member said under the protocol; empty when it does not know it. */
export function metadataOf(member: Member, protocolName: string | null): Buffer {
  return member.protocols.find(protocol => protocol.name === protocolName)?.metadata ?? NO_BYTES
}

/** Same protocols, same order, same bytes. */
export function hasSameProtocols(member: Member, protocols: readonly Protocol[]): boolean {
  if (member.protocols.length !== protocols.length) return false
  return member.protocols.every((protocol, index) => {
    const other = protocols[index]!
    return protocol.name === other.name && protocol.metadata.equals(other.metadata)
  })
}

/** The time of the slowest member: how long a rebalance waits. */
export function rebalanceTimeoutMs(group: ClassicGroup): number {
  let longestMs = 0
  for (const member of group.members.values()) longestMs = Math.max(longestMs, member.rebalanceTimeoutMs)
  return longestMs
}

export function countAwaitingJoin(group: ClassicGroup): number {
  let count = 0
  for (const member of group.members.values()) if (member.awaitingJoin) count++
  return count
}
