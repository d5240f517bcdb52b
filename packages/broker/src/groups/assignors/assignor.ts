/**
 * An assignor of KIP-848: the broker, not a member, decides who reads what. Pure and deterministic; the answers are those
 * of Apache Kafka's assignors for the same question.
 */

/** Partitions by topic id. A topic without partitions is not in it. */
export type Assignment = ReadonlyMap<string, ReadonlySet<number>>

export interface MemberToAssign {
  readonly groupInstanceId: string | null
  /** Ids of the topics it is subscribed to and that exist. */
  readonly topicIds: ReadonlySet<string>
  /** What it had in the last target assignment. */
  readonly assigned: Assignment
}

export interface GroupToAssign {
  /** In the order of joining. */
  readonly members: ReadonlyMap<string, MemberToAssign>
  /** All members are subscribed to the same topics. */
  readonly isHomogeneous: boolean
  /** Of a topic that some member is subscribed to. */
  partitionCountOf(topicId: string): number
}

/** By member id. Members that get nothing may be missing. */
export type GroupAssignment = ReadonlyMap<string, Assignment>

export type Assignor = (group: GroupToAssign) => GroupAssignment

export const NO_PARTITIONS: Assignment = new Map()
