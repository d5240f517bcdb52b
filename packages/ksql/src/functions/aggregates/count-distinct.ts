/**
 * COUNT_DISTINCT estimates with HyperLogLog: 2^14 registers, standard error below 1 %, exact for small numbers in
 * practice. The registers are packed six to an INTEGER, which is what changelogs of ksqlDB hold
 * (com.clearspring.analytics.stream.cardinality), and values are hashed as there, so a state can be taken over.
 */
import { Decimal } from '../../types/decimal.ts'
import { javaText } from '../../types/java-text.ts'
import { arrayOf, BIGINT, INTEGER, type SqlType } from '../../types/sql-type.ts'
import type { SqlValue } from '../../types/sql-value.ts'
import { type AggregateFunction, aggregateOverload } from '../aggregate-function.ts'

const INDEX_BITS = 14
const REGISTERS = 1 << INDEX_BITS
const REGISTER_BITS = 5
const REGISTERS_PER_WORD = 6
const WORDS = Math.floor(REGISTERS / REGISTERS_PER_WORD) + 1
const REGISTER_MASK = (1 << REGISTER_BITS) - 1
const ALPHA = 0.7213 / (1 + 1.079 / REGISTERS)
/** Up to this estimate counting empty registers is more precise. */
const LINEAR_COUNTING_UP_TO = 2.5 * REGISTERS

type Words = readonly number[]

export const countDistinct: AggregateFunction = {
  name: 'COUNT_DISTINCT',
  description: 'Estimates how many different values that are not NULL the column has.',
  overloads: [
    aggregateOverload('T val', ([type]) => ({
      intermediate: arrayOf(INTEGER),
      result: BIGINT,
      initial: () => new Array<number>(WORDS).fill(0),
      add: (words, [value]) =>
        value === null ? words : withHash(words as Words, hashOf(value as SqlValue, type as SqlType)),
      merge: (left, right) => merged(left as Words, right as Words),
      finish: words => estimate(words as Words),
    })),
  ],
}

function withHash(words: Words, hash: number): Words {
  const register = hash >>> (32 - INDEX_BITS)
  const rank = Math.clz32((hash << INDEX_BITS) | (1 << (INDEX_BITS - 1))) + 1
  const word = Math.floor(register / REGISTERS_PER_WORD)
  const shift = REGISTER_BITS * (register % REGISTERS_PER_WORD)
  if (((words[word]! >>> shift) & REGISTER_MASK) >= rank) return words
  const next = words.slice()
  next[word] = (words[word]! & ~(REGISTER_MASK << shift)) | (rank << shift)
  return next
}

function merged(left: Words, right: Words): Words {
  return left.map((word, index) => {
    let result = 0
    for (let at = 0; at < REGISTERS_PER_WORD; at++)
      result |= Math.max(rankAt(word, at), rankAt(right[index] ?? 0, at)) << (REGISTER_BITS * at)
    return result
  })
}
function rankAt(word: number, at: number): number {
  return (word >>> (REGISTER_BITS * at)) & REGISTER_MASK
}

function estimate(words: Words): number {
  let sum = 0
  let empty = 0
  for (let register = 0; register < REGISTERS; register++) {
    const rank = rankAt(words[Math.floor(register / REGISTERS_PER_WORD)]!, register % REGISTERS_PER_WORD)
    sum += 1 / (1 << rank)
    if (rank === 0) empty++
  }
  const raw = (ALPHA * REGISTERS * REGISTERS) / sum
  return Math.round(raw <= LINEAR_COUNTING_UP_TO ? REGISTERS * Math.log(REGISTERS / empty) : raw)
}

function hashOf(value: SqlValue, type: SqlType): number {
  switch (type.kind) {
    case 'INTEGER':
    case 'BIGINT':
      return hash64(BigInt(value as number | bigint))
    case 'DOUBLE': {
      const bits = Buffer.alloc(8)
      bits.writeDoubleBE(value as number)
      return hash64(bits.readBigInt64BE())
    }
    case 'BYTES':
      return hashBytes(value as Buffer)
    default:
      return hashBytes(Buffer.from(value instanceof Decimal ? value.toString() : javaText(value, type)))
  }
}

const MULTIPLIER = 0x5bd1e995
const ROTATION = 24
const SEED = -1

/** MurmurHash 2 of the bytes, 32 bits. */
function hashBytes(bytes: Buffer): number {
  let hash = SEED ^ bytes.length
  const words = bytes.length >>> 2
  for (let word = 0; word < words; word++) {
    let part = Math.imul(bytes.readInt32LE(word * 4), MULTIPLIER)
    part ^= part >>> ROTATION
    hash = Math.imul(hash, MULTIPLIER) ^ Math.imul(part, MULTIPLIER)
  }
  const rest = bytes.length & 3
  if (rest > 0) {
    // Trailing bytes are signed, as in the original.
    for (let index = rest - 1; index >= 0; index--) hash ^= bytes.readInt8(words * 4 + index) << (8 * index)
    hash = Math.imul(hash, MULTIPLIER)
  }
  return finished(hash)
}
function hash64(value: bigint): number {
  let low = Math.imul(Number(BigInt.asIntN(32, value)), MULTIPLIER)
  low ^= low >>> ROTATION
  let hash = Math.imul(low, MULTIPLIER)
  let high = Math.imul(Number(BigInt.asIntN(32, value >> 32n)), MULTIPLIER)
  high ^= high >>> ROTATION
  hash = Math.imul(hash, MULTIPLIER) ^ Math.imul(high, MULTIPLIER)
  return finished(hash)
}
function finished(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 13), MULTIPLIER)
  return mixed ^ (mixed >>> 15)
}
