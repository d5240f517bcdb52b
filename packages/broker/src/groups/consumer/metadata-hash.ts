/**
 * A number that changes when a subscribed topic is created, deleted, created anew or grows. Apache Kafka 4.1 and later
 * compute the same one, so a group does not rebalance when its log moves from one to the other.
 * Source: `Utils.computeTopicHash` and `computeGroupHash`. Racks are not part of it: this broker has one replica.
 */
import type { TopicCatalogue, TopicFacts } from './topic-catalogue.ts'
import { xxh3 } from './xxh3.ts'

const FORMAT = 0
const hashes = new WeakMap<TopicFacts, bigint>()

/** Of those of the named topics that exist. Signed, as the record has it; 0 for none. */
export function metadataHash(names: Iterable<string>, catalogue: TopicCatalogue): bigint {
  const known = [...names].sort().flatMap(name => catalogue.topics.get(name) ?? [])
  if (known.length === 0) return 0n
  const joined = Buffer.alloc(known.length * 8)
  known.forEach((topic, index) => {
    joined.writeBigUInt64LE(topicHash(topic), index * 8)
  })
  return BigInt.asIntN(64, xxh3(joined))
}

/** A topic that changes is another object. */
function topicHash(topic: TopicFacts): bigint {
  const known = hashes.get(topic)
  if (known !== undefined) return known
  const hash = xxh3(topicBytes(topic))
  hashes.set(topic, hash)
  return hash
}

function topicBytes({ id, name, partitionCount }: TopicFacts): Buffer {
  const head = Buffer.alloc(1, FORMAT)
  const text = Buffer.from(name, 'utf16le')
  const numbers = Buffer.alloc(4 * (2 + partitionCount))
  numbers.writeInt32LE(name.length, 0)
  numbers.writeInt32LE(partitionCount, 4)
  for (let partition = 0; partition < partitionCount; partition++) numbers.writeInt32LE(partition, 8 + 4 * partition)
  // Each half of the id is a long, written with its lowest byte first.
  const halves = Buffer.from(id, 'base64url').swap64()
  return Buffer.concat([head, halves, text, numbers])
}
