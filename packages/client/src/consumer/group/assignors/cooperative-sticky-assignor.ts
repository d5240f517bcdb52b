/**
 * Kafka's `cooperative-sticky` (KIP-429): as balanced as the subscriptions allow, with as few partitions as possible
 * moving; what has to move is left out until its owner has given it up.
 */
import { nameOfPartition } from '../../../cluster/topic-partition.ts'
import type { Assignor } from './assignor.ts'
import { ownersOf, stickyAssignment } from './sticky-assignment.ts'

const GENERATION_BYTES = 4

export const cooperativeStickyAssignor: Assignor = {
  name: 'cooperative-sticky',
  protocol: 'cooperative',
  assign(partitionCounts, members) {
    const claims = members.map(member => ({ ...member, generationId: claimedGeneration(member) }))
    const owners = ownersOf(partitionCounts, claims)
    const target = stickyAssignment(partitionCounts, claims, owners)
    return new Map(
      [...target].map(([memberId, partitions]) => [
        memberId,
        partitions.filter(at => (owners.get(nameOfPartition(at)) ?? memberId) === memberId),
      ]),
    )
  },
  /** For leaders that read no generation in the subscription: Java's before 3.5. */
  userData(_topics, generationId) {
    const bytes = Buffer.alloc(GENERATION_BYTES)
    bytes.writeInt32BE(generationId)
    return bytes
  },
}

function claimedGeneration({ generationId, userData }: { generationId: number; userData: Buffer | null }): number {
  if (generationId >= 0 || userData === null || userData.length < GENERATION_BYTES) return generationId
  return userData.readInt32BE(0)
}
