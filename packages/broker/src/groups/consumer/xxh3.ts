/** XXH3, 64 bits, seed 0, default secret. Source: xxHash 0.8, `doc/xxhash_spec.md`. For data of kilobytes: it counts in bigints. */
const SECRET = Buffer.from(
  'b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221' +
    'b8084674f743248ee03590e6813a264c3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8' +
    'a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364eac5ac8334d3ebc3c581a0fffa1363eb' +
    '170ddd51b7f0da49d316552629d4689e2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e',
  'hex',
)
const PRIME32_1 = 0x9e3779b1n
const PRIME32_2 = 0x85ebca77n
const PRIME32_3 = 0xc2b2ae3dn
const PRIME64_1 = 0x9e3779b185ebca87n
const PRIME64_2 = 0xc2b2ae3d27d4eb4fn
const PRIME64_3 = 0x165667b19e3779f9n
const PRIME64_4 = 0x85ebca77c2b2ae63n
const PRIME64_5 = 0x27d4eb2f165667c5n
const AVALANCHE_FACTOR = 0x165667919e3779f9n
const SHORT_FACTOR = 0x9fb21c651e98df25n

const STRIPE_BYTES = 64
const LANES = 8
const STRIPES_PER_BLOCK = 16
const BLOCK_BYTES = STRIPE_BYTES * STRIPES_PER_BLOCK

/** Unsigned. */
export function xxh3(data: Buffer): bigint {
  if (data.length > 240) return hashLong(data)
  if (data.length > 128) return hash129To240(data)
  if (data.length > 16) return hash17To128(data)
  if (data.length > 8) return hash9To16(data)
  if (data.length > 3) return hash4To8(data)
  if (data.length > 0) return hash1To3(data)
  return avalanche64(secret(56) ^ secret(64))
}

function hash1To3(data: Buffer): bigint {
  const { length } = data
  const combined = (data[0]! << 16) | (data[length >> 1]! << 24) | data[length - 1]! | (length << 8)
  const flip = SECRET.readUInt32LE(0) ^ SECRET.readUInt32LE(4)
  return avalanche64(BigInt.asUintN(32, BigInt(combined ^ flip)))
}

function hash4To8(data: Buffer): bigint {
  const length = BigInt(data.length)
  const joined = BigInt(data.readUInt32LE(data.length - 4)) + (BigInt(data.readUInt32LE(0)) << 32n)
  let hash = joined ^ secret(8) ^ secret(16)
  hash = wrap((hash ^ rotateLeft(hash, 49n) ^ rotateLeft(hash, 24n)) * SHORT_FACTOR)
  hash = wrap((hash ^ wrap((hash >> 35n) + length)) * SHORT_FACTOR)
  return hash ^ (hash >> 28n)
}

function hash9To16(data: Buffer): bigint {
  const low = data.readBigUInt64LE(0) ^ secret(24) ^ secret(32)
  const high = data.readBigUInt64LE(data.length - 8) ^ secret(40) ^ secret(48)
  return avalanche(wrap(BigInt(data.length) + swapBytes(low) + high + foldedProduct(low, high)))
}

function hash17To128(data: Buffer): bigint {
  let sum = BigInt(data.length) * PRIME64_1
  for (let pair = (data.length - 1) >> 5; pair >= 0; pair--) {
    sum += mix16(data, pair * 16, pair * 32)
    sum += mix16(data, data.length - (pair + 1) * 16, pair * 32 + 16)
  }
  return avalanche(wrap(sum))
}

function hash129To240(data: Buffer): bigint {
  const rounds = data.length >> 4
  let sum = BigInt(data.length) * PRIME64_1
  for (let round = 0; round < 8; round++) sum += mix16(data, round * 16, round * 16)
  sum = avalanche(wrap(sum))
  for (let round = 8; round < rounds; round++) sum += mix16(data, round * 16, (round - 8) * 16 + 3)
  return avalanche(wrap(sum + mix16(data, data.length - 16, 136 - 17)))
}

function hashLong(data: Buffer): bigint {
  const lanes = [PRIME32_3, PRIME64_1, PRIME64_2, PRIME64_3, PRIME64_4, PRIME32_2, PRIME64_5, PRIME32_1]
  const stripes = Math.floor((data.length - 1) / STRIPE_BYTES)
  for (let stripe = 0; stripe < stripes; stripe++) {
    const inBlock = stripe % STRIPES_PER_BLOCK
    if (stripe > 0 && inBlock === 0) scramble(lanes)
    accumulate(lanes, data, stripe * STRIPE_BYTES, inBlock * 8)
  }
  if (stripes > 0 && (data.length - 1) % BLOCK_BYTES < STRIPE_BYTES) scramble(lanes)
  accumulate(lanes, data, data.length - STRIPE_BYTES, SECRET.length - STRIPE_BYTES - 7)
  let sum = BigInt(data.length) * PRIME64_1
  for (let pair = 0; pair < LANES / 2; pair++)
    sum += foldedProduct(lanes[2 * pair]! ^ secret(11 + 16 * pair), lanes[2 * pair + 1]! ^ secret(19 + 16 * pair))
  return avalanche(wrap(sum))
}

function accumulate(lanes: bigint[], data: Buffer, at: number, secretAt: number): void {
  for (let lane = 0; lane < LANES; lane++) {
    const value = data.readBigUInt64LE(at + 8 * lane)
    const keyed = value ^ secret(secretAt + 8 * lane)
    lanes[lane ^ 1] = wrap(lanes[lane ^ 1]! + value)
    lanes[lane] = wrap(lanes[lane]! + (keyed & 0xffff_ffffn) * (keyed >> 32n))
  }
}

function scramble(lanes: bigint[]): void {
  for (let lane = 0; lane < LANES; lane++) {
    const value = lanes[lane]!
    const key = secret(SECRET.length - STRIPE_BYTES + 8 * lane)
    lanes[lane] = wrap((value ^ (value >> 47n) ^ key) * PRIME32_1)
  }
}

function mix16(data: Buffer, at: number, secretAt: number): bigint {
  return foldedProduct(data.readBigUInt64LE(at) ^ secret(secretAt), data.readBigUInt64LE(at + 8) ^ secret(secretAt + 8))
}

function secret(at: number): bigint {
  return SECRET.readBigUInt64LE(at)
}

function foldedProduct(a: bigint, b: bigint): bigint {
  const product = a * b
  return wrap(product) ^ (product >> 64n)
}

function avalanche(hash: bigint): bigint {
  const mixed = wrap((hash ^ (hash >> 37n)) * AVALANCHE_FACTOR)
  return mixed ^ (mixed >> 32n)
}

/** The last step of XXH64, which the shortest inputs share. */
function avalanche64(hash: bigint): bigint {
  let mixed = wrap((hash ^ (hash >> 33n)) * PRIME64_2)
  mixed = wrap((mixed ^ (mixed >> 29n)) * PRIME64_3)
  return mixed ^ (mixed >> 32n)
}

function swapBytes(value: bigint): bigint {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(value)
  return bytes.readBigUInt64BE()
}

function rotateLeft(value: bigint, bits: bigint): bigint {
  return wrap(value << bits) | (value >> (64n - bits))
}

function wrap(value: bigint): bigint {
  return BigInt.asUintN(64, value)
}
