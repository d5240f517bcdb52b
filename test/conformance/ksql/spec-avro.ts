/** AVRO records of the corpus: what the newest schema of the subject says, whatever the engine's own formats do. */
import { Decimal } from '@millrace/ksql'
import {
  type AvroProperties,
  type AvroSchema,
  AvroSerde,
  LENIENT_PARSING,
  parseAvroSchema,
  type RegistryClient,
  twosComplement,
} from '@millrace/schema-registry'
import { LosslessNumber } from 'lossless-json'
import type { Spec } from './corpus.ts'
import type { Actual } from './match.ts'
import type { SpecSerde } from './spec-serdes.ts'

const FRAME_BYTES = 5
const RAW = { maps: 'map', logicalTypes: false } as const

/** Resolves once the schema of the topic's subject is known; rejects when it has none. */
export async function specAvro(registry: RegistryClient, topic: string, isKey: boolean): Promise<SpecSerde> {
  const { text } = await registry.latest(`${topic}-${isKey ? 'key' : 'value'}`)
  const schema = parseAvroSchema(text, LENIENT_PARSING)
  const serde = new AvroSerde<unknown>({ registry, isKey, schema: text, autoRegisterSchemas: false, form: RAW })
  await serde.prepare(topic)
  return {
    encode: spec =>
      spec === undefined || spec === null ? null : Buffer.from(serde.serialize(topic, avroOf(spec, schema))),
    decode(bytes) {
      if (bytes === null) return null
      const found = registry.byId(bytes.readInt32BE(FRAME_BYTES - 4))
      if (found instanceof Promise) throw new TypeError('the registry of this process answers at once')
      return actualOf(serde.deserialize(topic, bytes), parseAvroSchema(found.text, LENIENT_PARSING))
    },
  }
}

function textOf(spec: Spec): string {
  if (spec instanceof LosslessNumber) return spec.value
  return typeof spec === 'string' ? spec : JSON.stringify(spec)
}

function branchOf(schema: AvroSchema): AvroSchema {
  return schema.type === 'union' ? (schema.branches.find(({ type }) => type !== 'null') ?? schema) : schema
}

/** Fields are matched in any case; unknown ones are left out, missing ones null or their default. */
function avroOf(spec: Spec | undefined, schema: AvroSchema): unknown {
  if (spec === undefined || spec === null) return null
  const branch = branchOf(schema)
  switch (branch.type) {
    case 'int':
    case 'float':
    case 'double':
      return Number(textOf(spec))
    case 'long': {
      const value = BigInt(textOf(spec))
      return Number.isSafeInteger(Number(value)) ? Number(value) : value
    }
    case 'string':
    case 'enum':
      return textOf(spec)
    case 'boolean':
      return textOf(spec) === 'true'
    case 'bytes':
    case 'fixed':
      return bytesOf(spec, branch.properties)
    case 'array':
      return (spec as Spec[]).map(element => avroOf(element, branch.items))
    case 'map':
      return new Map(Object.entries(spec as object).map(([key, value]) => [key, avroOf(value as Spec, branch.values)]))
    case 'record': {
      const fields = new Map(Object.entries(spec as object).map(([name, value]) => [name.toUpperCase(), value as Spec]))
      return Object.fromEntries(
        branch.fields.map(({ name, type }) => [name, avroOf(fields.get(name.toUpperCase()), type)]),
      )
    }
    default:
      return null
  }
}
function bytesOf(spec: Spec, properties: AvroProperties): Buffer {
  if (properties.get('logicalType') !== 'decimal') return Buffer.from(textOf(spec), 'base64')
  return twosComplement(Decimal.parse(textOf(spec)).withScale(Number(properties.get('scale') ?? 0)).unscaled)
}

function actualOf(value: unknown, schema: AvroSchema): Actual {
  if (value === null || value === undefined) return null
  const branch = branchOf(schema)
  switch (branch.type) {
    case 'int':
      return { integer: BigInt(value as number), bits: 32 }
    case 'long':
      return { integer: BigInt(value as number | bigint), bits: 64 }
    case 'float':
    case 'double':
      return { double: value as number }
    case 'bytes':
    case 'fixed': {
      const bytes = value as Buffer
      if (branch.properties.get('logicalType') !== 'decimal') return bytes
      const unscaled = BigInt.asIntN(bytes.length * 8, BigInt(`0x${bytes.toString('hex')}`))
      return new Decimal(unscaled, Number(branch.properties.get('scale') ?? 0))
    }
    case 'array':
      return (value as unknown[]).map(element => actualOf(element, branch.items))
    case 'map':
      return new Map([...(value as Map<string, unknown>)].map(([key, inner]) => [key, actualOf(inner, branch.values)]))
    case 'record': {
      const fields = new Map(Object.entries(value as object))
      return new Map(branch.fields.map(({ name, type }) => [name, actualOf(fields.get(name), type)]))
    }
    default:
      return value as Actual
  }
}
