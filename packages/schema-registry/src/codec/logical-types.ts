/** Logical types between their JavaScript form and the value that is encoded. What Avro does not know is left alone. */

import type { AvroSchema } from '../avro/schema.ts'
import { JsonNumber } from '../json/json-value.ts'
import { AvroDecimal, type AvroDuration, AvroValueError } from './avro-value.ts'

export interface LogicalType {
  /** Throws {@link AvroValueError}. */
  toAvro(value: unknown): unknown
  fromAvro(value: unknown): unknown
  /** Whether a value is meant for this type: chooses branches of unions. */
  accepts(value: unknown): boolean
}

const DAY_MS = 86_400_000

const DATE: LogicalType = {
  accepts: value => value instanceof Date,
  toAvro: value => (value instanceof Date ? Math.floor(timeOf(value) / DAY_MS) : value),
  fromAvro: days => dateOf((days as number) * DAY_MS),
}

const TIMESTAMP_MILLIS: LogicalType = {
  accepts: value => value instanceof Date,
  toAvro: value => (value instanceof Date ? timeOf(value) : value),
  fromAvro: millis => dateOf(Number(millis)),
}

function timeOf(date: Date): number {
  const time = date.getTime()
  if (Number.isNaN(time)) throw new AvroValueError('the date is invalid')
  return time
}

function dateOf(millis: number): Date {
  const date = new Date(millis)
  if (Number.isNaN(date.getTime())) throw new AvroValueError(`${millis} ms are outside of what a Date can hold`)
  return date
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

const UUID_BYTES: LogicalType = {
  accepts: value => typeof value === 'string' && UUID.test(value),
  toAvro(value) {
    if (typeof value !== 'string') return value
    if (!UUID.test(value)) throw new AvroValueError(`${JSON.stringify(value)} is not a UUID`)
    return Buffer.from(value.replaceAll('-', ''), 'hex')
  },
  fromAvro(bytes) {
    const hex = (bytes as Buffer).toString('hex')
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
  },
}

const DURATION: LogicalType = {
  accepts: value => typeof value === 'object' && value !== null && 'milliseconds' in value,
  toAvro(value) {
    if (value instanceof Uint8Array) return value
    const bytes = Buffer.alloc(12)
    for (const [index, part] of (['months', 'days', 'milliseconds'] as const).entries()) {
      const amount = (value as Partial<AvroDuration> | null)?.[part]
      if (typeof amount !== 'number' || !Number.isInteger(amount) || amount < 0 || amount >= 2 ** 32)
        throw new AvroValueError(`the ${part} of a duration are not an integer from 0 to 2^32-1`)
      bytes.writeUInt32LE(amount, index * 4)
    }
    return bytes
  },
  fromAvro(value) {
    const bytes = value as Buffer
    return { months: bytes.readUInt32LE(0), days: bytes.readUInt32LE(4), milliseconds: bytes.readUInt32LE(8) }
  },
}

/** `sizeBytes` null: as many as the value takes. */
function decimal(precision: number, scale: number, sizeBytes: number | null): LogicalType {
  const limit = 10n ** BigInt(precision)
  return {
    accepts: value => value instanceof AvroDecimal,
    toAvro(value) {
      if (!(value instanceof AvroDecimal)) return value
      const unscaled = rescaled(value, scale)
      if (unscaled >= limit || unscaled <= -limit)
        throw new AvroValueError(`${value} has more than ${precision} digits`)
      return twosComplement(unscaled, sizeBytes)
    },
    fromAvro: bytes => new AvroDecimal(bigIntOf(bytes as Buffer), scale),
  }
}

function rescaled({ unscaled, scale: from }: AvroDecimal, scale: number): bigint {
  if (from <= scale) return unscaled * 10n ** BigInt(scale - from)
  const factor = 10n ** BigInt(from - scale)
  if (unscaled % factor !== 0n) throw new AvroValueError(`a decimal of scale ${from} does not fit scale ${scale}`)
  return unscaled / factor
}

/** Big-endian; the shortest form unless a size is given. */
export function twosComplement(value: bigint, sizeBytes: number | null = null): Buffer {
  const magnitude = value < 0n ? -value - 1n : value
  const needed = Math.floor(magnitude.toString(2).length / 8) + 1
  const shortest = magnitude === 0n ? 1 : needed
  const size = sizeBytes ?? shortest
  if (shortest > size) throw new AvroValueError(`a decimal of ${shortest} bytes does not fit ${size}`)
  const hex = BigInt.asUintN(size * 8, value).toString(16)
  return Buffer.from(hex.padStart(size * 2, '0'), 'hex')
}

export function bigIntOf(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${Buffer.from(bytes).toString('hex')}`))
}

/** Undefined without a logical type, or with one that does not belong on this type. */
export function logicalTypeOf(schema: AvroSchema): LogicalType | undefined {
  if (schema.type === 'union') return undefined
  switch (schema.properties.get('logicalType')) {
    case 'decimal':
      return decimalOf(schema)
    case 'date':
      return schema.type === 'int' ? DATE : undefined
    case 'timestamp-millis':
      return schema.type === 'long' ? TIMESTAMP_MILLIS : undefined
    case 'uuid':
      return schema.type === 'fixed' && schema.sizeBytes === 16 ? UUID_BYTES : undefined
    case 'duration':
      return schema.type === 'fixed' && schema.sizeBytes === 12 ? DURATION : undefined
    default:
      return undefined
  }
}

/** More digits than any use has: 10^precision is worked out. */
const MAX_PRECISION = 10_000

function decimalOf(schema: AvroSchema): LogicalType | undefined {
  if (schema.type !== 'bytes' && schema.type !== 'fixed') return undefined
  const precision = schema.properties.get('precision')
  const scale = schema.properties.get('scale') ?? new JsonNumber('0')
  if (!(precision instanceof JsonNumber && scale instanceof JsonNumber)) return undefined
  const digits = precision.toNumber()
  const fraction = scale.toNumber()
  const isValid = Number.isInteger(digits) && Number.isInteger(fraction) && digits > 0 && digits <= MAX_PRECISION
  if (!isValid || fraction < 0 || fraction > digits) return undefined
  return decimal(digits, fraction, schema.type === 'fixed' ? schema.sizeBytes : null)
}
