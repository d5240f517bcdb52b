/** How the leader of a classic group divides partitions among the members. */
import { nameOfPartition, type TopicPartition } from '../../../cluster/topic-partition.ts'

export interface GroupMember {
  readonly memberId: string
  /** Null for a dynamic member. */
  readonly groupInstanceId: string | null
  readonly topics: readonly string[]
  /** What the member holds from the generation before; empty from members that do not say. */
  readonly ownedPartitions: readonly TopicPartition[]
  /** The generation of `ownedPartitions`, −1 if unknown. */
  readonly generationId: number
  readonly rackId: string | null
  /** Bytes that the member's assignor sent along. */
  readonly userData: Buffer | null
}

/**
 * How members change hands. Eager: all give up everything, then get their shares. Cooperative (KIP-429): they keep what
 * stays theirs and read on; a partition that moves is given up first and assigned in a rebalance that follows at once.
 */
export type RebalanceProtocol = 'eager' | 'cooperative'

export interface Assignor {
  /** Under which the members of a group agree on it: Kafka's name where it is Kafka's assignor. */
  readonly name: string
  /** Eager if absent. A cooperative assignor leaves out partitions that another member still owns. */
  readonly protocol?: RebalanceProtocol
  /**
   * Every partition of every subscribed topic to exactly one of the members subscribed to it. Deterministic: members
   * come in no particular order. `partitionCounts` lacks topics that do not exist.
   */
  assign(
    partitionCounts: ReadonlyMap<string, number>,
    members: readonly GroupMember[],
  ): ReadonlyMap<string, readonly TopicPartition[]>
  /** Bytes to send with the subscription. `generationId` is that of the assignment the member holds, −1 for none. */
  userData?(topics: readonly string[], generationId: number): Uint8Array | null
}

/** Members move as the most demanding of their assignors wants: cooperatively only if all of them can. */
export function protocolOf(assignors: readonly Assignor[]): RebalanceProtocol {
  return assignors.length > 0 && assignors.every(({ protocol }) => protocol === 'cooperative') ? 'cooperative' : 'eager'
}

/** Kafka's order of members: static ones first, by instance id, then the others by member id. */
export function compareMembers(a: GroupMember, b: GroupMember): number {
  if (a.groupInstanceId !== null && b.groupInstanceId !== null) return compare(a.groupInstanceId, b.groupInstanceId)
  if (a.groupInstanceId !== null) return -1
  if (b.groupInstanceId !== null) return 1
  return compare(a.memberId, b.memberId)
}

/** By UTF-16 code unit, as Java compares strings. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** An assignment that gives a partition to two members, or an eager one to nobody, is a bug of the assignor. */
export function checkAssignment(
  assignor: Assignor,
  partitionCounts: ReadonlyMap<string, number>,
  members: readonly GroupMember[],
  assignment: ReadonlyMap<string, readonly TopicPartition[]>,
): void {
  const given = new Set<string>()
  for (const partitions of assignment.values()) {
    for (const at of partitions) {
      const name = nameOfPartition(at)
      if (given.has(name)) throw new TypeError(`assignor ${assignor.name} gave ${name} to two members`)
      given.add(name)
    }
  }
  // What moves is given to nobody until its owner has let go.
  if (assignor.protocol === 'cooperative') return
  const subscribed = new Set(members.flatMap(({ topics }) => topics))
  for (const topic of subscribed)
    for (let partition = 0; partition < (partitionCounts.get(topic) ?? 0); partition++)
      if (!given.has(nameOfPartition({ topic, partition })))
        throw new TypeError(`assignor ${assignor.name} gave ${topic}-${partition} to nobody`)
}
