/** MurmurHash2, 32 bits, little-endian, with Kafka's seed: what every Kafka client places keyed records by. */
const SEED = 0x9747b28c
const M = 0x5bd1e995
const R = 24

/** As a signed 32-bit integer, like Java's `Utils.murmur2`. */
export function murmur2(bytes: Uint8Array): number {
  const length = bytes.length
  let hash = SEED ^ length
  let at = 0
  for (const end = length & ~3; at < end; at += 4) {
    let word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    word = Math.imul(word, M)
    word ^= word >>> R
    hash = Math.imul(hash, M) ^ Math.imul(word, M)
  }
  const tailBytes = length & 3
  if (tailBytes > 0) {
    if (tailBytes === 3) hash ^= bytes[at + 2]! << 16
    if (tailBytes >= 2) hash ^= bytes[at + 1]! << 8
    hash = Math.imul(hash ^ bytes[at]!, M)
  }
  hash = Math.imul(hash ^ (hash >>> 13), M)
  return hash ^ (hash >>> 15)
}

/** The partition, `[0, partitionCount)`, that Kafka's default partitioner gives a record with this key. */
export function partitionForKey(keyBytes: Uint8Array, partitionCount: number): number {
  return (murmur2(keyBytes) & 0x7fff_ffff) % partitionCount
}
