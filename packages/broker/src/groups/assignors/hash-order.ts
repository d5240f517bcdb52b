/**
 * The order in which `java.util.HashMap` and `HashSet` hand their keys out. Apache Kafka's uniform assignor walks members
 * and topics in it, and gives what does not divide evenly to those who come first; so the same group gets the same
 * assignment here.
 */
import { javaHashCode } from './java-hash-code.ts'

const FIRST_CAPACITY = 16
const LOAD_FACTOR = 0.75

/** Keys that were put one by one: the table has doubled whenever it was three quarters full. */
export function inMapOrder<Key>(keys: Iterable<Key>, hashOf: (key: Key) => number): Key[] {
  const all = [...keys]
  let capacity = FIRST_CAPACITY
  while (all.length > capacity * LOAD_FACTOR) capacity *= 2
  return inBuckets(all, hashOf, capacity)
}

/** Keys that were copied from another collection: the table was made for them. */
export function inCopiedSetOrder<Key>(keys: Iterable<Key>, hashOf: (key: Key) => number): Key[] {
  const all = [...keys]
  const needed = Math.floor(all.length / LOAD_FACTOR) + 1
  let capacity = FIRST_CAPACITY
  while (capacity < needed) capacity *= 2
  return inBuckets(all, hashOf, capacity)
}

/** `Uuid.hashCode` of Kafka, of an id in its text form. */
export function hashOfTopicId(topicId: string): number {
  const bytes = Buffer.from(topicId, 'base64url')
  return bytes.readInt32BE(0) ^ bytes.readInt32BE(4) ^ bytes.readInt32BE(8) ^ bytes.readInt32BE(12)
}

export const hashOfName = javaHashCode

export function hashOfPartition(partition: number): number {
  return partition
}

/** Keys that share a bucket keep their order. */
function inBuckets<Key>(keys: readonly Key[], hashOf: (key: Key) => number, capacity: number): Key[] {
  const rows = keys.map(key => {
    const hash = hashOf(key)
    return { key, bucket: (hash ^ (hash >>> 16)) & (capacity - 1) }
  })
  return rows.sort((a, b) => a.bucket - b.bucket).map(row => row.key)
}
