import { javaHashCode } from '../groups/assignors/java-hash-code.ts'

/** The partition of a coordinator's topic that holds a group or a transactional id, as Kafka computes it. */
export function coordinatorPartition(id: string, partitionCount: number): number {
  return (javaHashCode(id) & 0x7fff_ffff) % partitionCount
}
