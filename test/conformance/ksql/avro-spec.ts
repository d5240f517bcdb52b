/** AVRO of the corpus: spec form to Avro values by the newest schema of the subject, and back by the writer's. */
import { Decimal } from '@millrace/ksql'
import {
  type AvroSchema,
  AvroSerde,
  bigIntOf,
  type InProcessRegistryClient,
  JsonNumber,
  LENIENT_PARSING,
  parseAvroSchema,
  twosComplement,
  unframe,
} from '@millrace/schema-registry'
import { LosslessNumber } from 'lossless-json'
import type { Spec } from './corpus.ts'
import type { Actual } from './match.ts'
import type { SpecSerde } from './spec-serdes.ts'

/** The subject has to have a schema by then. */
export async function avroSpecSerde(
  registry: InProcessRegistryClient,
  topic: string,
  isKey: boolean,
): Promise<SpecSerde> {
  const latest = await registry.latest(`${topic}-${isKey ? 'key' : 'value'}`)
  const schema = parseAvroSchema(latest.text, LENIENT_PARSING)
  const serde = new AvroSerde<unknown>({
    registry,
    isKey,
    schema: latest.text,
    form: { maps: 'map', logicalTypes: false },
  })
  await serde.prepare(topic)
  return {
    encode: spec => (spec === undefined || spec === null ? null : serde.serialize(topic, avroOf(spec, schema))),
    decode(bytes) {
      if (bytes === null) return null
      const { schema: pointer } = unframe(bytes, isKey)
      const writer = parseAvroSchema(
        ('id' in pointer ? registry.byId(pointer.id) : registry.byGuid(pointer.guid)).text,
        LENIENT_PARSING,
      )
      return actualOf(serde.deserialize(topic, bytes), writer)
    },
  }
}

function avroOf(spec: Spec, schema: AvroSchema): unknown {
  switch (schema.type) {
    case 'union': {
      if (spec === null) return null
      const branch = schema.branches.find(({ type }) => type !== 'null')
      return branch === undefined ? null : avroOf(spec, branch)
    }
    case 'record': {
      const given = new Map(Object.entries((spec ?? {}) as { [name: string]: Spec }))
      const capitals = new Map([...given].map(([name, value]) => [name.toUpperCase(), value]))
      return Object.fromEntries(
        schema.fields.map(({ name, type }) => [
          name,
          avroOf(given.get(name) ?? capitals.get(name.toUpperCase()) ?? null, type),
        ]),
      )
    }
    case 'array':
      return (spec as Spec[]).map(element => avroOf(element, schema.items))
    case 'map':
      return new Map(
        Object.entries(spec as { [name: string]: Spec }).map(([key, value]) => [key, avroOf(value, schema.values)]),
      )
    case 'int':
      return Number(textOf(spec))
    case 'long':
      return BigInt(textOf(spec).replace(/\..*$/, ''))
    case 'float':
    case 'double':
      return Number(textOf(spec))
    case 'bytes':
      if (schema.properties.get('logicalType') === 'decimal')
        return twosComplement(Decimal.parse(textOf(spec)).withScale(scaleOf(schema)).unscaled)
      return Buffer.from(String(spec), 'base64')
    case 'string':
      return typeof spec === 'string' ? spec : textOf(spec)
    default:
      return spec
  }
}
function textOf(spec: Spec): string {
  return spec instanceof LosslessNumber ? spec.value : String(spec)
}
function scaleOf(schema: AvroSchema): number {
  const scale = 'properties' in schema ? schema.properties.get('scale') : undefined
  return scale instanceof JsonNumber ? scale.toNumber() : 0
}

function actualOf(value: unknown, schema: AvroSchema): Actual {
  if (value === null || value === undefined) return null
  switch (schema.type) {
    case 'union': {
      const branch = schema.branches.find(({ type }) => type !== 'null')
      return branch === undefined ? null : actualOf(value, branch)
    }
    case 'record':
      return new Map(
        schema.fields.map(({ name, type }) => [name, actualOf((value as { [name: string]: unknown })[name], type)]),
      )
    case 'array':
      return (value as unknown[]).map(element => actualOf(element, schema.items))
    case 'map':
      return new Map([...(value as Map<string, unknown>)].map(([key, inner]) => [key, actualOf(inner, schema.values)]))
    case 'int':
      return { integer: BigInt(value as number), bits: 32 }
    case 'long':
      return { integer: BigInt(value as number | bigint), bits: 64 }
    case 'float':
    case 'double':
      return { double: value as number }
    case 'bytes':
      if (schema.properties.get('logicalType') === 'decimal')
        return new Decimal(bigIntOf(value as Buffer), scaleOf(schema))
      return value as Buffer
    default:
      return value as Actual
  }
}
