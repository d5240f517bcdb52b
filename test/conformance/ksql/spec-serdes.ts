/** Bytes from the corpus' spec form and back, written apart from the engine's own formats so that these are tested too. */
import { type Column, Decimal, type FormatInfo, javaDoubleText } from '@millrace/ksql'
import { LosslessNumber, parse } from 'lossless-json'
import type { Spec } from './corpus.ts'
import type { Actual } from './match.ts'

export interface SpecSerde {
  encode(spec: Spec | undefined): Buffer | null
  decode(bytes: Buffer | null): Actual
}

/** Throws for a format that is not spoken here. */
export function specSerde(format: FormatInfo, columns: readonly Column[], exactNumbers: boolean): SpecSerde {
  switch (format.name) {
    case 'NONE':
      return { encode: () => null, decode: () => null }
    case 'JSON':
      return {
        encode: spec => (spec === undefined || spec === null ? null : Buffer.from(jsonOf(spec))),
        decode: bytes => (bytes === null ? null : actualOfJson(parse(bytes.toString()) as Spec, exactNumbers)),
      }
    case 'DELIMITED':
      return {
        encode: spec => (spec === undefined || spec === null ? null : Buffer.from(textOf(spec))),
        decode: bytes => bytes?.toString() ?? null,
      }
    case 'KAFKA':
      return kafka(columns)
    default:
      throw new Error(`format ${format.name} is not supported yet`)
  }
}

function textOf(spec: Spec): string {
  return typeof spec === 'string' ? spec : spec instanceof LosslessNumber ? spec.value : jsonOf(spec)
}

/** Compact, numbers in plain notation with their digits and scale. */
function jsonOf(spec: Spec): string {
  if (spec instanceof LosslessNumber)
    return /[eE]/.test(spec.value) ? Decimal.parse(spec.value).toPlainString() : spec.value
  if (Array.isArray(spec)) return `[${spec.map(jsonOf).join(',')}]`
  if (typeof spec === 'object' && spec !== null)
    return `{${Object.entries(spec)
      .map(([name, value]) => `${JSON.stringify(name)}:${jsonOf(value)}`)
      .join(',')}}`
  return JSON.stringify(spec)
}

function actualOfJson(json: Spec, exactNumbers: boolean): Actual {
  if (json instanceof LosslessNumber) {
    if (!/[.eE]/.test(json.value)) return { integer: BigInt(json.value), bits: 64 }
    return exactNumbers ? Decimal.parse(json.value) : { double: Number(json.value) }
  }
  if (Array.isArray(json)) return json.map(element => actualOfJson(element, exactNumbers))
  if (typeof json === 'object' && json !== null)
    return new Map(Object.entries(json).map(([name, value]) => [name, actualOfJson(value, exactNumbers)]))
  return json
}

function kafka(columns: readonly Column[]): SpecSerde {
  const kind = columns[0]?.type.kind ?? 'STRING'
  return {
    encode: spec => (spec === undefined || spec === null ? null : encodeKafka(kind, spec)),
    decode: bytes => (bytes === null ? null : decodeKafka(kind, bytes)),
  }
}

function encodeKafka(kind: string, spec: Spec): Buffer {
  const text = textOf(spec)
  switch (kind) {
    case 'INTEGER': {
      const bytes = Buffer.alloc(4)
      bytes.writeInt32BE(Number(text))
      return bytes
    }
    case 'BIGINT': {
      const bytes = Buffer.alloc(8)
      bytes.writeBigInt64BE(BigInt(text))
      return bytes
    }
    case 'DOUBLE': {
      const bytes = Buffer.alloc(8)
      bytes.writeDoubleBE(Number(text))
      return bytes
    }
    default:
      return Buffer.from(text)
  }
}
function decodeKafka(kind: string, bytes: Buffer): Actual {
  switch (kind) {
    case 'INTEGER':
      return { integer: BigInt(bytes.readInt32BE()), bits: 32 }
    case 'BIGINT':
      return { integer: bytes.readBigInt64BE(), bits: 64 }
    case 'DOUBLE':
      return Decimal.parse(javaDoubleText(bytes.readDoubleBE()))
    default:
      return bytes.toString()
  }
}
