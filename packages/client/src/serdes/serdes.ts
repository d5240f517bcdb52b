/**
 * The serdes of Kafka's own clients, byte for byte, and JSON. Numbers are big-endian and of fixed size.
 * Source: apache/kafka `clients/…/common/serialization`.
 */
import { type Serde, SerializationError } from './serde.ts'
import { checkOf, type StandardSchema } from './standard-schema.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

interface FixedSizeCodec<T> {
  readonly name: string
  readonly sizeBytes: number
  accepts(value: T): boolean
  write(target: Buffer, value: T): void
  read(source: Buffer): T
}

function fixedSize<T>({ name, sizeBytes, accepts, write, read }: FixedSizeCodec<T>): Serde<T> {
  return {
    isPortable: true,
    serialize(topic, value) {
      if (!accepts(value)) throw new SerializationError(topic, `${print(value)} is not ${name}`)
      const bytes = Buffer.allocUnsafe(sizeBytes)
      write(bytes, value)
      return bytes
    },
    deserialize(topic, bytes) {
      if (bytes.length !== sizeBytes)
        throw new SerializationError(topic, `${name} takes ${sizeBytes} bytes, ${bytes.length} are there`)
      return read(bytes)
    },
  }
}

function integer(name: string, bits: 16 | 32): FixedSizeCodec<number> {
  const limit = 2 ** (bits - 1)
  return {
    name,
    sizeBytes: bits / 8,
    accepts: value => Number.isInteger(value) && value >= -limit && value < limit,
    write: (target, value) => (bits === 16 ? target.writeInt16BE(value) : target.writeInt32BE(value)),
    read: source => (bits === 16 ? source.readInt16BE() : source.readInt32BE()),
  }
}

const STRING: Serde<string> = {
  isPortable: true,
  isLazy: true,
  serialize(topic, value) {
    if (typeof value !== 'string') throw new SerializationError(topic, `${print(value)} is not a string`)
    return Buffer.from(value)
  },
  deserialize: (_topic, bytes) => bytes.toString('utf8'),
}

const BYTES: Serde<Uint8Array> = {
  isPortable: true,
  isLazy: true,
  serialize(topic, value) {
    if (!(value instanceof Uint8Array)) throw new SerializationError(topic, `${print(value)} is not a Uint8Array`)
    return value
  },
  deserialize: (_topic, bytes) => bytes,
}

const UUID_TEXT: Serde<string> = {
  isPortable: true,
  serialize(topic, value) {
    if (typeof value !== 'string' || !UUID.test(value))
      throw new SerializationError(topic, `${print(value)} is not a uuid`)
    return Buffer.from(value.toLowerCase())
  },
  deserialize(topic, bytes) {
    const text = bytes.toString('latin1')
    if (!UUID.test(text)) throw new SerializationError(topic, `${print(text)} is not a uuid`)
    return text
  },
}

const INT16 = fixedSize(integer('a 16-bit integer', 16))
const INT32 = fixedSize(integer('a 32-bit integer', 32))
const BIGINT64 = fixedSize<bigint>({
  name: 'a 64-bit integer (bigint)',
  sizeBytes: 8,
  accepts: value => typeof value === 'bigint' && BigInt.asIntN(64, value) === value,
  write: (target, value) => target.writeBigInt64BE(value),
  read: source => source.readBigInt64BE(),
})
const FLOAT32 = fixedSize<number>({
  name: 'a number',
  sizeBytes: 4,
  accepts: value => typeof value === 'number',
  write: (target, value) => target.writeFloatBE(value),
  read: source => source.readFloatBE(),
})
const FLOAT64 = fixedSize<number>({
  name: 'a number',
  sizeBytes: 8,
  accepts: value => typeof value === 'number',
  write: (target, value) => target.writeDoubleBE(value),
  read: source => source.readDoubleBE(),
})
const BOOLEAN = fixedSize<boolean>({
  name: 'a boolean',
  sizeBytes: 1,
  accepts: value => typeof value === 'boolean',
  write: (target, value) => target.writeUInt8(value ? 1 : 0),
  read: source => source[0] !== 0,
})

const TWO_32 = 2 ** 32
const INT64: Serde<number> = {
  isPortable: true,
  serialize(topic, value) {
    if (!Number.isSafeInteger(value)) throw new SerializationError(topic, `${print(value)} is not a safe integer`)
    const bytes = Buffer.allocUnsafe(8)
    const high = Math.floor(value / TWO_32)
    bytes.writeInt32BE(high)
    bytes.writeUInt32BE(value - high * TWO_32, 4)
    return bytes
  },
  deserialize(topic, bytes) {
    if (bytes.length !== 8)
      throw new SerializationError(topic, `a 64-bit integer takes 8 bytes, ${bytes.length} are there`)
    const value = bytes.readInt32BE() * TWO_32 + bytes.readUInt32BE(4)
    if (!Number.isSafeInteger(value))
      throw new SerializationError(topic, `${bytes.readBigInt64BE()} is no safe integer: use Serdes.bigint64()`)
    return value
  },
}

/** `checksWrites`: what `check` would refuse to read is not written either. */
function json<T>(check: ((parsed: unknown) => T) | undefined, checksWrites = false): Serde<T> {
  function read(topic: string, text: string): T {
    try {
      const parsed: unknown = JSON.parse(text)
      return check === undefined ? (parsed as T) : check(parsed)
    } catch (cause) {
      throw new SerializationError(topic, `not the expected JSON: ${(cause as Error).message}`, { cause })
    }
  }
  return {
    isPortable: true,
    isLazy: check === undefined,
    serialize(topic, value) {
      const text = JSON.stringify(value)
      if (text === undefined) throw new SerializationError(topic, `${print(value)} has no JSON form`)
      if (checksWrites) read(topic, text)
      return Buffer.from(text)
    },
    deserialize: (topic, bytes) => read(topic, bytes.toString('utf8')),
  }
}

const ANY_JSON = json<unknown>(undefined)

/** Kafka's names for its serdes are in the comments. They hold no state: each call gives the same object (but for `json` with a check). */
export const Serdes = {
  /** UTF-8 (`String`). */
  string: (): Serde<string> => STRING,
  /** Bytes as they are, not copied (`ByteArray`). */
  bytes: (): Serde<Uint8Array> => BYTES,
  /** `Short`. */
  int16: (): Serde<number> => INT16,
  /** `Integer`. */
  int32: (): Serde<number> => INT32,
  /** `Long` as a number: refuses what is beyond ±(2^53−1) in both directions. */
  int64: (): Serde<number> => INT64,
  /** `Long` without loss. */
  bigint64: (): Serde<bigint> => BIGINT64,
  /** `Float`. */
  float32: (): Serde<number> => FLOAT32,
  /** `Double`. */
  float64: (): Serde<number> => FLOAT64,
  /** One byte, 0 or 1 (`Boolean`). */
  boolean: (): Serde<boolean> => BOOLEAN,
  /** 36 characters (`UUID`). */
  uuid: (): Serde<string> => UUID_TEXT,
  /**
   * UTF-8 JSON. A function may narrow or refuse what was parsed by throwing. A Standard Schema (zod, valibot, arktype, …)
   * says what is read, and what it would not read is not written; it must validate synchronously. Without either the type
   * is the caller's word.
   */
  json<T>(check?: ((parsed: unknown) => T) | StandardSchema<T>): Serde<T> {
    if (check === undefined) return ANY_JSON as Serde<T>
    // Some schemas are functions themselves.
    return '~standard' in check ? json(checkOf(check), true) : json(check)
  },
}

function print(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}
